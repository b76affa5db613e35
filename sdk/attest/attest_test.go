package attest

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vectors(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]string
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func id(last byte) sui.Address { return sui.Address{31: last} }

func digest(from byte) (d [32]byte) {
	for i := range d {
		d[i] = from + byte(i)
	}
	return d
}

// weatherAnswer is the payload of Nautilus' weather example.
func weatherAnswer() []byte {
	e := bcs.NewEncoder()
	e.String("San Francisco")
	e.U64(13)
	return e.Data()
}

// TestNautilusMessages compares with the bytes in the tests of Nautilus'
// enclave and examples.
func TestNautilusMessages(t *testing.T) {
	wallet := unhex(t, "b8b91c7c3afff7e75e44ce64c11455e60989697a37d16421d727e4d01607cfda")
	for _, v := range []struct {
		intent  uint8
		ms      uint64
		payload []byte
		want    string
	}{
		{IntentAnswer, 1744038900000, weatherAnswer(), "0020b1d110960100000d53616e204672616e636973636f0d00000000000000"},
		{IntentAnswer, 1744683300000, weatherAnswer(), "00a0743a37960100000d53616e204672616e636973636f0d00000000000000"},
		{IntentWallet, 1767627884584, WalletPayload(wallet), "012808d58e9b01000020b8b91c7c3afff7e75e44ce64c11455e60989697a37d16421d727e4d01607cfda"},
	} {
		if got := hex.EncodeToString(Message(v.intent, v.ms, v.payload)); got != v.want {
			t.Errorf("got %s, want %s", got, v.want)
		}
	}
}

// TestFloeMessages compares with bytes of npm @mysten/bcs; see testdata.
func TestFloeMessages(t *testing.T) {
	want := vectors(t)
	key := digest(1)
	run := contract.Run{
		Kind: contract.KindTransform, Dataset: id(0x71), Inputs: []contract.RunInput{
			{Version: id(0x73), ManifestDigest: digest(3), BlobIDs: []walrus.BlobID{{0xbc, 0x0a}, {0xef, 0x0d}}},
			{Version: id(0x74), ManifestDigest: digest(4), BlobIDs: []walrus.BlobID{{0x23, 0x01}}},
		},
		ParametersDigest: digest(5), OutputDigest: digest(6), Statistics: []contract.RuleCount{{Rule: "duplicate", RowsIn: 1000, RowsOut: 900}, {Rule: "trop étroit", RowsIn: 900, RowsOut: 850}},
		StartedAtMS: 1798761500000, EndedAtMS: 1798761590000,
	}
	for name, got := range map[string][]byte{
		"handover": Message(IntentHandover, 1798761600000, HandoverPayload(id(0x91), key[:])),
		"log_head": Message(IntentLogHead, 1798761600001, LogHeadPayload(id(0x92), 300, digest(2))),
		"run":      Message(IntentRun, 1798761600002, RunPayload(run)),
	} {
		if hex.EncodeToString(got) != want[name] {
			t.Errorf("%s: got %x, want %s", name, got, want[name])
		}
	}
}

// The enclave of Nautilus' weather example signed this.
func TestVerifyNautilus(t *testing.T) {
	key := ed25519.PublicKey(unhex(t, "e8e62201dbe293b703c759f653107acbc2c911fa1d2e66f2c747bec95971a2af"))
	signed := contract.Signed{TimestampMS: 1744683300000, Signature: unhex(t, "77b6d8be225440d00f3d6eb52e91076a8927cebfb520e58c19daf31ecf06b3798ec3d3ce9630a9eceee46d24f057794a60dd781657cb06d952269cfc5ae19500")}
	at := time.UnixMilli(1744683300000)
	if err := Verify(key, IntentAnswer, signed, weatherAnswer(), at, 0); err != nil {
		t.Error(err)
	}
	spoilt := signed
	spoilt.TimestampMS++
	for name, v := range map[string]struct {
		intent  uint8
		signed  contract.Signed
		payload []byte
		now     time.Time
		want    error
	}{
		"another intent":      {IntentWallet, signed, weatherAnswer(), at, ErrSignature},
		"another payload":     {IntentAnswer, signed, weatherAnswer()[1:], at, ErrSignature},
		"another time":        {IntentAnswer, spoilt, weatherAnswer(), at, ErrSignature},
		"no signature":        {IntentAnswer, contract.Signed{TimestampMS: signed.TimestampMS}, weatherAnswer(), at, ErrSignature},
		"too old":             {IntentAnswer, signed, weatherAnswer(), at.Add(time.Millisecond), ErrStale},
		"from the future":     {IntentAnswer, signed, weatherAnswer(), at.Add(-time.Minute - time.Millisecond), ErrFuture},
		"a minute ahead only": {IntentAnswer, signed, weatherAnswer(), at.Add(-time.Minute), nil},
	} {
		if err := Verify(key, v.intent, v.signed, v.payload, v.now, 0); !errors.Is(err, v.want) {
			t.Errorf("%s: got %v, want %v", name, err, v.want)
		}
	}
	if err := Verify(key[:31], IntentAnswer, signed, weatherAnswer(), at, 0); err == nil {
		t.Error("a key of 31 bytes verifies")
	}
}

// The enclave of Nautilus' Twitter example signed this for the address 0x101c….
func TestVerifyTwitter(t *testing.T) {
	key := ed25519.PublicKey(unhex(t, "8388dcf98a89b997606984c58bb77d1a761cd04ad9ad8e109aec87ac0ba6b01b"))
	address, err := sui.ParseAddress("0x101ce8865558e08408b83f60ee9e78843d03d547c850cbe12cb599e17833dd3e")
	if err != nil {
		t.Fatal(err)
	}
	e := bcs.NewEncoder()
	e.String("mystenintern")
	e.Bytes(address[:])
	const at = 1744731581697
	if got := hex.EncodeToString(Message(IntentAnswer, at, e.Data())); got != "00012d1b3a960100000c6d797374656e696e7465726e20101ce8865558e08408b83f60ee9e78843d03d547c850cbe12cb599e17833dd3e" {
		t.Errorf("message is %s", got)
	}
	signed := contract.Signed{TimestampMS: at, Signature: unhex(t, "c1d19cd522f81033f5314623a87c92977e65d3b1efc03d64221e9128acb906fdd8339433408c8feb17653a0b92e4014d80a2a346d9415479efb8c8a38cfc400e")}
	if err := Verify(key, IntentAnswer, signed, e.Data(), time.UnixMilli(at), 0); err != nil {
		t.Error(err)
	}
}

func TestSign(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1798761600000)
	signed := Sign(private, IntentLogHead, at, LogHeadPayload(id(1), 2, digest(3)))
	if err := Verify(public, IntentLogHead, signed, LogHeadPayload(id(1), 2, digest(3)), at.Add(time.Hour), time.Hour); err != nil {
		t.Error(err)
	}
	if err := Verify(public, IntentLogHead, signed, LogHeadPayload(id(1), 3, digest(3)), at, time.Hour); !errors.Is(err, ErrSignature) {
		t.Errorf("another size: got %v", err)
	}
}
