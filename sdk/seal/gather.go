package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/sui"
)

// A CommitteeFetch is one key request to a committee. An aggregator makes it
// for others, a [Client] for itself.
type CommitteeFetch struct {
	Committee *Committee
	// Wanted are the full ids that the request asks for. One that stands twice
	// counts once.
	Wanted [][]byte
	// To is the key under which the requester wants the answer.
	To TransportPublicKey
	// Ask sends the request to one member, and stops when its context ends.
	Ask func(context.Context, *CommitteeMember) (*FetchKeyResponse, error)
	// Reload, if it is set, is asked for the committee that the chain shows by then
	// before a member is blamed for a wrong share: a rotation gives every member
	// another one. It returns nil if that can't be found out; then nobody is blamed.
	Reload func(context.Context) *Committee
	// Before is the committee before a rotation of late, nil if there was none.
	// Members notice a rotation some seconds later: who sends its share of Before
	// until then is not blamed.
	Before *Committee
}

// CommitteeKeys are user keys of a whole committee, encrypted to the requester.
type CommitteeKeys struct {
	Keys    []EncryptedKey // one for each identity, in the order of Wanted
	Members []MemberReport // of all members, by party
}

// A MemberReport says how one member of a committee answered.
type MemberReport struct {
	Party     uint16
	Name, URL string // as on chain
	// Err is nil if the member's shares are right and were combined. Otherwise
	// it is [ErrNotNeeded], a [*MisbehaviorError], or why there is no answer:
	// a [*ServerError] if the member refused.
	Err error
	// Shares are what the member sent, in its order: what its receipt commits
	// to.
	Shares  []EncryptedKey
	Receipt string // JWT; "" from servers that give none
	Opening *ReceiptOpening
}

// A MisbehaviorError says that a committee member sent what no member that is
// well sends: a wrong share, shares of other identities, nonsense.
type MisbehaviorError struct {
	Party  uint16
	Name   string
	Reason string
	// Hearsay is set if an aggregator says so. It could make it up: only a
	// receipt by the member that commits to the report's wrong Shares proves it.
	Hearsay bool

	share bool // a wrong share, which a rotation could explain
}

func (e *MisbehaviorError) Error() string {
	said := ""
	if e.Hearsay {
		said = "the aggregator says that "
	}
	return fmt.Sprintf("%smember %d (%s) misbehaved: %s", said, e.Party, e.Name, e.Reason)
}

// Run asks all members at once and combines the shares of the first Threshold
// ones whose every share verifies under the key that the chain shows for the
// member. It returns as soon as these are there, or can't be there any more:
// then the error is a [*CommitteeError]. Nobody is asked twice, unless there were
// too few right shares because the committee has rotated.
func (f *CommitteeFetch) Run(ctx context.Context) (*CommitteeKeys, error) {
	g, err := f.run(ctx)
	if err == nil && f.Reload != nil && g.suspects() {
		now := f.Reload(ctx)
		switch {
		case now == nil:
			g.excuse("sent a share that does not fit; the chain could not be asked whether the committee has rotated")
		case now.Version == f.Committee.Version:
		case g.enough():
			g.excuse(fmt.Sprintf("the committee rotated to version %d while it was asked", now.Version))
		default:
			again := *f
			again.Committee, again.Before = now, f.Committee
			g, err = again.run(ctx)
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask committee: %w", err)
	case g.enough():
		keys, err := g.combine()
		return &CommitteeKeys{Keys: keys, Members: g.reports}, err
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return nil, &CommitteeError{Threshold: g.threshold(), Good: len(g.good), Members: g.reports}
}

// run asks all members once.
func (f *CommitteeFetch) run(ctx context.Context) (*gathering, error) {
	g, err := f.gathering()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answered := make(chan int)
	for i := range f.Committee.Members {
		go func() {
			g.ask(ctx, i)
			answered <- i
		}()
	}
	for range f.Committee.Members {
		if g.record(<-answered) {
			cancel() // the rest is reported as not needed
		}
	}
	return g, nil
}

// A gathering is a CommitteeFetch under way. An element of reports and of
// shares belongs to the goroutine of its member until that has sent its index.
type gathering struct {
	*CommitteeFetch
	ids     [][]byte // Wanted, each once
	points  []bls12381.G1Affine
	factors []fr.Element
	reports []MemberReport
	shares  [][]EncryptedUserKey // by member, then in the order of ids

	good    []int // members, in the order of their answers
	bad     int
	decided bool
}

func (g *gathering) threshold() int { return int(g.Committee.Threshold) }

func (g *gathering) enough() bool { return len(g.good) >= g.threshold() }

// suspects tells whether a member sent a wrong share.
func (g *gathering) suspects() bool {
	return slices.ContainsFunc(g.reports, func(r MemberReport) bool { return r.wrongShare() })
}

func (r *MemberReport) misbehaved() bool {
	var bad *MisbehaviorError
	return errors.As(r.Err, &bad)
}

func (r *MemberReport) wrongShare() bool {
	var bad *MisbehaviorError
	return errors.As(r.Err, &bad) && bad.share
}

// excuse takes the blame back from members whose shares may be of another
// rotation.
func (g *gathering) excuse(why string) {
	for i := range g.reports {
		if g.reports[i].wrongShare() {
			g.reports[i].Err = errors.New(why)
		}
	}
}

// isLate tells whether a member's shares are those that it had before the rotation.
func (g *gathering) isLate(m *CommitteeMember, keys []EncryptedKey) bool {
	if g.Before == nil {
		return false
	}
	for _, was := range g.Before.Members {
		if was.Name == m.Name || was.URL == m.URL && m.URL != "" {
			if _, err := g.check(&was, keys); err == nil {
				return true
			}
		}
	}
	return false
}

// gathering checks what is wanted of whom.
func (f *CommitteeFetch) gathering() (*gathering, error) {
	n := len(f.Committee.Members)
	g := &gathering{CommitteeFetch: f, reports: make([]MemberReport, n), shares: make([][]EncryptedUserKey, n)}
	if err := f.Committee.check(); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, id := range f.Wanted {
		if !seen[string(id)] {
			seen[string(id)] = true
			g.ids = append(g.ids, id)
			g.points = append(g.points, hashIdentity(id))
		}
	}
	if len(g.ids) == 0 {
		return nil, errors.New("no identities are asked for")
	}
	g.factors = drawFactors(len(f.Wanted))
	return g, nil
}

// ask gets and checks the answer of member i.
func (g *gathering) ask(ctx context.Context, i int) {
	m, r := &g.Committee.Members[i], &g.reports[i]
	r.Party, r.Name, r.URL = m.PartyID, m.Name, m.URL
	answer, err := g.Ask(ctx, m)
	var refused *ServerError
	switch {
	case errors.Is(err, errNonsense):
		r.Err = &MisbehaviorError{Party: m.PartyID, Name: m.Name, Reason: err.Error()}
	case errors.As(err, &refused):
		r.Err, r.Receipt, r.Opening = err, refused.Receipt, refused.Opening
	case err != nil:
		r.Err = err
	default:
		r.Receipt, r.Opening = answer.Receipt, answer.Opening
		if g.fits(answer.Keys) {
			r.Shares = answer.Keys
		}
		g.shares[i], err = g.check(m, answer.Keys)
		wrong := errors.Is(err, errWrongShare)
		switch {
		case wrong && g.isLate(m, answer.Keys):
			r.Err = fmt.Errorf("sent its share of the version before: it has not noticed the rotation to version %d yet", g.Committee.Version)
		case err != nil:
			r.Err = &MisbehaviorError{Party: m.PartyID, Name: m.Name, Reason: err.Error(), share: wrong}
		}
	}
}

// record takes over the answer of member i and reports whether it decided.
func (g *gathering) record(i int) bool {
	r := &g.reports[i]
	switch {
	case g.decided:
		if !r.misbehaved() {
			r.Err = ErrNotNeeded
		}
		return false
	case r.Err == nil:
		g.good = append(g.good, i)
	default:
		g.bad++
	}
	g.decided = len(g.good) == g.threshold() || len(g.reports)-g.bad < g.threshold()
	return g.decided
}

// check demands a right share for every identity that was asked for, and none
// for another; a repeated identity may have one for each time. It returns the
// first of each, in the order of ids.
func (g *gathering) check(m *CommitteeMember, keys []EncryptedKey) ([]EncryptedUserKey, error) {
	if len(keys) > len(g.Wanted) {
		return nil, fmt.Errorf("sent %d shares for %d identities", len(keys), len(g.Wanted))
	}
	all := make([]EncryptedUserKey, len(keys))
	points := make([]bls12381.G1Affine, len(keys))
	out := make([]EncryptedUserKey, len(g.ids))
	found := make([]bool, len(g.ids))
	for i, k := range keys {
		at := indexOf(g.ids, k.ID)
		if at < 0 {
			return nil, fmt.Errorf("sent a share of identity %s, which was not asked for", shortID(k.ID))
		}
		var err error
		if all[i], err = ParseEncryptedUserKey(k.EncryptedKey[0], k.EncryptedKey[1]); err != nil {
			return nil, fmt.Errorf("sent a share that is none: %w", err)
		}
		points[i] = g.points[at]
		if !found[at] {
			out[at], found[at] = all[i], true
		}
	}
	for i, ok := range found {
		if !ok {
			return nil, fmt.Errorf("sent no share of identity %s", shortID(g.ids[i]))
		}
	}
	return out, verifyShares(g.To, m.PublicKey, points, all, g.factors)
}

// shortID shows the beginning of an identity.
func shortID(id []byte) string {
	const most = 80
	if len(id) > most {
		return fmt.Sprintf("%x… (%d bytes)", id[:most], len(id))
	}
	return fmt.Sprintf("%x", id)
}

// fits tells whether shares are small enough to be passed on, wrong or right.
func (g *gathering) fits(keys []EncryptedKey) bool {
	room := len(g.Wanted) * len(sui.Address{})
	for _, id := range g.Wanted {
		room += len(id)
	}
	for _, k := range keys {
		room -= len(k.ID)
		if len(k.EncryptedKey[0]) != UserKeySize || len(k.EncryptedKey[1]) != UserKeySize {
			return false
		}
	}
	return len(keys) <= len(g.Wanted) && room >= 0
}

func indexOf(ids [][]byte, id []byte) int {
	for i := range ids {
		if bytes.Equal(ids[i], id) {
			return i
		}
	}
	return -1
}

// combine makes the committee's keys of the shares of the good members.
func (g *gathering) combine() ([]EncryptedKey, error) {
	out := make([]EncryptedKey, len(g.ids))
	for i, id := range g.ids {
		parts := make([]PartialUserKey, len(g.good))
		for j, member := range g.good {
			parts[j] = PartialUserKey{Party: g.Committee.Members[member].PartyID, Key: g.shares[member][i]}
		}
		sum, err := CombineUserKeys(parts)
		if err != nil {
			return nil, err
		}
		c0, c1 := sum.Points()
		out[i] = EncryptedKey{ID: id, EncryptedKey: [2][]byte{c0, c1}}
	}
	return out, nil
}
