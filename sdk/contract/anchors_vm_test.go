package contract_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// An operator signs checkpoints as notes of golang.org/x/mod/sumdb/note.
type operator struct {
	t      *testing.T
	signer note.Signer
	key    []byte
}

const origin = "log.example/floe-1"

func newOperator(t *testing.T) *operator {
	t.Helper()
	secret, public, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 32)), origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(public[strings.LastIndex(public, "+")+1:])
	if err != nil {
		t.Fatal(err)
	}
	return &operator{t, signer, key[1:]} // behind the algorithm
}

func (o *operator) sign(size uint64, content string) contract.TreeHead {
	o.t.Helper()
	root := sha256.Sum256([]byte(content))
	text := fmt.Sprintf("%s\n%d\n%s\n", origin, size, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, o.signer)
	if err != nil {
		o.t.Fatal(err)
	}
	words := strings.Fields(string(signed))
	signature, err := base64.StdEncoding.DecodeString(words[len(words)-1])
	if err != nil {
		o.t.Fatal(err)
	}
	return contract.TreeHead{Size: size, Root: root, Signature: signature[4:]} // behind the key's hash
}

func TestAnchors(t *testing.T) {
	c, o := newWorld(t), newOperator(t)
	c.setTime(noon)
	made := one[contract.AnchorCreated](t, c.run(owner, func(b *sui.Builder) { contract.CreateAnchor(b, c.p, origin, o.key) }))
	if made.Origin != origin || !bytes.Equal(made.PublicKey, o.key) {
		t.Errorf("got %+v", made)
	}
	anchor := func(h contract.TreeHead) func(b *sui.Builder) {
		return func(b *sui.Builder) { contract.AnchorRoot(b, c.p, made.AnchorID, h) }
	}
	var previous uint64
	for _, size := range []uint64{1, 9, 10, 12345678901, 1<<64 - 1} {
		h := o.sign(size, "root")
		got := one[contract.RootAnchored](t, c.run(stranger, anchor(h)))
		want := &contract.RootAnchored{AnchorID: made.AnchorID, PreviousSize: previous, TreeSize: size, Root: h.Root[:], Signature: h.Signature, AnchoredAtMS: noon}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		previous = size
	}
	c.refuse(owner, "anchors", "EShrinks", anchor(o.sign(11, "root")))
	c.refuse(owner, "anchors", "ENotGrown", anchor(o.sign(previous, "another")))
}

func TestForks(t *testing.T) {
	c, o := newWorld(t), newOperator(t)
	made := one[contract.AnchorCreated](t, c.run(owner, func(b *sui.Builder) { contract.CreateAnchor(b, c.p, origin, o.key) }))
	prove := func(first, second contract.TreeHead) func(b *sui.Builder) {
		return func(b *sui.Builder) { contract.ProveFork(b, c.p, made.AnchorID, first, second) }
	}
	first, second := o.sign(7, "a"), o.sign(7, "b")
	forged := second
	forged.Signature = flip(second.Signature, 40)
	c.refuse(stranger, "anchors", "EInvalidSignature", prove(first, forged))
	c.refuse(stranger, "anchors", "EInvalidSignature", prove(first, o.sign(8, "b")))
	c.refuse(stranger, "anchors", "ESameRoot", prove(first, first))
	got := one[contract.MisbehaviourProven](t, c.run(stranger, prove(first, second)))
	want := &contract.MisbehaviourProven{
		AnchorID: made.AnchorID, TreeSize: 7, FirstRoot: first.Root[:], FirstSignature: first.Signature,
		SecondRoot: second.Root[:], SecondSignature: second.Signature, Reporter: stranger.address,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	c.refuse(reader, "anchors", "EAlreadyProven", prove(second, first))
}
