// Package ceremony joins the key ceremony of a committee, package dkg, to the
// chain, which says who is in it, and to the files that its members exchange.
//
// [Load] reads where a committee stands; [State.Ceremony] is what package dkg
// needs. Keys, messages and shares are files: see files.go. The commands
// floe-oracle dkg and floe-oracle rotate are made of these.
package ceremony

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// Chain is what is read of a full node; *suirpc.Client has it.
type Chain interface {
	seal.Chain
	// ObjectVersion returns an object as it was at a version.
	ObjectVersion(ctx context.Context, id sui.Address, version uint64) (*sui.Object, error)
	// Transaction returns a transaction's outcome.
	Transaction(ctx context.Context, digest sui.Digest) (*suirpc.Executed, error)
}

var _ Chain = (*suirpc.Client)(nil)

// ErrSuperseded says that another rotation has taken over the key.
var ErrSuperseded = errors.New("another rotation took over the key of its old committee")

// A State is where a committee stands on chain.
type State struct {
	ID        sui.Address
	Threshold int
	Members   []Member // by party
	// Step is what the members are at.
	Step contract.KeyCommitteeStateKind
	// Proposal is what has been proposed; nil before, and nil when it is done,
	// but for LoadAgreed.
	Proposal *contract.KeyProposal
	// Old is the committee whose key this one takes over, nil for a new key and
	// once that is done, but for LoadAgreed.
	Old *State
	// IsRotation tells whether the key is taken over.
	IsRotation bool
	oldID      *sui.Address
	// KeyServer is the committee's own, nil before the ceremony is done.
	KeyServer *seal.KeyServer
	// Package is the committee's copy of the contract; Latest is zero in a
	// rotation that is not done, as the old committee has the right to upgrade.
	Package contract.Package
	// Upgrades has the right to upgrade it, and the votes; nil in a rotation that
	// is not done.
	Upgrades *contract.UpgradeManager
}

// A Member is what the chain says of a party.
type Member struct {
	Address       sui.Address
	Registered    bool
	Name, URL     string
	EncryptionKey []byte // when it has registered, and the ceremony is not done
	SigningKey    []byte
	Proposed      bool
}

// Load reads where a committee stands.
func Load(ctx context.Context, chain Chain, id sui.Address) (*State, error) {
	s, err := load(ctx, chain, id)
	if err != nil {
		return nil, fmt.Errorf("read committee %s: %w", id, err)
	}
	return s, nil
}

func load(ctx context.Context, chain seal.Chain, id sui.Address) (*State, error) {
	s, old, err := loadOne(ctx, chain, id)
	if err != nil || old == nil || s.Step == contract.KeyCommitteeStateFinalized {
		return s, err
	}
	s.Old, _, err = loadOne(ctx, chain, *old)
	if errors.Is(err, suirpc.ErrNotFound) {
		return nil, fmt.Errorf("%w, %s, and this one can't any more: begin anew with the committee that has it", ErrSuperseded, *old)
	}
	if err != nil {
		return nil, fmt.Errorf("old committee %s: %w", *old, err)
	}
	if s.Old.KeyServer == nil {
		return nil, fmt.Errorf("old committee %s has no key", *old)
	}
	s.Package.Latest = s.Old.Package.Latest
	return s, nil
}

// loadOne reads a committee without the one before it, whose id it returns.
func loadOne(ctx context.Context, chain seal.Chain, id sui.Address) (*State, *sui.Address, error) {
	o, err := chain.Object(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	c, err := contract.ParseCommittee(o)
	if err != nil {
		return nil, nil, err
	}
	s := newState(c)
	if c.State.Kind == contract.KeyCommitteeStateFinalized {
		server, err := child(ctx, chain, contract.KeyServerField(id))
		if err != nil {
			return nil, nil, fmt.Errorf("find key server: %w", err)
		}
		if s.KeyServer, err = seal.LoadKeyServer(ctx, chain, server.ID()); err != nil {
			return nil, nil, err
		}
		s.describe()
	}
	if c.State.Kind == contract.KeyCommitteeStateFinalized || c.OldCommitteeID == nil {
		p := contract.Packages{Committee: s.Package}
		o, err := child(ctx, chain, p.UpgradeManagerField(id))
		if err != nil {
			return nil, nil, fmt.Errorf("find upgrade manager: %w", err)
		}
		m, err := contract.ParseUpgradeManager(o)
		if err != nil {
			return nil, nil, err
		}
		s.Package.Latest, s.Upgrades = m.Cap.Package, m
	}
	return s, c.OldCommitteeID, nil
}

// child reads a dynamic object field.
func child(ctx context.Context, chain seal.Chain, field sui.Address) (*sui.Object, error) {
	o, err := chain.Object(ctx, field)
	if err != nil {
		return nil, err
	}
	id, err := contract.ParseObjectField(o)
	if err != nil {
		return nil, err
	}
	return chain.Object(ctx, id)
}

func newState(c *contract.KeyCommittee) *State {
	s := &State{ID: c.ID, Threshold: int(c.Threshold), Step: c.State.Kind, IsRotation: c.OldCommitteeID != nil, oldID: c.OldCommitteeID, Package: contract.Package{Original: c.Package}}
	for _, address := range c.Members {
		m := Member{Address: address}
		for _, e := range c.State.Members {
			if e.Key == address {
				m.Registered, m.Name, m.URL, m.EncryptionKey, m.SigningKey = true, e.Value.Name, e.Value.URL, e.Value.EncryptionKey, e.Value.SigningKey
			}
		}
		m.Proposed = slices.Contains(c.State.Approvals, address)
		s.Members = append(s.Members, m)
	}
	if k := &c.State; k.Kind == contract.KeyCommitteeStatePostDKG {
		s.Proposal = &contract.KeyProposal{PartialPublicKeys: k.PartialPublicKeys, PublicKey: k.PublicKey, MessagesHash: k.MessagesHash}
	}
	return s
}

// describe fills in what the key server says of the members, which the committee
// forgets when it is done.
func (s *State) describe() {
	for i := range s.Members {
		m := &s.Members[i]
		m.Registered, m.Proposed = true, true
		if c := s.KeyServer.Committee; c != nil && i < len(c.Members) {
			m.Name, m.URL = c.Members[i].Name, c.Members[i].URL
		}
	}
}

// Version is the version of the key that the ceremony gives: 0 for a new key,
// and one more with each rotation.
func (s *State) Version() uint32 {
	switch {
	case s.KeyServer != nil && s.KeyServer.Committee != nil:
		return s.KeyServer.Committee.Version
	case s.Old != nil:
		return s.Old.Version() + 1
	}
	return 0
}

// OldID is the committee whose key this one takes over, or took over; nil for a
// new key.
func (s *State) OldID() *sui.Address { return s.oldID }

// OldParty is a member's party id in the old committee, or dkg.NotOld.
func (s *State) OldParty(party int) int {
	if s.Old == nil {
		return dkg.NotOld
	}
	return slices.IndexFunc(s.Old.Members, func(m Member) bool { return m.Address == s.Members[party].Address }) // -1 is NotOld
}

// Dealers is how many members deal: all for a new key, as many as the old
// committee's threshold in a rotation.
func (s *State) Dealers() int {
	if s.Old != nil {
		return s.Old.Threshold
	}
	return len(s.Members)
}

// Ceremony is the ceremony as package dkg runs it. All members must have
// registered.
func (s *State) Ceremony() (*dkg.Committee, error) {
	if missing := s.Unregistered(); len(missing) > 0 {
		return nil, fmt.Errorf("committee %s: not all members have registered yet: %s", s.ID, strings.Join(s.Names(missing), ", "))
	}
	c := &dkg.Committee{ID: s.ID, Threshold: s.Threshold}
	for i, m := range s.Members {
		d := dkg.Member{OldParty: s.OldParty(i)}
		if len(m.EncryptionKey) != len(d.EncryptionKey) || len(m.SigningKey) != len(d.SigningKey) {
			return nil, fmt.Errorf("committee %s: the chain no longer shows with which keys party %d registered: the ceremony is done", s.ID, i)
		}
		copy(d.EncryptionKey[:], m.EncryptionKey)
		copy(d.SigningKey[:], m.SigningKey)
		c.Members = append(c.Members, d)
	}
	if s.Old == nil {
		return c, nil
	}
	server := s.Old.KeyServer
	c.Old = &dkg.Old{Threshold: s.Old.Threshold, PublicKey: [96]byte(server.PublicKey.Bytes())}
	for _, m := range server.Committee.Members {
		c.Old.PartialPublicKeys = append(c.Old.PartialPublicKeys, [96]byte(m.PublicKey.Bytes()))
	}
	return c, nil
}

// Party finds the party that registered these keys.
func (s *State) Party(keys *dkg.Keys) (int, error) {
	mine := keys.Member()
	for i, m := range s.Members {
		if bytes.Equal(m.EncryptionKey, mine.EncryptionKey[:]) && bytes.Equal(m.SigningKey, mine.SigningKey[:]) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("committee %s: no member has registered the keys in this folder", s.ID)
}

// Unregistered and Unproposed are the parties that are waited for.
func (s *State) Unregistered() []int { return s.without(func(m Member) bool { return m.Registered }) }

// Unproposed are the parties that have not proposed yet.
func (s *State) Unproposed() []int { return s.without(func(m Member) bool { return m.Proposed }) }

func (s *State) without(has func(Member) bool) (out []int) {
	for i, m := range s.Members {
		if !has(m) {
			out = append(out, i)
		}
	}
	return out
}

// Names describes parties.
func (s *State) Names(parties []int) (out []string) {
	for _, i := range parties {
		out = append(out, s.Name(i))
	}
	return out
}

// Name describes a party.
func (s *State) Name(party int) string {
	if party < 0 || party >= len(s.Members) {
		return fmt.Sprintf("party %d", party)
	}
	m := s.Members[party]
	if m.Name == "" {
		return fmt.Sprintf("party %d (%s)", party, m.Address)
	}
	return fmt.Sprintf("party %d (%s, %s)", party, m.Name, m.Address)
}

// Equal tells whether a proposal is what a ceremony gave.
func Equal(p *contract.KeyProposal, r *dkg.Result) bool {
	if !bytes.Equal(p.PublicKey, r.PublicKey[:]) || !bytes.Equal(p.MessagesHash, r.Messages[:]) || len(p.PartialPublicKeys) != len(r.PartialPublicKeys) {
		return false
	}
	for i := range r.PartialPublicKeys {
		if !bytes.Equal(p.PartialPublicKeys[i], r.PartialPublicKeys[i][:]) {
			return false
		}
	}
	return true
}
