package policy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// maxPackages bounds the cache of packages.
const maxPackages = 1000

// Packages looks packages up on a chain, for programs that evaluate nothing.
type Packages struct {
	Chain interface {
		Object(ctx context.Context, id sui.Address) (*sui.Object, error)
	}
	Timeout time.Duration // of one look-up; 0 means 5 seconds

	cache packageCache
}

// Find returns a package by the id of any version. Answers are cached, errors
// are Refusals.
func (p *Packages) Find(ctx context.Context, id sui.Address) (Package, error) {
	return p.cache.find(id, func() (*sui.Object, error) {
		timeout := p.Timeout
		if timeout == 0 {
			timeout = 5 * time.Second
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		obj, err := p.Chain.Object(ctx, id)
		if errors.Is(err, suirpc.ErrNotFound) {
			return nil, nil
		}
		return obj, err
	})
}

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
