package walrus

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

func scalarKey(t testing.TB, v uint64) *SecretKey {
	t.Helper()
	var b [32]byte
	binary.BigEndian.PutUint64(b[24:], v)
	k, err := NewSecretKey(b[:])
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestPublicKey(t *testing.T) {
	ran := false
	for _, v := range loadVectors(t).Upstream {
		if v.Scalar == nil {
			continue
		}
		ran = true
		if got := hex.EncodeToString(scalarKey(t, *v.Scalar).PublicKey()); got != v.Public {
			t.Errorf("public key of %d = %s, want %s (%s)", *v.Scalar, got, v.Public, v.Source)
		}
	}
	if !ran {
		t.Error("vector is missing")
	}
}

type certificateVector struct {
	BlobID    string   `json:"blob_id_hex"`
	ObjectID  *string  `json:"object_id_hex"`
	Message   string   `json:"message_hex"`
	Signature string   `json:"aggregate_signature_hex"`
	Bitmap    string   `json:"bitmap_hex"`
	Keys      []string `json:"committee_public_keys_hex"`
	Epoch     uint32   `json:"epoch"`
	Signers   []int    `json:"signers"`
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// vectorCommittee is the committee of the certificate vectors: keys 1 to 10,
// one shard each.
func vectorCommittee(t *testing.T, v certificateVector) *Committee {
	c := &Committee{Epoch: v.Epoch, NShards: len(v.Keys)}
	for i, k := range v.Keys {
		c.Members = append(c.Members, Member{Name: fmt.Sprint("n", i), PublicKey: unhex(t, k), Shards: []int{i}})
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCertificateVectors(t *testing.T) {
	for _, name := range []string{"permanent", "deletable"} {
		t.Run(name, func(t *testing.T) {
			var v certificateVector
			if err := json.Unmarshal(loadVectors(t).Certificates[name], &v); err != nil {
				t.Fatal(err)
			}
			c := vectorCommittee(t, v)
			conf := Confirmation{Epoch: v.Epoch, BlobID: BlobID(unhex(t, v.BlobID))}
			if v.ObjectID != nil {
				conf.Deletable = (*sui.Address)(unhex(t, *v.ObjectID))
			}
			msg := conf.Message()
			if hex.EncodeToString(msg) != v.Message {
				t.Fatalf("message = %x, want %s", msg, v.Message)
			}
			if back, err := ParseConfirmation(msg); err != nil || !bytes.Equal(back.Message(), msg) {
				t.Errorf("ParseConfirmation: %+v, %v", back, err)
			}
			sigs := make(map[int][]byte)
			for _, i := range v.Signers {
				k := scalarKey(t, uint64(i+1))
				if !bytes.Equal(k.PublicKey(), c.Members[i].PublicKey) {
					t.Fatalf("key %d differs", i)
				}
				sigs[i] = k.Sign(msg)
				if err := VerifySignature(k.PublicKey(), msg, sigs[i]); err != nil {
					t.Fatal(err)
				}
			}
			cert, err := NewCertificate(c, msg, sigs)
			if err != nil {
				t.Fatal(err)
			}
			if hex.EncodeToString(cert.Signature) != v.Signature || hex.EncodeToString(cert.Bitmap()) != v.Bitmap {
				t.Errorf("signature %x bitmap %x, want %s %s", cert.Signature, cert.Bitmap(), v.Signature, v.Bitmap)
			}
			if err := cert.Verify(c); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCertificateRefused(t *testing.T) {
	var v certificateVector
	if err := json.Unmarshal(loadVectors(t).Certificates["permanent"], &v); err != nil {
		t.Fatal(err)
	}
	c := vectorCommittee(t, v)
	good := Certificate{Signers: v.Signers, Message: unhex(t, v.Message), Signature: unhex(t, v.Signature), Members: 10}
	if err := good.Verify(c); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Certificate, *Committee){
		"other blob":      func(x *Certificate, _ *Committee) { x.Message = bytes.Clone(x.Message); x.Message[8] ^= 1 },
		"other epoch":     func(_ *Certificate, c *Committee) { c.Epoch++ },
		"signer missing":  func(x *Certificate, _ *Committee) { x.Signers = x.Signers[1:] },
		"signer added":    func(x *Certificate, _ *Committee) { x.Signers = append([]int(nil), 0, 1, 2, 3, 4, 5, 7, 8) },
		"signer twice":    func(x *Certificate, _ *Committee) { x.Signers = []int{0, 0, 1, 2, 3, 4, 7, 8} },
		"signer unknown":  func(x *Certificate, _ *Committee) { x.Signers = []int{0, 1, 2, 3, 4, 7, 10} },
		"trailing byte":   func(x *Certificate, _ *Committee) { x.Message = append(bytes.Clone(x.Message), 0) },
		"bad signature":   func(x *Certificate, _ *Committee) { x.Signature = make([]byte, 96) },
		"short signature": func(x *Certificate, _ *Committee) { x.Signature = x.Signature[:95] },
	} {
		x, c := good, *c
		change(&x, &c)
		if err := x.Verify(&c); err == nil {
			t.Errorf("%s: certificate verifies", name)
		}
	}
	if _, err := NewCertificate(c, good.Message, map[int][]byte{0: scalarKey(t, 1).Sign(good.Message)}); !errors.Is(err, ErrNoQuorum) {
		t.Errorf("one signer: %v, want ErrNoQuorum", err)
	}
}

func TestProofOfPossession(t *testing.T) {
	key, admin := scalarKey(t, 117), sui.Address{31: 7}
	proof := ProofOfPossession(key, 1, admin)
	if err := VerifyProofOfPossession(key.PublicKey(), 1, admin, proof); err != nil {
		t.Error(err)
	}
	if err := VerifyProofOfPossession(key.PublicKey(), 2, admin, proof); !errors.Is(err, ErrSignature) {
		t.Errorf("other epoch: %v", err)
	}
	if err := VerifyProofOfPossession(scalarKey(t, 118).PublicKey(), 1, admin, proof); !errors.Is(err, ErrSignature) {
		t.Errorf("other key: %v", err)
	}
}

func TestSecretKeyStaysSecret(t *testing.T) {
	k := scalarKey(t, 117)
	for _, s := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s %v %#v", k, k, k, k, *k, *k)} {
		if bytes.Contains([]byte(s), []byte("117")) || bytes.Contains([]byte(s), []byte("75")) {
			t.Errorf("printed key: %s", s)
		}
	}
	if _, err := NewSecretKey(make([]byte, 32)); err == nil {
		t.Error("zero key accepted")
	}
	if _, err := NewSecretKey(bytes.Repeat([]byte{255}, 32)); err == nil {
		t.Error("key above the group order accepted")
	}
}

func TestQuorumRule(t *testing.T) {
	for n, want := range map[int]int{4: 3, 10: 7, 100: 67, 1000: 667} {
		c := &Committee{NShards: n}
		p, _ := NewParams(n)
		if p.Quorum() != want || !c.IsQuorum(want) || c.IsQuorum(want-1) {
			t.Errorf("n=%d: quorum is not %d", n, want)
		}
	}
}
