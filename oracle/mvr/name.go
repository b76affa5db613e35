package mvr

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/bcs"
)

// A name is ORG/APP. ORG is a SuiNS domain: sub@org, or sub.org.sui.
type name struct {
	org []string // labels, the top-level domain first
	app string
}

const (
	maxDomain = 200
	maxLabel  = 63
)

var errVersion = errors.New("a name with a version does not stand for the package as a whole: leave the version out")

// parseName reads a name without a version.
func parseName(text string) (*name, error) {
	org, app, ok := strings.Cut(text, "/")
	if !ok {
		return nil, errors.New("a name has the form @org/app")
	}
	if strings.Contains(app, "/") {
		return nil, errVersion
	}
	if err := checkLabel(app); err != nil {
		return nil, err
	}
	if len(org) > maxDomain {
		return nil, fmt.Errorf("the domain has %d characters, at most %d are allowed", len(org), maxDomain)
	}
	if before, after, at := strings.Cut(org, "@"); at {
		if strings.Contains(after, ".") {
			return nil, errors.New("what follows the @ is one label")
		}
		org = after + ".sui"
		if before != "" {
			org = before + "." + org
		}
	}
	n := &name{org: strings.Split(org, "."), app: app}
	if len(n.org) < 2 {
		return nil, errors.New("the domain has one label only")
	}
	for _, l := range n.org {
		if err := checkLabel(l); err != nil {
			return nil, err
		}
	}
	slices.Reverse(n.org)
	return n, nil
}

func checkLabel(l string) error {
	if len(l) == 0 || len(l) > maxLabel {
		return fmt.Errorf("a label has 1 to %d characters", maxLabel)
	}
	for i, c := range []byte(l) {
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letter && !(c == '-' && i > 0 && i < len(l)-1) {
			return errors.New("a label has small letters, digits and, inside, -")
		}
	}
	return nil
}

// bytes is the BCS of name::Name {org: Domain {labels}, app: vector<String>}.
func (n *name) bytes() []byte {
	e := bcs.NewEncoder()
	e.ULEB(uint64(len(n.org)))
	for _, l := range n.org {
		e.String(l)
	}
	e.ULEB(1)
	e.String(n.app)
	return e.Data()
}
