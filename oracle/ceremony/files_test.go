package ceremony

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

func randomness(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func identity(t *testing.T) *secret.Identity {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	id, err := secret.ParseIdentity(key.String())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestKeys(t *testing.T) {
	for name, id := range map[string]*secret.Identity{"open": nil, "sealed": identity(t)} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "ceremony")
			made, err := CreateKeys(dir, randomness(1), id)
			if err != nil {
				t.Fatal(err)
			}
			read, err := LoadKeys(t.Context(), dir, id)
			if err != nil || read.Member() != made.Member() {
				t.Fatalf("read back: %v", err)
			}
			for i, name := range []string{EncryptionKeyFile, SigningKeyFile} {
				text, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if info, _ := os.Stat(filepath.Join(dir, name)); info.Mode().Perm() != 0o600 {
					t.Errorf("%s has mode %v", name, info.Mode())
				}
				hidden := !bytes.Contains(text, fmt.Appendf(nil, "%x", made.Bytes()[32*i:32*(i+1)]))
				if secret.IsSealed(text) != (id != nil) || hidden != (id != nil) {
					t.Errorf("%s holds %d bytes that are not as they should be", name, len(text))
				}
			}
			if _, err := CreateKeys(dir, randomness(2), id); err == nil || !strings.Contains(err.Error(), "is not replaced") {
				t.Errorf("created again: %v", err)
			}
			os.Remove(filepath.Join(dir, EncryptionKeyFile))
			if _, err := CreateKeys(dir, randomness(2), id); err == nil {
				t.Error("half of the keys were replaced")
			}
			if _, err := LoadKeys(t.Context(), dir, id); err == nil || !strings.Contains(err.Error(), "floe-oracle dkg keygen") {
				t.Errorf("half of the keys: %v", err)
			}
		})
	}
}

func TestShareIsNotReplaced(t *testing.T) {
	one, _ := seal.NewMasterKey(randomness(3))
	two, _ := seal.NewMasterKey(randomness(4))
	for name, id := range map[string]*secret.Identity{"open": nil, "sealed": identity(t)} {
		path := ShareFile(filepath.Join(t.TempDir(), "keys"), 7)
		for range 2 {
			if err := WriteShare(t.Context(), path, one, id); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		before, _ := os.ReadFile(path)
		if err := WriteShare(t.Context(), path, two, id); err == nil || !strings.Contains(err.Error(), "is not replaced") {
			t.Errorf("%s: another share: %v", name, err)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(after, before) || filepath.Base(path) != "share-v7.key" {
			t.Errorf("%s: %s was changed", name, path)
		}
	}
}

// dealt is a ceremony of n with all messages in a folder.
func dealt(t *testing.T, n, threshold int) (state *State, dir string) {
	t.Helper()
	state, dir = &State{ID: sui.Address{1}, Threshold: threshold}, t.TempDir()
	var keys []*dkg.Keys
	for i := range n {
		k, err := dkg.GenerateKeys(randomness(byte(10 + i)))
		if err != nil {
			t.Fatal(err)
		}
		m := k.Member()
		keys = append(keys, k)
		state.Members = append(state.Members, Member{Address: sui.Address{31: byte(i)}, Registered: true, Name: fmt.Sprint("m", i), EncryptionKey: m.EncryptionKey[:], SigningKey: m.SigningKey[:]})
	}
	c, err := state.Ceremony()
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range keys {
		message, err := k.Deal(randomness(byte(50+i)), c, i, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := WriteMessage(dir, i, message); err != nil {
			t.Fatal(err)
		}
		if party, err := state.Party(k); err != nil || party != i {
			t.Errorf("party %d is %d, %v", i, party, err)
		}
	}
	return state, dir
}

func TestMessages(t *testing.T) {
	state, dir := dealt(t, 3, 2)
	os.WriteFile(filepath.Join(dir, ".party-1.message.new-1"), []byte("left behind"), 0o600)
	os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("hello"), 0o600)
	read := func() []Message {
		t.Helper()
		all, err := ReadMessages(dir)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	chosen, parties, err := state.Choose(read(), nil)
	if err != nil || len(chosen) != 3 || !slices.Equal(parties, []int{0, 1, 2}) {
		t.Errorf("chosen %v, %v", parties, err)
	}
	if _, err := WriteMessage(dir, 1, []byte("another")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a message was replaced: %v", err)
	}

	if _, err := WriteMessage(dir, 1, chosen[1]); err != nil {
		t.Errorf("the same message again: %v", err)
	}
	if _, err := Dealt(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("dealt before dealing: %v", err)
	}
	if err := KeepDealt(dir, chosen[1]); err != nil {
		t.Error(err)
	}
	if err := KeepDealt(dir, chosen[2]); !errors.Is(err, fs.ErrExist) {
		t.Errorf("dealt twice: %v", err)
	}
	if b, err := Dealt(dir); err != nil || !bytes.Equal(b, chosen[1]) {
		t.Errorf("dealt %d bytes, %v", len(b), err)
	}
	os.Remove(filepath.Join(dir, dealtFile))

	first := MessageFile(dir, 1)
	b, _ := os.ReadFile(first)
	second := filepath.Join(dir, "mail from bob.message")
	os.WriteFile(second, b, 0o600)
	if _, err := ReadMessages(dir); err == nil || !strings.Contains(err.Error(), "are both of party 1") {
		t.Errorf("two messages of one party: %v", err)
	}
	os.Remove(first)
	if _, _, err := state.Choose(read(), nil); err != nil {
		t.Errorf("a message of another name: %v", err)
	}
	os.Remove(second)
	if _, _, err := state.Choose(read(), nil); err == nil || !strings.Contains(err.Error(), "missing of party 1 (m1, 0x") {
		t.Errorf("a message less: %v", err)
	}
	for what, content := range map[string][]byte{"no message": b[:100], "too much": make([]byte, maxMessageSize+1), "nothing": nil} {
		os.WriteFile(first, content, 0o600)
		if _, err := ReadMessages(dir); err == nil || !strings.Contains(err.Error(), first) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := ReadMessages(filepath.Join(dir, "none")); err == nil {
		t.Error("no folder has messages")
	}
}

// Who has dealt to a committee takes no other for it.
func TestPin(t *testing.T) {
	dir := t.TempDir()
	if err := CheckPin(dir, [32]byte{2}); err != nil {
		t.Errorf("before dealing: %v", err)
	}
	for range 2 {
		if err := Pin(dir, [32]byte{1}); err != nil {
			t.Error(err)
		}
	}
	if err := CheckPin(dir, [32]byte{1}); err != nil {
		t.Error(err)
	}
	for _, err := range []error{CheckPin(dir, [32]byte{2}), Pin(dir, [32]byte{2})} {
		if err == nil || !strings.Contains(err.Error(), "shows other members or keys") {
			t.Errorf("another committee: %v", err)
		}
	}
	os.WriteFile(filepath.Join(dir, fingerprintFile), make([]byte, 101), 0o600)
	if err := CheckPin(dir, [32]byte{1}); err == nil {
		t.Error("a file that is none of ours was read")
	}
}

// A member that deals at two places at a time has dealt once: two messages of one
// party are a proof that it cheats.
func TestMessageIsWrittenOnce(t *testing.T) {
	dir := t.TempDir()
	errs := make([]error, 16)
	begin := make(chan struct{})
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() {
			<-begin
			_, errs[i] = WriteMessage(dir, 3, []byte{byte(i)})
		})
	}
	close(begin)
	wait.Wait()
	won := slices.IndexFunc(errs, func(err error) bool { return err == nil })
	for i, err := range errs {
		if i != won && !errors.Is(err, fs.ErrExist) {
			t.Errorf("%d wrote a message, and so did %d: %v", won, i, err)
		}
	}
	if got, err := os.ReadFile(MessageFile(dir, 3)); err != nil || !bytes.Equal(got, []byte{byte(won)}) {
		t.Errorf("the message is %x, that of %d was written: %v", got, won, err)
	}
}

// In a rotation as many messages count as the old threshold says, of members who
// stay: the lowest, or those that are named.
func TestChooseInARotation(t *testing.T) {
	state, dir := dealt(t, 5, 3)
	all, err := ReadMessages(dir)
	if err != nil {
		t.Fatal(err)
	}
	state.Old = &State{Threshold: 2, Members: []Member{state.Members[4], state.Members[1], state.Members[2], {Address: sui.Address{31: 99}}}}
	for _, c := range []struct{ dealers, want []int }{{nil, []int{1, 2}}, {[]int{4, 2}, []int{2, 4}}, {[]int{1, 2, 4}, []int{1, 2, 4}}} {
		if _, got, err := state.Choose(all, c.dealers); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("of dealers %v: %v, %v", c.dealers, got, err)
		}
	}
	for _, dealers := range [][]int{{1}, {7, 8}} {
		if _, got, err := state.Choose(all, dealers); err == nil {
			t.Errorf("of dealers %v: %v", dealers, got)
		}
	}
	foreign := append(slices.Clone(all[:1]), Message{Party: 60000}) // not of this committee
	if _, got, err := state.Choose(foreign, nil); err == nil {
		t.Errorf("of newcomers: %v", got)
	}
}

func TestCeremonyRefuses(t *testing.T) {
	state, _ := dealt(t, 3, 2)
	state.Members[1].Registered, state.Members[1].Name = false, ""
	if _, err := state.Ceremony(); err == nil || !strings.Contains(err.Error(), "registered yet: party 1 (0x") {
		t.Errorf("not registered: %v", err)
	}
	state.Members[1].Registered, state.Members[1].EncryptionKey = true, nil
	if _, err := state.Ceremony(); err == nil || !strings.Contains(err.Error(), "the ceremony is done") {
		t.Errorf("keys are gone: %v", err)
	}
}
