package seal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A committee that rotates while a client knows its old version goes on, and
// nobody is blamed for it.
func TestCommitteeRotates(t *testing.T) {
	n := newCommitteeNet(t)
	_, c := n.opens(t)
	n.hold(1)
	n.show(1)
	keys, err := c.FetchKeys(t.Context(), FetchConfig{Session: n.session, PTB: []byte{1}, IDs: [][]byte{n.testNet.id}})
	if err != nil {
		t.Fatal(err)
	}
	if len(keys.Reports[0].Members) != 4 {
		t.Errorf("report %+v", keys.Reports[0])
	}
}

// rotating is a committee of two versions, whose members answer with the shares that
// the test says.
type rotating struct {
	t         *testing.T
	shares    [2][]*MasterKey
	transport *TransportKey
}

func newRotating(t *testing.T) *rotating {
	r := &rotating{t: t, transport: must[*TransportKey](t)(NewTransportKey(rand.Reader))}
	r.shares, _ = committeeVectors(t)
	return r
}

func (r *rotating) committee(version int) *Committee {
	c := &Committee{Version: 4 + uint32(version), Threshold: 2 + uint16(version)}
	for i, s := range r.shares[version] {
		c.Members = append(c.Members, CommitteeMember{Name: fmt.Sprint("m", i), PublicKey: s.PublicKey(), PartyID: uint16(i)})
	}
	return c
}

func (r *rotating) fetch(c *Committee, share func(party uint16) *MasterKey) *CommitteeFetch {
	id := []byte("id")
	return &CommitteeFetch{Committee: c, Wanted: [][]byte{id}, To: r.transport.Public(),
		Ask: func(_ context.Context, m *CommitteeMember) (*FetchKeyResponse, error) {
			key := must[UserKey](r.t)(share(m.PartyID).Extract(rand.Reader, id))
			c0, c1 := must[EncryptedUserKey](r.t)(r.transport.Public().Encrypt(rand.Reader, key)).Points()
			return &FetchKeyResponse{Keys: []EncryptedKey{{ID: id, EncryptedKey: [2][]byte{c0, c1}}}}, nil
		}}
}

// A wrong share is blamed if the chain shows the same rotation after it came, and not
// otherwise: not if it shows another one, nor if it can't be read.
func TestCommitteeExcuses(t *testing.T) {
	r := newRotating(t)
	old := r.committee(0)
	for _, c := range []struct {
		now  *Committee
		want string // "": blamed
	}{{nil, "could not be asked"}, {old, ""}, {&Committee{Version: 5}, "rotated to version 5"}} {
		f := r.fetch(old, func(party uint16) *MasterKey {
			if party == 0 {
				return r.shares[1][0]
			}
			return r.shares[0][party]
		})
		asked := 0
		f.Reload = func(context.Context) *Committee { asked++; return c.now }
		keys := must[*CommitteeKeys](t)(f.Run(t.Context()))
		m := &keys.Members[0]
		switch {
		case errors.Is(m.Err, ErrNotNeeded):
			t.Error("the first answer was not needed")
		case m.misbehaved() != (c.want == "") || c.want != "" && !strings.Contains(m.Err.Error(), c.want) || asked != 1:
			t.Errorf("the chain, asked %d times, shows %+v: %v", asked, c.now, m.Err)
		}
	}
}

// Members notice a rotation some seconds after it: until then they send their shares of
// the version before, for which nobody is blamed.
func TestLateMembers(t *testing.T) {
	r := newRotating(t)
	stranger := must[*MasterKey](t)(NewMasterKey(rand.Reader))
	for _, before := range []*Committee{nil, r.committee(0)} {
		f := r.fetch(r.committee(1), func(party uint16) *MasterKey {
			return []*MasterKey{r.shares[0][0], stranger, r.shares[0][0], r.shares[1][3]}[party]
		})
		f.Before = before
		f.Reload = func(context.Context) *Committee { return f.Committee }
		_, err := f.Run(t.Context())
		var few *CommitteeError
		if !errors.As(err, &few) {
			t.Fatal(err)
		}
		g := must[*gathering](t)(f.gathering())
		for i := range g.reports {
			g.ask(t.Context(), i)
		}
		if m := g.reports[0]; m.misbehaved() != (before == nil) || before != nil && !strings.Contains(m.Err.Error(), "has not noticed") {
			t.Errorf("a share of the version before, when that is %v: %v", before, m.Err)
		}
		for _, i := range []int{1, 2} { // nobody's share, and that of another member
			if m := g.reports[i]; !m.misbehaved() {
				t.Errorf("member %d: %v", i, m.Err)
			}
		}
		if g.reports[3].Err != nil {
			t.Errorf("member 3: %v", g.reports[3].Err)
		}
	}
}
