package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/floe-data/floe/sdk/sui"
)

func TestHashIdentity(t *testing.T) {
	for _, c := range []struct{ message, want string }{
		{upstream(t, "h1", "message"), upstream(t, "h1", "point")},
		{known[string](t, "full_id"), known[string](t, "H1(full_id)")},
	} {
		p := hashIdentity(unhex(t, c.message))
		if got := p.Bytes(); hex.EncodeToString(got[:]) != c.want {
			t.Errorf("H1(%s) = %x, want %s", c.message, got, c.want)
		}
	}
}

func TestPointEncodings(t *testing.T) {
	seven := TransportKey{s: reduceScalar([]byte{7})}
	pk := seven.Public()
	if got := hex.EncodeToString(pk.EncKey()); got != upstream(t, "points", "7*g1") {
		t.Errorf("7*g1 = %s", got)
	}
	if got := hex.EncodeToString(pk.VerificationKey()); got != upstream(t, "points", "7*g2") {
		t.Errorf("7*g2 = %s", got)
	}
	for _, name := range []string{"g1", "7*g1"} {
		p := unhex(t, upstream(t, "points", name))
		if got := must[UserKey](t)(ParseUserKey(p)).Bytes(); !bytes.Equal(got, p) {
			t.Errorf("%s reads back as %x", name, got)
		}
	}
	for _, name := range []string{"invalid G1", "wrong length"} {
		if _, err := ParseUserKey(unhex(t, upstream(t, "points", name))); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := ParsePublicKey(unhex(t, upstream(t, "points", "invalid G2"))); err == nil {
		t.Error("invalid G2 is accepted")
	}
	if _, err := ParseUserKey(append([]byte{0xc0}, make([]byte, 47)...)); err == nil {
		t.Error("identity of G1 is accepted")
	}
	if _, err := ParsePublicKey(append([]byte{0xc0}, make([]byte, 95)...)); err == nil {
		t.Error("identity of G2 is accepted")
	}
}

func TestDeriveMasterKey(t *testing.T) {
	seed := bytes.Repeat([]byte{1}, 32)
	want := known[[]string](t, "master_keys_from_seed_01x32_idx_0_1_42")
	pks := known[[]string](t, "public_keys")
	pops := known[[]string](t, "pops")
	services := known[[]string](t, "services")
	usks := known[[]string](t, "usks")
	fullID := unhex(t, known[string](t, "full_id"))
	for i, index := range []uint64{0, 1, 42} {
		k := must[*MasterKey](t)(DeriveMasterKey(seed, index))
		if got := hex.EncodeToString(k.Bytes()); got != want[i] {
			t.Errorf("key %d = %s, want %s", index, got, want[i])
		}
		if got := hex.EncodeToString(k.PublicKey().Bytes()); got != pks[i] {
			t.Errorf("public key %d = %s, want %s", index, got, pks[i])
		}
		server := sui.Address(unhex(t, services[i]))
		pop := must[[]byte](t)(k.ProvePossession(rand.Reader, server))
		if got := hex.EncodeToString(pop); got != pops[i] {
			t.Errorf("proof %d = %s, want %s", index, got, pops[i])
		}
		if err := k.PublicKey().VerifyPossession(pop, server); err != nil {
			t.Error(err)
		}
		if err := k.PublicKey().VerifyPossession(pop, sui.Address{1}); err == nil {
			t.Error("a proof for another server is accepted")
		}
		usk := must[UserKey](t)(k.Extract(rand.Reader, fullID))
		if got := hex.EncodeToString(usk.Bytes()); got != usks[i] {
			t.Errorf("user key %d = %s, want %s", index, got, usks[i])
		}
	}
	if upstream(t, "derive_key", "key") != want[2] {
		t.Error("the two sources disagree on key 42")
	}
}

// The values are those of Seal's verify_derived_key tests in Move.
func TestVerifyUserKey(t *testing.T) {
	pkg := sui.Address{}
	for _, c := range []struct {
		test    string
		pk, usk int
		id      int
		ok      bool
	}{
		{"test_verify_derived_key", 0, 1, 2, true},
		{"test_verify_derived_key", 3, 4, 2, true},
		{"test_verify_derived_key", 0, 4, 2, false},
		{"test_verify_derived_keys", 0, 3, 6, true},
		{"test_verify_derived_keys", 1, 4, 6, true},
		{"test_verify_derived_keys", 2, 5, 6, true},
		{"test_verify_derived_keys", 1, 3, 6, false},
		{"test_verify_invalid_derived_keys", 0, 3, 6, false},
		{"test_verify_invalid_derived_keys", 1, 4, 6, true},
	} {
		pk := must[PublicKey](t)(ParsePublicKey(moveVector(t, c.test, c.pk)))
		usk := must[UserKey](t)(ParseUserKey(moveVector(t, c.test, c.usk)))
		err := usk.Verify(FullID(pkg, moveVector(t, c.test, c.id)), pk)
		if (err == nil) != c.ok {
			t.Errorf("%s %d: %v, want ok %v", c.test, c.usk, err, c.ok)
		}
	}
}

func TestElGamal(t *testing.T) {
	const g = "elgamal_sk7_rho9"
	sk := TransportKey{s: reduceScalar([]byte{7})}
	pk := must[TransportPublicKey](t)(ParseTransportPublicKey(
		unhex(t, known[string](t, g, "enc_key")), unhex(t, known[string](t, g, "enc_verification_key"))))
	usk := userKey(t, known[[]string](t, "usks")[0])
	rho := append(make([]byte, 63), 9)
	c := must[EncryptedUserKey](t)(pk.Encrypt(bytes.NewReader(rho), usk))
	c0, c1 := c.Points()
	if hex.EncodeToString(c0) != known[string](t, g, "c0") || hex.EncodeToString(c1) != known[string](t, g, "c1") {
		t.Errorf("ciphertext %x %x", c0, c1)
	}
	fullID := unhex(t, known[string](t, "full_id"))
	server := publicKey(t, known[[]string](t, "public_keys")[0])
	if err := c.Verify(pk, fullID, server); err != nil {
		t.Error(err)
	}
	if err := c.Verify(pk, fullID, publicKey(t, known[[]string](t, "public_keys")[1])); err == nil {
		t.Error("a key of another server is accepted")
	}
	if got := must[UserKey](t)(sk.Open(c)); got != usk {
		t.Error("opened another key")
	}
	eight := TransportKey{s: reduceScalar([]byte{8})}
	if _, err := ParseTransportPublicKey(pk.EncKey(), eight.Public().VerificationKey()); err == nil {
		t.Error("transport keys with different secrets are accepted")
	}
}

// The committee shares of Seal's end-to-end test interpolate to one secret.
func TestCommitteeShares(t *testing.T) {
	secret := upstream(t, "committee", "secret")
	for name, threshold := range map[string]int{"v0": 2, "v1": 3} {
		var shares []string
		vector(t, "upstream.json", &shares, "committee", name)
		var sum fr.Element
		for i := range threshold {
			num, den := fr.One(), fr.One()
			for j := range threshold {
				if j != i {
					var xj, d fr.Element
					xj.SetInt64(int64(j + 1))
					d.SetInt64(int64(j - i))
					num.Mul(&num, &xj)
					den.Mul(&den, &d)
				}
			}
			k := must[*MasterKey](t)(ParseMasterKey(unhex(t, shares[i])))
			num.Div(&num, &den)
			num.Mul(&num, &k.s)
			sum.Add(&sum, &num)
		}
		k := newMasterKey(sum)
		if hex.EncodeToString(k.Bytes()) != secret {
			t.Errorf("%s: secret %x, want %s", name, k.Bytes(), secret)
		}
		if got := hex.EncodeToString(k.PublicKey().Bytes()); got != upstream(t, "committee", "pk") {
			t.Errorf("%s: public key %s", name, got)
		}
	}
}

func TestParseMasterKeyRefuses(t *testing.T) {
	order := groupOrder.Bytes()
	for name, b := range map[string][]byte{"order": order, "zero": make([]byte, 32), "short": order[1:], "long": append(order, 1)} {
		if _, err := ParseMasterKey(b); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	k := must[*MasterKey](t)(NewMasterKey(rand.Reader))
	tk := must[*TransportKey](t)(NewTransportKey(rand.Reader))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		for _, v := range []any{*k, k, *tk, tk} {
			if s := fmt.Sprintf(verb, v); len(s) > 30 {
				t.Errorf("%s of %T prints %s", verb, v, s)
			}
		}
	}
}

func TestShareKey(t *testing.T) {
	r := reduceScalar(binary.BigEndian.AppendUint64(nil, 12345))
	var nonce bls12381.G2Affine
	nonce.ScalarMultiplication(&generatorG2, scalarInt(&r))
	gt, err := bls12381.Pair([]bls12381.G1Affine{generatorG1}, []bls12381.G2Affine{nonce})
	if err != nil {
		t.Fatal(err)
	}
	got := shareKey(&gt, nonce.Bytes(), hashIdentity([]byte{0}), sui.Address{}, 42)
	if hex.EncodeToString(got[:]) != upstream(t, "kdf", "key") {
		t.Errorf("pad = %x, want %s", got, upstream(t, "kdf", "key"))
	}
}

// Each point has one encoding: what the ZCash format forbids is refused, and so are points
// of the curve outside the group.
func TestPointsHaveOneEncoding(t *testing.T) {
	parse := map[int]func([]byte) error{
		48: func(b []byte) error { _, err := ParseG1(b); return err },
		96: func(b []byte) error { _, err := ParseG2(b); return err },
	}
	good := map[int][]byte{48: unhex(t, upstream(t, "points", "7*g1")), 96: unhex(t, upstream(t, "points", "7*g2"))}
	for size, refuse := range parse {
		if err := refuse(good[size]); err != nil {
			t.Fatalf("7*g of %d bytes: %v", size, err)
		}
		bad := map[string][]byte{}
		for flags := range byte(8) {
			b := bytes.Clone(good[size])
			if b[0] = b[0]&0x1f | flags<<5; flags != 4 && flags != 5 { // compressed, and the sign of y
				bad[fmt.Sprintf("flags %03b", flags)] = b
			}
		}
		bad["a coordinate and the modulus"] = raised(size)
		for _, first := range []byte{0xc0, 0xe0, 0x40} {
			b := make([]byte, size)
			b[0], b[size-1] = first, 1
			bad[fmt.Sprintf("neutral point %02x with a stray bit", first)] = b
			b = make([]byte, size)
			b[0] = first
			bad[fmt.Sprintf("neutral point %02x", first)] = b
		}
		bad["all zero"] = make([]byte, size)
		bad["cut"], bad["longer"] = good[size][:size-1], append(bytes.Clone(good[size]), 0)
		for name, b := range bad {
			if refuse(b) == nil {
				t.Errorf("%d bytes, %s: %x is accepted", size, name, b)
			}
		}
		if n := outsideOfTheGroup(t, size, refuse); n == 0 {
			t.Errorf("no point of %d bytes outside of the group was tried", size)
		}
	}
}

// raised is a point of the group, but for its first coordinate, to which the modulus is
// added. Not all have room for that.
func raised(size int) []byte {
	for k := int64(1); ; k++ {
		var b []byte
		if size == 48 {
			var p bls12381.G1Affine
			e := p.ScalarMultiplication(&generatorG1, big.NewInt(k)).Bytes()
			b = e[:]
		} else {
			var p bls12381.G2Affine
			e := p.ScalarMultiplication(&generatorG2, big.NewInt(k)).Bytes()
			b = e[:]
		}
		flags := b[0] & 0xe0
		b[0] &= 0x1f
		x := new(big.Int).SetBytes(b[:48])
		if x.Add(x, fp.Modulus()); x.BitLen() <= 381 {
			x.FillBytes(b[:48])
			b[0] |= flags
			return b
		}
	}
}

// outsideOfTheGroup tries encodings with a small x: a quarter is on the curve, and as
// good as none in the group, whose index is about 2^125 for G1 and 2^507 for G2.
func outsideOfTheGroup(t *testing.T, size int, refuse func([]byte) error) (tried int) {
	t.Helper()
	for x := range byte(40) {
		b := make([]byte, size)
		b[0], b[size-1] = 0x80, x
		var p1 bls12381.G1Affine
		var p2 bls12381.G2Affine
		onCurve := false
		if size == 48 {
			onCurve = bls12381.NewDecoder(bytes.NewReader(b), bls12381.NoSubgroupChecks()).Decode(&p1) == nil && p1.IsOnCurve()
		} else {
			onCurve = bls12381.NewDecoder(bytes.NewReader(b), bls12381.NoSubgroupChecks()).Decode(&p2) == nil && p2.IsOnCurve()
		}
		if !onCurve {
			continue
		}
		tried++
		if refuse(b) == nil {
			t.Errorf("%x is accepted, on the curve and not in the group", b)
		}
	}
	return tried
}
