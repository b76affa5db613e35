package keyserver

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// Reload puts another set of services into force, without an interruption:
// requests under way end as they began. A service that stays, known by its
// KeyServer object, may change its name and packages, nothing else. When
// anything is wrong with the set, nothing changes. Reload returns when the
// services that went have closed their journals.
func (s *Server) Reload(list []ServiceConfig) error {
	list = slices.Clone(list)
	if err := checkServices(list); err != nil {
		return fmt.Errorf("reload services: %w", err)
	}
	s.services.changing.Lock()
	defer s.services.changing.Unlock()
	if s.services.closed {
		return errors.New("reload services: the server is closed")
	}
	next, opened, err := s.openServices(list)
	if err != nil {
		for _, svc := range opened {
			err = errors.Join(err, svc.close())
		}
		return fmt.Errorf("reload services: %w", err)
	}
	scopes := make([]*scope, len(list))
	for i := range list {
		scopes[i] = newScope(&list[i])
	}
	for _, gone := range s.services.swap(next, scopes) {
		err = errors.Join(err, gone.close())
	}
	if err != nil {
		return fmt.Errorf("reload services: they are in force, but one that ended did not close well: %w", err)
	}
	return nil
}

// openServices returns the services for a list: those that stay, and those
// that it opened.
func (s *Server) openServices(list []ServiceConfig) (next, opened []*Service, err error) {
	running := s.services.all()
	for _, c := range list {
		i := slices.IndexFunc(running, func(svc *Service) bool { return svc.cfg.ObjectID == c.ObjectID })
		if i >= 0 {
			if err := running[i].stays(&c); err != nil {
				return nil, opened, fmt.Errorf("service %s: %w", c.ObjectID, err)
			}
			next = append(next, running[i])
			continue
		}
		svc, err := s.openService(c)
		if err != nil {
			return nil, opened, err
		}
		next, opened = append(next, svc), append(opened, svc)
	}
	return next, opened, nil
}

// stays demands that a running service need not be opened anew for c.
func (s *Service) stays(c *ServiceConfig) error {
	var what string
	switch {
	case c.Issuer != s.cfg.Issuer:
		what = "issuer"
	case c.JournalDir != s.cfg.JournalDir:
		what = "journal directory"
	case !c.ReceiptKey.Equal(s.cfg.ReceiptKey):
		what = "receipt key"
	case !bytes.Equal(c.WitnessPolicy, s.cfg.WitnessPolicy):
		what = "witness policy"
	case !sameKey(s.cfg.Key, c.Key):
		what = "master key"
	default:
		return nil
	}
	return fmt.Errorf("its %s is another one: that takes a restart", what)
}

// sameKey compares fixed keys. A source that changes by itself is kept.
func sameKey(a, b KeySource) bool {
	x, fixed := a.(fixedKey)
	y, fixed2 := b.(fixedKey)
	return fixed == fixed2 && (!fixed || bytes.Equal(x.key.Bytes(), y.key.Bytes()))
}
