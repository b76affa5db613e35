package sui

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
)

// vectors is testdata/vectors.json, computed by npm @mysten/sui.
type vectors struct {
	Types  []struct{ Text, Normalized, BCS string }
	Fields []struct{ Parent, Type, Key, Field, Derived string }
	Keys   []struct {
		Scheme, Secret, Exported, Address, Public, Transaction, Message string
	}
	Wallets []struct {
		Name, Address, Transaction, Message string
		Valid                               bool
	}
	Aliases           string // of address 9
	Message           string
	Owners            []string
	Transaction       string
	TransactionDigest string
	PythDigest        string
	Expirations       []string
	Objects           []string
	Statuses          []string
}

func loadVectors(t testing.TB) *vectors {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	v := new(vectors)
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
	return v
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// roundTrip decodes raw into v and demands the same bytes back.
func roundTrip[T bcs.Marshaler, P decodable[T]](t *testing.T, raw []byte) (v T) {
	t.Helper()
	if err := bcs.Unmarshal(raw, P(&v)); err != nil {
		t.Fatal(err)
	}
	if got := bcs.Marshal(v); !bytes.Equal(got, raw) {
		t.Fatalf("re-encoded value differs\n got %x\nwant %x", got, raw)
	}
	return v
}

func TestTypeTagVectors(t *testing.T) {
	for _, c := range loadVectors(t).Types {
		tag, err := ParseTypeTag(c.Text)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(bcs.Marshal(tag)); got != c.BCS {
			t.Errorf("%s encodes as %s, want %s", c.Text, got, c.BCS)
		}
		if back := roundTrip[TypeTag](t, unhex(t, c.BCS)); !back.Equal(tag) {
			t.Errorf("%s decodes as %s", c.Text, back)
		}
		if got := strings.ReplaceAll(tag.String(), " ", ""); got != strings.ReplaceAll(c.Normalized, " ", "") {
			t.Errorf("%s prints as %s, want %s", c.Text, got, c.Normalized)
		}
		if got := strings.ReplaceAll(tag.Short(), " ", ""); got != c.Text {
			t.Errorf("%s prints short as %s", c.Text, got)
		}
		if again, err := ParseTypeTag(tag.TypeName()); err != nil || !again.Equal(tag) {
			t.Errorf("%s: type name %s reads as %s, %v", c.Text, tag.TypeName(), again, err)
		}
	}
}

func TestIDVectors(t *testing.T) {
	for _, c := range loadVectors(t).Fields {
		parent, tag, key := MustAddress(c.Parent), MustTypeTag(c.Type), unhex(t, c.Key)
		if got := DynamicFieldID(parent, tag, key).String(); got != c.Field {
			t.Errorf("field %s of %s = %s, want %s", c.Type, c.Parent, got, c.Field)
		}
		if got := DerivedObjectID(parent, tag, key).String(); got != c.Derived {
			t.Errorf("derived %s of %s = %s, want %s", c.Type, c.Parent, got, c.Derived)
		}
	}
}

func TestAliasesID(t *testing.T) {
	if got, want := AliasesID(Address{31: 9}).String(), loadVectors(t).Aliases; got != want {
		t.Errorf("aliases of address 9: %s, want %s", got, want)
	}
}

func TestKeyVectors(t *testing.T) {
	v := loadVectors(t)
	tx, msg := readBase64(t, "transaction-pyth.base64"), unhex(t, v.Message)
	schemes := map[string]Scheme{"ED25519": Ed25519, "Secp256k1": Secp256k1, "Secp256r1": Secp256r1}
	for _, c := range v.Keys {
		k, err := NewPrivateKey(schemes[c.Scheme], unhex(t, c.Secret))
		if err != nil {
			t.Fatal(err)
		}
		exported, err := k.Export()
		if err != nil || exported != c.Exported {
			t.Errorf("%s exports as %s, %v; want %s", c.Scheme, exported, err, c.Exported)
		}
		if back, err := ParsePrivateKey(c.Exported); err != nil || back.Address() != k.Address() {
			t.Errorf("%s: import: %v", c.Scheme, err)
		}
		if k.Address().String() != c.Address || hex.EncodeToString(k.PublicKey().Bytes) != c.Public {
			t.Errorf("%s: address %s, public %x; want %s, %s", c.Scheme, k.Address(), k.PublicKey().Bytes, c.Address, c.Public)
		}
		if sig, err := k.SignTransaction(tx); err != nil || sig.String() != c.Transaction {
			t.Errorf("%s signs the transaction as %s, %v; want %s", c.Scheme, sig, err, c.Transaction)
		}
		if sig, err := k.SignPersonalMessage(msg); err != nil || sig.String() != c.Message {
			t.Errorf("%s signs the message as %s, %v; want %s", c.Scheme, sig, err, c.Message)
		}
		checkVerify(t, c.Address, c.Transaction, tx, Signature.VerifyTransaction)
		checkVerify(t, c.Address, c.Message, msg, Signature.VerifyPersonalMessage)
	}
}

// Multisig and passkey wallets, as @mysten/sui makes them.
func TestWalletVectors(t *testing.T) {
	v := loadVectors(t)
	tx, msg := readBase64(t, "transaction-pyth.base64"), unhex(t, v.Message)
	for _, c := range v.Wallets {
		if c.Valid {
			checkVerify(t, c.Address, c.Transaction, tx, Signature.VerifyTransaction)
			checkVerify(t, c.Address, c.Message, msg, Signature.VerifyPersonalMessage)
			continue
		}
		sig, err := ParseSignature(c.Message)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sig.VerifyPersonalMessage(msg); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v, want %v", c.Name, err, ErrSignature)
		}
	}
}

// Keys of multisig addresses that Sui refuses.
func TestMultiSigKeyRules(t *testing.T) {
	key := func(fill byte, weight uint8) WeightedKey {
		return WeightedKey{PublicKey{Ed25519, bytes.Repeat([]byte{fill}, 32)}, weight}
	}
	eleven := MultiSigKey{Threshold: 1}
	for i := range byte(11) {
		eleven.Keys = append(eleven.Keys, key(i, 1))
	}
	for name, k := range map[string]MultiSigKey{
		"no keys":               {Threshold: 1},
		"eleven keys":           eleven,
		"a key twice":           {Keys: []WeightedKey{key(1, 1), key(1, 2)}, Threshold: 1},
		"no weight":             {Keys: []WeightedKey{key(1, 0), key(2, 1)}, Threshold: 1},
		"threshold of 0":        {Keys: []WeightedKey{key(1, 1)}},
		"threshold unreachable": {Keys: []WeightedKey{key(1, 1), key(2, 2)}, Threshold: 4},
	} {
		if k.check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzSignature(f *testing.F) {
	v := loadVectors(f)
	msg := unhex(f, v.Message)
	for _, w := range v.Wallets {
		sig, err := ParseSignature(w.Message)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(sig))
	}
	f.Fuzz(func(t *testing.T, sig []byte) {
		addr, err := Signature(sig).VerifyPersonalMessage(msg)
		if (err == nil) == addr.IsZero() {
			t.Fatalf("%x: address %s with error %v", sig, addr, err)
		}
	})
}

// checkVerify verifies a foreign signature, and refuses it with any byte of
// signature, key or message changed.
func checkVerify(t *testing.T, address, signature string, msg []byte, verify func(Signature, []byte) (Address, error)) {
	t.Helper()
	sig, err := ParseSignature(signature)
	if err != nil {
		t.Fatal(err)
	}
	addr, err := verify(sig, msg)
	if err != nil || addr.String() != address {
		t.Errorf("verify: %s, %v; want %s", addr, err, address)
	}
	for i := range sig {
		bad := bytes.Clone(sig)
		bad[i] ^= 1
		if addr, err := verify(bad, msg); err == nil && addr.String() == address {
			t.Fatalf("signature with byte %d changed verifies", i)
		}
	}
	bad := bytes.Clone(msg)
	bad[len(bad)/2] ^= 1
	if _, err := verify(sig, bad); err == nil {
		t.Fatal("signature verifies for another message")
	}
	if _, err := verify(sig[:len(sig)-1], msg); err == nil {
		t.Fatal("truncated signature verifies")
	}
}

func TestTransactionVectors(t *testing.T) {
	v := loadVectors(t)
	raw := unhex(t, v.Transaction)
	tx := roundTrip[TransactionData](t, raw)
	if got := tx.Digest().String(); got != v.TransactionDigest {
		t.Errorf("digest %s, want %s", got, v.TransactionDigest)
	}
	if got := TransactionDigest(readBase64(t, "transaction-pyth.base64")).String(); got != v.PythDigest {
		t.Errorf("digest %s, want %s", got, v.PythDigest)
	}
	for i, x := range v.Expirations {
		if got := roundTrip[Expiration](t, unhex(t, x)); got.Kind != ExpirationKind(i) {
			t.Errorf("expiration %d has kind %d", i, got.Kind)
		}
	}
}

func TestObjectVectors(t *testing.T) {
	v := loadVectors(t)
	for i, x := range v.Owners {
		if got := roundTrip[Owner](t, unhex(t, x)); got.Kind != OwnerKind(i) {
			t.Errorf("owner %d has kind %d", i, got.Kind)
		}
	}
	want := []string{"0x2::coin::Coin<0x2::sui::SUI>", "0x2::coin::Coin<0x5::usdc::USDC>", "0x3::staking_pool::StakedSui", "0x77::m::Thing<u64>"}
	for i, x := range v.Objects {
		o := roundTrip[Object](t, unhex(t, x))
		if i < len(want) && o.Move.Type.Short() != want[i] {
			t.Errorf("object %d has type %s, want %s", i, o.Move.Type.Short(), want[i])
		}
		if i == len(want) && (o.Package == nil || len(o.Package.Modules) != 3 || len(o.Package.Linkage) != 2) {
			t.Errorf("object %d is not the package", i)
		}
	}
}

func TestStatusVectors(t *testing.T) {
	for i, x := range loadVectors(t).Statuses {
		fx := roundTrip[TransactionEffects](t, unhex(t, x))
		if fx.Status.Failure == nil || *fx.Status.Failure.Command != 2 {
			t.Errorf("status %d: %v", i, fx.Status.Failure)
		}
	}
}

// The builder makes the same bytes as the foreign one from the same steps.
func TestBuilderVector(t *testing.T) {
	addr := func(n byte) Address { return Address{31: n} }
	ref := func(n byte) ObjectRef {
		return ObjectRef{ID: addr(n), Version: uint64(n) + 100, Digest: repeatedDigest(n)}
	}
	b := NewBuilder()
	owned := b.OwnedObject(ref(5))
	shared := b.SharedObject(addr(6), 17, true)
	clock := b.SharedObject(Address{30: 1, 31: 6}, 1, false)
	received := b.ReceivedObject(ref(8))
	coins := b.SplitCoins(GasCoin, b.Pure(uint64(10)), b.Pure(uint64(20)))
	b.MergeCoins(coins.At(0), coins.At(1))
	one, none := addr(1), (*uint64)(nil)
	b.Call(addr(9), "pool", "deposit", []TypeTag{{Kind: KindU64}, SUICoinType().Tag()}, shared, owned, received, clock,
		b.Pure("héllo"), b.Pure([]uint16{1, 2, 300}), b.Pure(&one), b.Pure(none), b.Pure(true), b.Pure(uint8(255)))
	sui := SUIType()
	b.MakeMoveVec(&sui, coins.At(0))
	b.MakeMoveVec(nil, coins.At(0))
	cap := b.Publish([][]byte{{1, 2, 3}, {4}}, []Address{addr(1), addr(2)})
	b.Upgrade([][]byte{{9}}, []Address{addr(2)}, addr(10), cap)
	b.Transfer(addr(11), coins.At(0), cap)
	tx, err := b.Build(addr(1), GasData{Payment: []ObjectRef{ref(3), ref(4)}, Owner: addr(2), Price: 1000, Budget: 5000000})
	if err != nil {
		t.Fatal(err)
	}
	want := new(TransactionData)
	if err := bcs.Unmarshal(unhex(t, loadVectors(t).Transaction), want); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%x", bcs.Marshal(tx)), fmt.Sprintf("%x", bcs.Marshal(want)); got != want {
		t.Errorf("built\n %s, want\n %s", got, want)
	}
}
