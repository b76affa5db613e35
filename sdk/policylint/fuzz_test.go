package policylint_test

import (
	"testing"

	"github.com/floe-data/floe/sdk/policylint"
)

// FuzzCheck tries modules of strangers: whatever they hold, it ends with a
// report or an error.
func FuzzCheck(f *testing.F) {
	for _, name := range []string{"patterns/account", "patterns/time_lock", "planted/wrong_signature", "planted/side_effects", "planted/self_admission"} {
		f.Add(modules(f, name)[0])
	}
	f.Fuzz(func(_ *testing.T, module []byte) {
		_, _ = policylint.Check(policylint.Target{Modules: [][]byte{module}}, policylint.Options{Rounds: 1})
	})
}
