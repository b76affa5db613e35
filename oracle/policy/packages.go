package policy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/seal"
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
	mu     sync.Mutex
	known  map[sui.Address]Package
	second time.Time // when looks began to be counted
	looks  int
}

// maxLooks bounds how many packages are looked up per second. The wallet's
// message names the first version of a package, so that has to be found before
// the wallet's signature can be checked: anybody could keep the node busy with
// packages that do not exist.
const maxLooks = 100

// mayLook counts a look-up, if there may be one now.
func (c *packageCache) mayLook(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := now.Sub(c.second); d < 0 || d >= time.Second {
		c.second, c.looks = now, 0
	}
	c.looks++
	return c.looks <= maxLooks
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
	if !c.mayLook(time.Now()) {
		return p, &Refusal{Kind: Unknown, Reason: seal.Reason{Code: "too_many_lookups", Rule: "too many requests name packages that this key server has not seen yet",
			Remedy: "try again in some seconds"}}
	}
	obj, err := look()
	switch {
	case err != nil:
		return p, lookUpFailure(fmt.Errorf("look up package %s: %w", id, err))
	case obj == nil:
		return p, noPackage(id, "does not exist on this network")
	case obj.Package == nil:
		return p, noPackage(id, "is an object, no package")
	}
	if p, err = describe(obj); err != nil {
		return p, lookUpFailure(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[sui.Address]Package{}
	}
	for other := range c.known {
		if len(c.known) < maxPackages {
			break
		}
		delete(c.known, other) // any one
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
