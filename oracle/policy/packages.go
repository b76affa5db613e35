package policy

import (
	"fmt"
	"sync"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// maxPackages bounds the cache of packages.
const maxPackages = 1000

// A packageCache remembers packages, which never change; those of the system are
// called by nobody who wants keys.
type packageCache struct {
	mu    sync.Mutex
	known map[sui.Address]Package
}

// find returns a package, from what look, which returns nil when there is no
// such object, says of it. Errors are Refusals.
func (c *packageCache) find(id sui.Address, look func() (*sui.Object, error)) (Package, error) {
	c.mu.Lock()
	p, ok := c.known[id]
	c.mu.Unlock()
	if ok {
		return p, nil
	}
	obj, err := look()
	switch {
	case err != nil:
		return p, nodeFailure(fmt.Errorf("look up package %s: %w", id, err))
	case obj == nil:
		return p, noPackage(id, "does not exist on this network")
	case obj.Package == nil:
		return p, noPackage(id, "is an object, no package")
	}
	if p, err = describe(obj); err != nil {
		return p, nodeFailure(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxPackages {
		c.known = map[sui.Address]Package{}
	}
	c.known[id] = p
	return p, nil
}

// describe finds the id of a package's first version, which is the address
// that its modules carry.
func describe(obj *sui.Object) (Package, error) {
	p := Package{First: obj.Package.ID, Called: obj.Package.ID, Version: obj.Package.Version, Digest: obj.Digest()}
	if p.Version == 1 {
		return p, nil
	}
	if len(obj.Package.Modules) == 0 {
		return p, fmt.Errorf("package %s has no modules", p.Called)
	}
	m, err := bytecode.Parse(obj.Package.Modules[0].Bytes)
	if err != nil {
		return p, fmt.Errorf("read package %s: %w", p.Called, err)
	}
	p.First = m.Address()
	return p, nil
}
