package movevm

import (
	"errors"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// The original id of a package follows from the id and version of one of its
// versions. (What sui::config reads is tested in Move, in both machines.)
func TestOriginalPackageID(t *testing.T) {
	first, second := sui.Address{0xa}, sui.Address{0xb}
	l := newLedger(t)
	module := l.packages[stdFramework].Modules[0] // any: its address is 0x1
	l.packages[first] = &sui.MovePackage{ID: first, Version: 1, Modules: []sui.Module{module}}
	l.packages[second] = &sui.MovePackage{ID: second, Version: 3, Modules: []sui.Module{module}}
	for _, tt := range []struct {
		id      sui.Address
		version uint64
		want    sui.Address
		abort   bool
	}{
		{first, 1, first, false},
		{second, 3, stdFramework, false},
		{second, 2, sui.Address{}, true},
		{first, 0, sui.Address{}, true},
		{sui.Address{0xc}, 1, sui.Address{}, true},
	} {
		s := l.vm.NewSession(l.packages, l, TxContext{})
		c := &nativeCall{s: s, u: &s.usage, args: []value{addressValue(tt.id), number(tt.version)}}
		err := func() (err error) {
			defer recoverFault(&err)
			suiPackage["original_package_id_impl"](c)
			return nil
		}()
		var e *Error
		if aborted := errors.As(err, &e) && e.Status == StatusAborted && e.Code == packageInvalidVersion; aborted != tt.abort {
			t.Errorf("%s at %d: %v", tt.id.Short(), tt.version, err)
		}
		if err == nil && c.out[0].address() != tt.want {
			t.Errorf("%s at %d is a version of %s", tt.id.Short(), tt.version, c.out[0].address().Short())
		}
	}
}
