package sui

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
)

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "0x", "2", "0xg", "0x" + strings.Repeat("1", 65), "hello"} {
		if a, err := ParseAddress(s); err == nil {
			t.Errorf("ParseAddress(%q) = %s", s, a)
		}
	}
	deep := strings.Repeat("vector<", 100) + "u8" + strings.Repeat(">", 100)
	for _, s := range []string{
		"", "u7", "vector", "vector<u8", "u8>", "u8 u8", "0x2::m", "0x2::m::", "0x2::m::T<>", "0x2::m::T<u8,>", "2::m::T",
		"0x2::1m::T", "0x2::m::_", "struct", "0x2::m::T<u8", deep,
	} {
		if tag, err := ParseTypeTag(s); err == nil {
			t.Errorf("ParseTypeTag(%q) = %s", s, tag)
		}
	}
	for _, s := range []string{"", "0", "1111", strings.Repeat("z", 44), strings.Repeat("1", 200)} {
		if x, err := ParseDigest(s); err == nil {
			t.Errorf("ParseDigest(%q) = %s", s, x)
		}
	}
	for _, s := range []string{"", "AAAA", "suiprivkey1qyqszqgp", "suiprivkey1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqsz80gtl8"} {
		if _, err := ParsePrivateKey(s); err == nil {
			t.Errorf("ParsePrivateKey(%q) succeeds", s)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	deep := append(bytes.Repeat([]byte{6}, 100), 1)
	if err := bcs.Unmarshal(deep, new(TypeTag)); !errors.Is(err, ErrTypeTooDeep) {
		t.Errorf("deep type: %v", err)
	}
	shared := append([]byte{1, 1}, make([]byte, 40)...)
	if err := bcs.Unmarshal(append(shared, 3), new(Input)); err == nil {
		t.Error("mutability 3 is accepted")
	}
	if err := bcs.Unmarshal([]byte{31}, new(Digest)); err == nil {
		t.Error("a digest of 31 bytes is accepted")
	}
	gas := bcs.Marshal(Object{Move: &MoveObject{Type: *SUICoinType(), Contents: make([]byte, 40)}})
	e := bcs.NewEncoder()
	e.ULEB(0)
	e.ULEB(0) // Other, although GasCoin is shorter
	e.Value(SUICoinType())
	e.Fixed(gas[2:])
	if err := bcs.Unmarshal(e.Data(), new(Object)); err == nil {
		t.Error("a long form of the gas coin's type is accepted")
	}
}

// A system transaction of a kind that is not decoded keeps its bytes.
func TestOtherKind(t *testing.T) {
	tx := SystemTransaction(TransactionKind{Other: []byte{9, 1, 2, 3}})
	back := roundTrip[TransactionData](t, bcs.Marshal(tx))
	if !bytes.Equal(back.Kind.Other, tx.Kind.Other) {
		t.Errorf("kind %x, want %x", back.Kind.Other, tx.Kind.Other)
	}
	clock := SystemTransaction(TransactionKind{ConsensusCommit: &ConsensusCommitPrologue{1, 2, 3}})
	if back := roundTrip[TransactionData](t, bcs.Marshal(clock)); *back.Kind.ConsensusCommit != *clock.Kind.ConsensusCommit {
		t.Errorf("prologue %v", back.Kind.ConsensusCommit)
	}
	random := SystemTransaction(TransactionKind{Randomness: &RandomnessStateUpdate{1, 2, []byte{3, 4}, 5}})
	if back := roundTrip[TransactionData](t, bcs.Marshal(random)).Kind.Randomness; back == nil || back.Round != 2 || string(back.Bytes) != "\x03\x04" || back.InitialVersion != 5 {
		t.Errorf("randomness %v", back)
	}
}

func TestEndOfEpoch(t *testing.T) {
	want := ChangeEpoch{Epoch: 7, ProtocolVersion: 95, Gas: GasUsed{1, 2, 3, 4}, StartMS: 5,
		SystemPackages: []SystemUpgrade{{Version: 2, Modules: [][]byte{{1}, {2, 3}}, Dependencies: []Address{MoveStdlib}}}}
	tx := SystemTransaction(EndOfEpochKind(&want))
	back := roundTrip[TransactionData](t, bcs.Marshal(tx))
	if got := back.Kind.ChangeEpoch(); !reflect.DeepEqual(got, &want) {
		t.Errorf("change of epoch %+v", got)
	}
	for _, other := range [][]byte{nil, {5}, {5, 1, 3}, {5, 2, 0}, {6, 1, 0}, append(EndOfEpochKind(&want).Other, 0)} {
		if got := (&TransactionKind{Other: other}).ChangeEpoch(); got != nil {
			t.Errorf("%x is read as %+v", other, got)
		}
	}
	end := EndOfEpochData{Committee: []ValidatorStake{{bytes.Repeat([]byte{1}, 96), 10_000}}, ProtocolVersion: 95}
	s := roundTrip[CheckpointSummary](t, bcs.Marshal(CheckpointSummary{EndOfEpoch: bcs.Marshal(end)}))
	if got, err := s.NextEpoch(); err != nil || !reflect.DeepEqual(got, &end) {
		t.Errorf("end of epoch %+v, %v", got, err)
	}
	if _, err := new(CheckpointSummary).NextEpoch(); !errors.Is(err, ErrNotLast) {
		t.Errorf("no end of epoch: %v", err)
	}
	end.Committee[0].PublicKey = end.Committee[0].PublicKey[1:]
	s.EndOfEpoch = bcs.Marshal(end)
	if _, err := s.NextEpoch(); err == nil {
		t.Error("a key of 95 bytes is accepted")
	}
}

func TestBuilderInputs(t *testing.T) {
	b := NewBuilder()
	id := Address{31: 9}
	first := b.Object(id)
	b.Call(Framework, "m", "f", nil, first)
	if u := b.Unresolved(); len(u) != 1 || u[0].ID != id || u[0].MutableHint || len(u[0].Uses) != 1 {
		t.Fatalf("unresolved %+v", u)
	}
	if _, err := b.Build(id, GasData{}); err == nil {
		t.Error("a transaction with an unresolved object is built")
	}
	if err := b.Resolve(0, Input{Kind: InputShared, Ref: ObjectRef{ID: Address{31: 8}}}); err == nil {
		t.Error("an input is resolved to another object")
	}
	if err := b.Resolve(0, Input{Kind: InputShared, Ref: ObjectRef{ID: id}, SharedVersion: 4}); err != nil {
		t.Error(err)
	}
	if again := b.SharedObject(id, 4, true); again != first {
		t.Errorf("the same object becomes input %d and %d", first.Index, again.Index)
	}
	if got := b.Programmable().Inputs[0].Mutability; got != SharedMutable {
		t.Errorf("mutability %d", got)
	}
	if b.Pure(5); b.Err() == nil {
		t.Error("an int of unknown width is accepted")
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sui.keystore")
	v := loadVectors(t)
	var keys []*PrivateKey
	for _, c := range v.Keys {
		k, err := ParsePrivateKey(c.Exported)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
	}
	for range 2 { // the second time replaces the file
		if err := SaveKeys(path, keys); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	back, err := LoadKeys(path)
	if err != nil || len(back) != len(keys) {
		t.Fatalf("%d keys, %v", len(back), err)
	}
	for i, c := range v.Keys {
		if back[i].Address().String() != c.Address {
			t.Errorf("key %d: %s, want %s", i, back[i].Address(), c.Address)
		}
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKeys(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("%d files are left", len(entries))
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	c := loadVectors(t).Keys[1]
	k, err := ParsePrivateKey(c.Exported)
	if err != nil {
		t.Fatal(err)
	}
	want := "sui.PrivateKey(" + c.Address + ")"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		if got := fmt.Sprintf(verb, k); got != want {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	if b, err := json.Marshal(k); err == nil {
		t.Errorf("JSON %s", b)
	}
}

// fuzzCanonical demands that whatever decodes encodes to the same bytes.
func fuzzCanonical[T bcs.Marshaler, P decodable[T]](f *testing.F, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v T
		if bcs.Unmarshal(b, P(&v)) != nil {
			return
		}
		if got := bcs.Marshal(v); !bytes.Equal(got, b) {
			t.Fatalf("%x re-encodes as %x", b, got)
		}
	})
}

func FuzzTransactionData(f *testing.F) {
	fuzzCanonical[TransactionData](f, readBase64(f, "transaction-pyth.base64"), unhex(f, loadVectors(f).Transaction),
		bcs.Marshal(SystemTransaction(TransactionKind{Randomness: &RandomnessStateUpdate{1, 2, []byte{3}, 1}})),
		bcs.Marshal(SystemTransaction(EndOfEpochKind(&ChangeEpoch{Epoch: 1}))))
}

func FuzzTransactionEffects(f *testing.F) {
	seeds := [][]byte{readBase64(f, "effects-v2.base64")}
	for _, s := range loadVectors(f).Statuses {
		seeds = append(seeds, unhex(f, s))
	}
	fuzzCanonical[TransactionEffects](f, seeds...)
}

func FuzzObject(f *testing.F) {
	var seeds [][]byte
	for _, s := range loadVectors(f).Objects {
		seeds = append(seeds, unhex(f, s))
	}
	fuzzCanonical[Object](f, seeds...)
}

func FuzzCheckpointSummary(f *testing.F) {
	fuzzCanonical[CheckpointSummary](f, bcs.Marshal(CheckpointSummary{PreviousDigest: &Digest{1}, EndOfEpoch: []byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 0}}))
}

func FuzzEndOfEpoch(f *testing.F) {
	fuzzCanonical[EndOfEpochData](f, bcs.Marshal(EndOfEpochData{
		Committee: []ValidatorStake{{make([]byte, 96), 10_000}}, ProtocolVersion: 95, Commitments: [][]byte{append([]byte{0, 32}, make([]byte, 32)...)},
	}), []byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
}

func FuzzChangeEpoch(f *testing.F) {
	fuzzCanonical[ChangeEpoch](f, bcs.Marshal(ChangeEpoch{
		Epoch: 1, SystemPackages: []SystemUpgrade{{Version: 2, Modules: [][]byte{{1}}, Dependencies: []Address{{1}}}},
	}))
}

func FuzzCheckpointContents(f *testing.F) {
	fuzzCanonical[CheckpointContents](f, bcs.Marshal(CheckpointContents{
		Transactions: []ExecutionDigests{{}}, Signatures: [][]Signature{{{1, 2}}},
	}))
}

func FuzzTypeTagText(f *testing.F) {
	f.Add("vector<0x2::coin::Coin<0x2::sui::SUI>>")
	f.Add("0x2::table::Table<address, vector<0x1::option::Option<u64>>>")
	f.Fuzz(func(t *testing.T, s string) {
		tag, err := ParseTypeTag(s)
		if err != nil {
			return
		}
		if again, err := ParseTypeTag(tag.String()); err != nil || !again.Equal(tag) {
			t.Fatalf("%q prints as %s, which reads as %s, %v", s, tag, again, err)
		}
	})
}
