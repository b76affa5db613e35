package dataset

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestScan(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "b", "two"), "abc")
	write(t, filepath.Join(dir, "a"), "")
	write(t, filepath.Join(dir, ".hidden"), "x")
	write(t, filepath.Join(dir, ".git", "config"), "x")
	files, err := Scan(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 || files[0].Path != "a" || files[1].Path != "b/two" || files[1].Size != 3 {
		t.Fatalf("Scan = %+v", files)
	}
	// SHA-256 of "abc": FIPS 180-4, appendix.
	if got := hexDigest([]byte("abc")); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" || files[1].SHA256 != [32]byte(mustHex(t, got)) {
		t.Errorf("digest of abc = %s, %x", got, files[1].SHA256)
	}
}

func TestScanRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, file, "x")
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	linked := filepath.Join(dir, "linked")
	if err := os.Mkdir(linked, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, filepath.Join(linked, "link")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ dir, want string }{
		"a file":        {file, "name the folder that holds it"},
		"empty":         {empty, "holds no files"},
		"missing":       {filepath.Join(dir, "missing"), "no such file"},
		"symbolic link": {linked, "not a regular file"},
	} {
		if _, err := Scan(t.Context(), c.dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want …%s…", name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Scan(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled scan: got %v", err)
	}
}

func testManifest() *Manifest {
	return &Manifest{
		Card:   Card{"name": "färg", "license": "https://creativecommons.org/publicdomain/zero/1.0/"},
		Policy: sui.Address{31: 7},
		Index:  walrus.BlobID{1},
		Files: []ManifestFile{
			{Blob: walrus.BlobID{2}, StoredSize: 300, SHA256: "aa", Commitment: "bb"},
			{Blob: walrus.BlobID{3}, StoredSize: 400, SHA256: "cc", Commitment: "dd", Path: "a/b.txt", Size: 5},
		},
	}
}

func TestManifestRoundTrip(t *testing.T) {
	m := testManifest()
	b, err := m.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseManifest(b)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, again) {
		t.Errorf("parsed manifest is written differently:\n%s\n%s", b, again)
	}
	if got.Files[1].Path != "a/b.txt" || got.Files[1].Size != 5 || got.Files[0].Path != "" || got.Policy != m.Policy || got.Index != m.Index {
		t.Errorf("parsed manifest = %+v", got)
	}
}

// A sealed path must not be in the public bytes in any form.
func TestManifestHidesPaths(t *testing.T) {
	m := testManifest()
	m.Files[1].Path, m.Files[1].Size = "", 0
	b, err := m.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte("b.txt")) || bytes.Contains(b, []byte("plaintextSize")) {
		t.Errorf("manifest tells a sealed path or size: %s", b)
	}
}

func TestParseManifestRefuses(t *testing.T) {
	good, err := testManifest().Canonical()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"empty":          nil,
		"not JSON":       []byte("{"),
		"space in front": append([]byte(" "), good...),
		"other version":  bytes.Replace(good, []byte("croissant/1.1"), []byte("croissant/1.0"), 1),
		"bad blob id":    bytes.Replace(good, []byte("walrus:"), []byte("walrus:!"), 1),
		"bad size":       bytes.Replace(good, []byte("300 B"), []byte("many B"), 1),
		// Found by FuzzParseManifest, or beside what it found.
		"case 1: size without a name": bytes.Replace(good, []byte(`"name":"a/b.txt",`), nil, 1),
		"case 2: negative size":       bytes.Replace(good, []byte(`"5"`), []byte(`"-5"`), 1),
		"case 3: padded size":         bytes.Replace(good, []byte("300 B"), []byte("0300 B"), 1),
	} {
		if _, err := ParseManifest(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzParseManifest(f *testing.F) {
	good, err := testManifest().Canonical()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseManifest(b)
		if err != nil {
			return
		}
		again, err := m.Canonical()
		if err != nil {
			t.Fatalf("accepted %q, but cannot write it: %v", b, err)
		}
		if same, err := ParseManifest(again); err != nil || !reflect.DeepEqual(same, m) {
			t.Fatalf("%q is written as %q, which reads as another: %v", b, again, err)
		}
		for _, file := range m.Files {
			if file.Size < 0 || file.StoredSize < 0 {
				t.Fatalf("%q has a negative size", b)
			}
		}
	})
}

func TestSafePath(t *testing.T) {
	for p, want := range map[string]bool{
		"a": true, "a/b.txt": true, "ü/ö": true,
		"": false, "/etc/passwd": false, "../x": false, "a/../../x": false, "a//b": false, "a/./b": false, "a/": false, ".": false, "a\\b": false, "c:/x": false, "a\x00b": false,
	} {
		if got := safePath(p); got != want {
			t.Errorf("safePath(%q) = %v, want %v", p, got, want)
		}
	}
}

func TestEnvelope(t *testing.T) {
	var sealed bytes.Buffer
	seal := Sealer(func(key []byte) ([]byte, error) { return append([]byte("object:"), key...), nil })
	if err := encrypt(&sealed, strings.NewReader("content"), seal); err != nil {
		t.Fatal(err)
	}
	object, err := SealObject(sealed.Bytes())
	if err != nil || !bytes.HasPrefix(object, []byte("object:")) {
		t.Fatalf("SealObject = %q, %v", object, err)
	}
	open := Opener(func(o []byte) ([]byte, error) { return bytes.TrimPrefix(o, []byte("object:")), nil })
	r := reader{identity: open}
	plain, err := r.decrypt(sealed.Bytes())
	if err != nil || string(plain) != "content" {
		t.Fatalf("decrypt = %q, %v", plain, err)
	}
	refuse := errors.New("no")
	r.identity = Opener(func([]byte) ([]byte, error) { return nil, refuse })
	if _, err := r.decrypt(sealed.Bytes()); !errors.Is(err, refuse) {
		t.Errorf("refused open: got %v", err)
	}
	r.identity = Opener(func([]byte) ([]byte, error) { return []byte("short"), nil })
	if _, err := r.decrypt(sealed.Bytes()); err == nil {
		t.Error("a file key of 5 bytes was accepted")
	}
	tampered := bytes.Clone(sealed.Bytes())
	tampered[len(tampered)-1] ^= 1
	r.identity = open
	if _, err := r.decrypt(tampered); err == nil {
		t.Error("altered ciphertext was accepted")
	}
}

// A recovery key opens what Seal readers open.
func TestEnvelopeRecovery(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	seal := Sealer(func(key []byte) ([]byte, error) { return []byte("object"), nil })
	if err := encrypt(&sealed, strings.NewReader("content"), seal, id.Recipient()); err != nil {
		t.Fatal(err)
	}
	r := reader{identity: id}
	if plain, err := r.decrypt(sealed.Bytes()); err != nil || string(plain) != "content" {
		t.Fatalf("decrypt = %q, %v", plain, err)
	}
}

func TestJournalResumes(t *testing.T) {
	state := t.TempDir()
	key := journalKey([]byte("a"), []byte("b"))
	if key == journalKey([]byte("ab"), nil) {
		t.Error("different publishes have one journal")
	}
	j, resumed, err := openJournal(state, key)
	if err != nil || resumed {
		t.Fatalf("new journal: %v, %v", resumed, err)
	}
	j.Policy = sui.Address{1}
	j.Pending = &pendingTx{Step: "claim", Tx: []byte{1, 2}}
	if err := j.save(); err != nil {
		t.Fatal(err)
	}
	back, resumed, err := openJournal(state, key)
	if err != nil || !resumed || back.Policy != j.Policy || back.Pending == nil || back.Pending.Step != "claim" {
		t.Fatalf("journal after restart = %+v, %v, %v", back, resumed, err)
	}
	if err := os.WriteFile(back.path("journal.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openJournal(state, key); err == nil || !strings.Contains(err.Error(), "remove that folder") {
		t.Errorf("damaged journal: got %v", err)
	}
	if err := back.remove(); err != nil {
		t.Fatal(err)
	}
	if _, resumed, err := openJournal(state, key); err != nil || resumed {
		t.Errorf("after remove: %v, %v", resumed, err)
	}
}

// The sample's own card states the digest of every file.
func TestSampleMatchesItsCard(t *testing.T) {
	dir := filepath.Join("..", "..", "scripts", "sample", "observatory")
	files, err := Scan(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	card, err := os.ReadFile(filepath.Join(dir, CardName))
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	for _, f := range files {
		total += f.Size
		if f.Path != CardName && !bytes.Contains(card, []byte(hexOf(f.SHA256[:]))) {
			t.Errorf("%s is not what %s says", f.Path, CardName)
		}
	}
	if len(files) != 8 || total < 2_500_000 {
		t.Errorf("sample has %d files of %d bytes", len(files), total)
	}
}

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// A link in the output folder must not lead a file out of it.
func TestWriteStaysInside(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(inside, "link")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := writeDurably(root, filepath.Join("link", "file"), []byte("x")); err == nil {
		t.Error("a file was written through a link")
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 0 {
		t.Errorf("outside the folder: %v, %v", left, err)
	}
}

// 100 shards hold 34·67·65534 = 149,286,452 bytes (walrus.md: P·S·65534).
func TestCheckSizes(t *testing.T) {
	c := &walrus.Committee{NShards: 100}
	if err := checkSizes(c, []File{{Path: "fits", Size: 149_000_000}}); err != nil {
		t.Errorf("149,000,000 bytes: %v", err)
	}
	if err := checkSizes(c, []File{{Path: "fits"}, {Path: "large", Size: 149_286_000}}); err == nil || !strings.Contains(err.Error(), "check large: 149286000 bytes, but a blob on 100 shards holds at most 149286452") {
		t.Errorf("149,286,000 bytes: %v", err)
	}
}

// Another choice is another publish: the journal of the first must not decide
// for the second.
func TestChoicesTellPublishesApart(t *testing.T) {
	noon := uint64(1_800_000_000_000)
	seen := map[string]string{}
	for name, opt := range map[string]PublishOptions{
		"none": {}, "paths": {PublicPaths: true}, "time": {NotAfterMS: &noon}, "end": {EndEpoch: 9}, "dataset": {Dataset: sui.Address{1}},
	} {
		p := publisher{Env: &Env{Network: &network.Network{ChainID: "c"}, Signer: nobody{}}, opt: opt, files: []File{{Path: "a"}}}
		if other, ok := seen[p.key()]; ok {
			t.Errorf("%s and %s share a journal", name, other)
		}
		seen[p.key()] = name
	}
	again := noon
	a := publisher{Env: &Env{Network: &network.Network{}, Signer: nobody{}}, opt: PublishOptions{NotAfterMS: &noon}}
	b := publisher{Env: &Env{Network: &network.Network{}, Signer: nobody{}}, opt: PublishOptions{NotAfterMS: &again}}
	if a.key() != b.key() {
		t.Error("the same choice has two journals")
	}
}

// nobody is a signer that never signs.
type nobody struct{ sui.Signer }

func (nobody) Address() sui.Address { return sui.Address{9} }
