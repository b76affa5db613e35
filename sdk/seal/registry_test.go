package seal

import (
	"crypto/rand"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

func TestCheckCommittee(t *testing.T) {
	n := newCommitteeNet(t)
	load := func() *KeyServer { return must[*KeyServer](t)(LoadKeyServer(t.Context(), n.chain, n.id)) }
	for version := range n.shares {
		n.show(version)
		if err := load().CheckCommittee(); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
	}
	for name, change := range map[string]func(*KeyServer){
		"another key":    func(ks *KeyServer) { ks.PublicKey = n.shares[0][0].PublicKey() },
		"another member": func(ks *KeyServer) { ks.Committee.Members[3].PublicKey = n.shares[0][0].PublicKey() },
		"members swapped": func(ks *KeyServer) {
			m := ks.Committee.Members
			m[0].PublicKey, m[1].PublicKey = m[1].PublicKey, m[0].PublicKey
		},
		"lower threshold":   func(ks *KeyServer) { ks.Committee.Threshold-- },
		"no threshold":      func(ks *KeyServer) { ks.Committee.Threshold = 0 },
		"threshold too big": func(ks *KeyServer) { ks.Committee.Threshold = 5 },
		"party ids":         func(ks *KeyServer) { ks.Committee.Members[0].PartyID = 1 },
	} {
		ks := load()
		change(ks)
		if err := ks.CheckCommittee(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Keys of one polynomial belong together, whatever the sizes, and one key that is
// another shows at each place.
func TestInterpolates(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 3}, {2, 2}, {2, 3}, {3, 7}, {9, 9}, {20, 60}} {
		threshold, n := size[0], size[1]
		coefficients := make([]fr.Element, threshold)
		for i := range coefficients {
			coefficients[i] = must[fr.Element](t)(RandomScalar(rand.Reader))
		}
		at := func(x int) (k PublicKey) {
			point, y := fr.NewElement(uint64(x)), fr.Element{}
			for i := threshold - 1; i >= 0; i-- {
				y.Mul(&y, &point).Add(&y, &coefficients[i])
			}
			k.p.ScalarMultiplication(&generatorG2, scalarInt(&y))
			return k
		}
		whole, c := at(0), &Committee{Threshold: uint16(threshold)}
		for i := range n {
			c.Members = append(c.Members, CommitteeMember{PublicKey: at(i + 1), PartyID: uint16(i)})
		}
		if !c.interpolates(whole) {
			t.Errorf("%d of %d: refused", threshold, n)
		}
		if c.Threshold--; c.interpolates(whole) && threshold > 1 {
			t.Errorf("%d of %d: accepted for one less", threshold, n)
		}
		c.Threshold++
		for _, k := range append([]*PublicKey{&whole}, pointers(c.Members)...) {
			right := *k
			k.p.Add(&k.p, &generatorG2)
			if c.interpolates(whole) {
				t.Errorf("%d of %d: a key of another was accepted", threshold, n)
			}
			*k = right
		}
	}
}

func pointers(members []CommitteeMember) (out []*PublicKey) {
	for i := range members {
		out = append(out, &members[i].PublicKey)
	}
	return out
}
