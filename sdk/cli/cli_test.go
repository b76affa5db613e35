package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

func TestRemedy(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{errors.New("anything"), ""},
		{fmt.Errorf("write ciphertext: %w", &fs.PathError{Op: "write", Path: "/state/0", Err: syscall.ENOSPC}), "free some space"},
		{fmt.Errorf("save: %w", syscall.EDQUOT), "free some space"},
		{fmt.Errorf("scan: %w", &fs.PathError{Op: "open", Path: "/data/x", Err: syscall.EACCES}), "ls -ld /data/x"},
		{&fs.PathError{Op: "open", Path: "/data/x", Err: syscall.ENOENT}, ""},
	} {
		if got := remedy(tt.err); !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("remedy of %q: %q, want %q in it", tt.err, got, tt.want)
		}
	}
}
