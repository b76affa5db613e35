package seal

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/consensys/gnark-crypto/ecc"
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// A Chain reads objects; *suirpc.Client is one.
type Chain interface {
	// Object returns the latest version of an object, or an error.
	Object(ctx context.Context, id sui.Address) (*sui.Object, error)
	// DynamicField returns the Field object of parent whose name has the
	// given type and BCS.
	DynamicField(ctx context.Context, parent sui.Address, keyType sui.TypeTag, keyBCS []byte) (*sui.Object, error)
}

// A KeyServer is what the chain says about a key server. Anybody can register
// one: who encrypts chooses by object id whom to trust.
type KeyServer struct {
	ID        sui.Address
	Name      string
	URL       string // of an independent server; "" for a committee
	PublicKey PublicKey
	Layout    uint64     // 1 or 2
	Committee *Committee // nil for an independent server
}

// A Committee is a key server whose key is shared by members.
type Committee struct {
	Version   uint32 // number of rotations
	Threshold uint16
	Members   []CommitteeMember
}

// A CommitteeMember holds a share of a committee's key.
type CommitteeMember struct {
	Name, URL string
	PublicKey PublicKey
	PartyID   uint16
}

// check demands what the contracts demand of a committee.
func (c *Committee) check() error {
	if c.Threshold == 0 || int(c.Threshold) > len(c.Members) {
		return fmt.Errorf("threshold %d of a committee of %d members", c.Threshold, len(c.Members))
	}
	for i, m := range c.Members {
		if int(m.PartyID) != i {
			return fmt.Errorf("member %d of the committee has the party id %d", i, m.PartyID)
		}
	}
	return nil
}

// CheckCommittee demands that the members' public keys are shares of the
// committee's: that any Threshold of them give its key. It is nil for an
// independent server.
func (ks *KeyServer) CheckCommittee() error {
	c := ks.Committee
	if c == nil {
		return nil
	}
	err := c.check()
	if err == nil && !c.interpolates(ks.PublicKey) {
		err = errors.New("the members' public keys are no shares of its own: do not use it")
	}
	if err != nil {
		return fmt.Errorf("check committee %s: %w", ks.ID, err)
	}
	return nil
}

// interpolates tells whether the whole key, at 0, and the members' keys, each at its
// point, lie on one polynomial of degree Threshold-1. Such values are the words of a
// Reed-Solomon code, and with n members the sum over x = 0 .. n of
//
//	(-1)^x * binomial(n, x) * q(x) * key(x)
//
// is the neutral point for every polynomial q of degree n-Threshold at most, and
// otherwise for one in 2^254 of them (the test of SCRAPE, Cascudo and David 2017): one
// that is drawn will do.
func (c *Committee) interpolates(whole PublicKey) bool {
	n := len(c.Members)
	q := make([]fr.Element, n-int(c.Threshold)+1)
	for i := range q {
		var err error
		if q[i], err = RandomScalar(rand.Reader); err != nil {
			panic("seal: " + err.Error()) // crypto/rand does not fail
		}
	}
	keys := []bls12381.G2Affine{whole.p}
	for _, m := range c.Members {
		keys = append(keys, m.PublicKey.p)
	}
	factors := make([]fr.Element, n+1)
	binomial := fr.One() // with its sign
	for x := range factors {
		at := fr.NewElement(uint64(x))
		for i := len(q) - 1; i >= 0; i-- {
			factors[x].Mul(&factors[x], &at).Add(&factors[x], &q[i])
		}
		factors[x].Mul(&factors[x], &binomial)
		next, down := fr.NewElement(uint64(n-x)), fr.NewElement(uint64(x+1))
		binomial.Mul(&binomial, next.Neg(&next)).Div(&binomial, &down)
	}
	var sum bls12381.G2Affine
	_, err := sum.MultiExp(keys, factors, ecc.MultiExpConfig{})
	return err == nil && sum.IsInfinity()
}

// Layouts of a key server's content that are known, newest first.
var layouts = []uint64{2, 1}

const keyTypeBFBLS12381 = 0

// LoadKeyServer reads a KeyServer object and the newest layout of its content
// that is known.
func LoadKeyServer(ctx context.Context, chain Chain, id sui.Address) (*KeyServer, error) {
	ks, err := loadKeyServer(ctx, chain, id)
	if err != nil {
		return nil, fmt.Errorf("load key server %s: %w", id, err)
	}
	return ks, nil
}

func loadKeyServer(ctx context.Context, chain Chain, id sui.Address) (*KeyServer, error) {
	obj, err := chain.Object(ctx, id)
	if err != nil {
		return nil, err
	}
	if obj.Move == nil || obj.Move.Type.Module != "key_server" || obj.Move.Type.Name != "KeyServer" {
		return nil, errors.New("object is no KeyServer: check the id")
	}
	first, last, err := parseRegistration(obj.Move.Contents, id)
	if err != nil {
		return nil, err
	}
	for _, layout := range layouts {
		if layout < first || layout > last {
			continue
		}
		name := binary.LittleEndian.AppendUint64(nil, layout)
		field, err := chain.DynamicField(ctx, id, sui.TypeTag{Kind: sui.KindU64}, name)
		if err != nil {
			return nil, fmt.Errorf("content of layout %d: %w", layout, err)
		}
		if field.Move == nil {
			return nil, fmt.Errorf("content of layout %d is a package", layout)
		}
		return ParseKeyServer(id, field.Move.Contents)
	}
	return nil, fmt.Errorf("layouts %d to %d are not supported, only 1 and 2", first, last)
}

func parseRegistration(b []byte, id sui.Address) (first, last uint64, err error) {
	d := bcs.NewDecoder(b)
	if got := sui.Address(pad32(d.Fixed(32))); d.Err() == nil && got != id {
		return 0, 0, errors.New("object has another id")
	}
	first, last = d.U64(), d.U64()
	return first, last, d.Finish()
}

// ParseKeyServer reads the dynamic field that holds a key server's content:
// its id, its name (the layout, u64), its value.
func ParseKeyServer(id sui.Address, field []byte) (*KeyServer, error) {
	d := bcs.NewDecoder(field)
	d.Fixed(32)
	ks := &KeyServer{ID: id, Layout: d.U64()}
	switch {
	case d.Err() != nil:
	case ks.Layout == 1:
		ks.Name, ks.URL = d.String(), d.String()
		ks.PublicKey = decodeKey(d)
	case ks.Layout == 2:
		ks.Name = d.String()
		ks.PublicKey = decodeKey(d)
		if d.Variant(2) == 0 {
			ks.URL = d.String()
		} else {
			ks.Committee = decodeCommittee(d)
		}
	default:
		d.Fail(fmt.Errorf("layout %d is not supported", ks.Layout))
	}
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("parse key server: %w", err)
	}
	return ks, nil
}

func decodeKey(d *bcs.Decoder) PublicKey {
	if t := d.U8(); t != keyTypeBFBLS12381 {
		d.Fail(fmt.Errorf("key type %d is not supported", t))
	}
	return decodePublicKey(d)
}

func decodePublicKey(d *bcs.Decoder) PublicKey {
	b := d.Bytes()
	if d.Err() != nil {
		return PublicKey{}
	}
	pk, err := ParsePublicKey(b)
	if err != nil {
		d.Fail(err)
	}
	return pk
}

func decodeCommittee(d *bcs.Decoder) *Committee {
	c := &Committee{Version: d.U32(), Threshold: d.U16()}
	n := d.Length(1 + 1 + 1 + 2)
	for i := 0; i < n && d.Err() == nil; i++ {
		m := CommitteeMember{Name: d.String(), URL: d.String()}
		m.PublicKey = decodePublicKey(d)
		m.PartyID = d.U16()
		c.Members = append(c.Members, m)
	}
	return c
}

func pad32(b []byte) (out [32]byte) {
	copy(out[:], b)
	return out
}
