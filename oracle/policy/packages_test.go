package policy

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// A flood of packages that do not exist reaches the node a bounded number of
// times; packages that are known are found all the same.
func TestLookUpsAreBounded(t *testing.T) {
	c := packageCache{}
	asked := 0
	none := func() (*sui.Object, error) { asked++; return nil, nil }
	one := func() (*sui.Object, error) { return &sui.Object{Package: &sui.MovePackage{ID: pkg, Version: 1}}, nil }
	if _, err := c.find(pkg, one); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range 10 * maxLooks {
		var id sui.Address
		binary.BigEndian.PutUint64(id[:], uint64(i))
		_, err := c.find(id, none)
		if RefusalOf(err).Reason.Code == "too_many_lookups" {
			refused++
		}
	}
	if refused == 0 || asked+refused != 10*maxLooks {
		t.Errorf("%d refused, the node was asked %d times", refused, asked)
	}
	if _, err := c.find(pkg, nil); err != nil {
		t.Errorf("a known package: %v", err)
	}
}

func TestLookUpsPerSecond(t *testing.T) {
	c := packageCache{}
	now := time.Unix(1, 0)
	count := func() (n int) {
		for c.mayLook(now) {
			n++
		}
		return n
	}
	if n := count(); n != maxLooks {
		t.Errorf("%d in the first second", n)
	}
	if now = now.Add(999 * time.Millisecond); count() != 0 {
		t.Error("more in the same second")
	}
	if now = now.Add(time.Millisecond); count() != maxLooks {
		t.Error("not as many in the next second")
	}
	if now = now.Add(-time.Hour); count() != maxLooks {
		t.Error("none after the clock was set back")
	}
}

// A full cache forgets one package for each new one.
func TestPackageCacheForgetsOne(t *testing.T) {
	c := packageCache{known: map[sui.Address]Package{}}
	for i := range maxPackages {
		c.known[sui.Address{byte(i), byte(i >> 8), 1}] = Package{}
	}
	one := func() (*sui.Object, error) { return &sui.Object{Package: &sui.MovePackage{ID: pkg, Version: 1}}, nil }
	if _, err := c.find(pkg, one); err != nil || len(c.known) != maxPackages {
		t.Errorf("%d known, %v", len(c.known), err)
	}
}
