package keyserver

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"github.com/floe-data/floe/sdk/sui"
)

// registry is the set of services that a process answers for.
type registry struct {
	changing sync.Mutex // held by the one who changes the set
	closed   bool       // guarded by changing

	mu   sync.RWMutex // guards list, and who has which scope
	list []*Service   // the order is that of the configuration
}

// acquire returns the first service that is wanted, and a function that gives
// it back; nil if there is none. The service stays open until then.
func (r *registry) acquire(want func(*Service) bool) (*Service, func()) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, s := range r.list {
		if want(s) {
			s.inUse.Add(1)
			return s, s.inUse.Done
		}
	}
	return nil, nil
}

// forPackage is acquire of the service with the key for a package: the one
// that names it, or else the one that serves every package.
func (r *registry) forPackage(first sui.Address) (*Service, func()) {
	s, done := r.acquire(func(s *Service) bool { return s.current.Load().packages[first] })
	if s == nil {
		return r.acquire(func(s *Service) bool { return s.current.Load().packages == nil })
	}
	return s, done
}

// all returns the services.
func (r *registry) all() []*Service {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.list)
}

// swap puts another set into force, each service with its scope, and returns
// those that are no longer in it.
func (r *registry) swap(list []*Service, scopes []*scope) (gone []*Service) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.list {
		if !slices.Contains(list, s) {
			gone = append(gone, s)
		}
	}
	for i, s := range list {
		s.current.Store(scopes[i])
	}
	r.list = list
	return gone
}

var serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// reservedNames are the first segments of the server's own paths.
var reservedNames = map[string]bool{"v1": true, "health": true, "ready": true, "checkpoint": true, "tile": true, "metrics": true}

// CheckServiceName says whether a name can be the path of a service.
func CheckServiceName(name string) error {
	switch {
	case name == "":
		return nil
	case reservedNames[name]:
		return fmt.Errorf("name %q is a path of the server's own: choose another", name)
	case !serviceName.MatchString(name):
		return fmt.Errorf("name %q cannot be part of an address: use 1 to 64 letters, digits, - and _, not - or _ first", name)
	}
	return nil
}

// checkServices completes the services and demands that nothing is shared
// between them that must not be.
func checkServices(list []ServiceConfig) error {
	if len(list) == 0 {
		return errors.New("no KeyServer object is configured: register one first")
	}
	seen := map[string]string{}
	var errs []error
	unique := func(what, value string, of int) {
		if other, again := seen[what+value]; again {
			errs = append(errs, fmt.Errorf("services %s and %s have the same %s %q", other, describe(&list[of], of), what, value))
		}
		seen[what+value] = describe(&list[of], of)
	}
	for i := range list {
		c := &list[i]
		if err := c.complete(); err != nil {
			return fmt.Errorf("service %s: %w", describe(c, i), err)
		}
		unique("name", c.Name, i)
		unique("object", c.ObjectID.String(), i)
		unique("journal directory", filepath.Clean(c.JournalDir), i)
		for _, p := range c.Packages {
			unique("package", p.String(), i)
		}
		if c.Packages == nil {
			unique("set of packages", "every package", i)
		}
	}
	return errors.Join(errs...)
}

func describe(c *ServiceConfig, i int) string {
	if c.Name != "" {
		return c.Name
	}
	return fmt.Sprintf("#%d", i+1)
}
