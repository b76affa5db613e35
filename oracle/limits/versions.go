package limits

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/sui"
)

// A VersionLimit switches old versions of a policy package off. On chain every
// version can be called for ever, and with it what an upgrade was to mend; keys
// are the same for all of them.
type VersionLimit struct {
	Package sui.Address // first version
	Oldest  uint64      // that may be called; the first version is 1, and each upgrade is the next number
}

// OldestVersion returns the oldest version of a package that may be called, 0
// for any.
func (l *Limiter) OldestVersion(pkg sui.Address) uint64 {
	if l == nil {
		return 0
	}
	for _, v := range l.cfg.Load().Versions {
		if v.Package == pkg {
			return v.Oldest
		}
	}
	return 0
}

func checkVersions(list []VersionLimit) error {
	var errs []error
	seen := map[sui.Address]bool{}
	for i, v := range list {
		switch {
		case v.Package.IsZero():
			errs = append(errs, fmt.Errorf("limit %d of versions: give the package that it is for", i+1))
		case v.Oldest < 2:
			errs = append(errs, fmt.Errorf("limit %d of versions: oldest is %d, from 2 on it switches something off", i+1, v.Oldest))
		case seen[v.Package]:
			errs = append(errs, fmt.Errorf("limit %d of versions: there is one before it for the same package", i+1))
		}
		seen[v.Package] = true
	}
	return errors.Join(errs...)
}
