package cli

import (
	"bytes"
	"context"
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

func TestInterruptedSaysBy(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupt signal received"))
	for err, want := range map[error]string{
		ctx.Err(): "floe: interrupt signal received\nfloe: hint: run the same command again to go on where it stopped\n",
		fmt.Errorf("store slivers: %w", ctx.Err()): "floe: store slivers: context canceled\nfloe: hint: run the same command again to go on where it stopped\n",
	} {
		var out, told bytes.Buffer
		a := &app{Streams: Streams{Out: &out, Err: &told}}
		if code := a.report(ctx, err); code != 130 || told.String() != want || out.Len() != 0 {
			t.Errorf("%v: code %d, %q, %q, want 130 and %q", err, code, told.String(), out.String(), want)
		}
	}
}
