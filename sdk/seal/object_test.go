package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

func TestGF256(t *testing.T) {
	if got := gfMul(0x53, 0xca); got != 1 {
		t.Errorf("53*ca = %02x, want 01", got)
	}
	if got := gfMul(0x53, gfInv(0xca)); got != 0xb5 {
		t.Errorf("53/ca = %02x, want b5", got)
	}
}

// Values of Seal's tss.rs and npm's shamir.test.ts.
func TestInterpolate(t *testing.T) {
	p, err := interpolate([]uint8{1, 2, 3, 4}, [][32]byte{{2}, {3}, {4}, {5}})
	if err != nil || p[0][0] != 202 {
		t.Fatalf("combined byte = %v, %v, want 202", p, err)
	}
	var shares map[string]string
	vector(t, "upstream.json", &shares, "shamir", "shares")
	var indices []uint8
	var values [][32]byte
	for x, y := range shares {
		indices = append(indices, unhex(t, x)[0])
		var v [32]byte
		copy(v[:], unhex(t, y))
		values = append(values, v)
	}
	p = must[[][32]byte](t)(interpolate(indices, values))
	if want := upstream(t, "shamir", "secret"); string(p[0][:len(want)]) != want {
		t.Errorf("secret = %q, want %q", p[0], want)
	}
	for name, indices := range map[string][]uint8{"zero": {0, 1}, "twice": {2, 2}, "none": {}} {
		if _, err := interpolate(indices, values[:len(indices)]); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestPayloadVectors(t *testing.T) {
	msg, aad := upstream(t, "aes", "msg"), upstream(t, "aes", "aad")
	fixed := func(s string) [32]byte { return [32]byte(unhex(t, s)) }
	c := Ciphertext{DEM: AES256GCM, AAD: []byte(aad)}
	if err := c.sealPayload(fixed(upstream(t, "aes", "key")), []byte(msg)); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(c.Blob); got != upstream(t, "aes", "blob") {
		t.Errorf("AES blob = %s", got)
	}
	c = Ciphertext{DEM: HMAC256CTR, AAD: []byte(aad)}
	if err := c.sealPayload(fixed(upstream(t, "hmac", "key")), []byte(msg)); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(c.Blob); got != upstream(t, "hmac", "blob") {
		t.Errorf("HMAC blob = %s", got)
	}
	if got := hex.EncodeToString(c.MAC[:]); got != upstream(t, "hmac", "mac") {
		t.Errorf("HMAC mac = %s", got)
	}
	c = Ciphertext{DEM: HMAC256CTR, AAD: []byte("something"),
		Blob: unhex(t, upstream(t, "hmac", "short: blob")), MAC: fixed(upstream(t, "hmac", "short: mac"))}
	got, err := c.openPayload(fixed(upstream(t, "hmac", "short: key")))
	if err != nil || string(got) != "Hello, world!" {
		t.Errorf("short: %q, %v", got, err)
	}
	c = Ciphertext{DEM: HMAC256CTR, AAD: []byte("something else"),
		Blob: unhex(t, upstream(t, "hmac", "failing: blob")), MAC: fixed(upstream(t, "hmac", "failing: mac"))}
	if _, err := c.openPayload(fixed(upstream(t, "hmac", "failing: key"))); !errors.Is(err, ErrInvalidPayload) {
		t.Errorf("failing: %v", err)
	}
}

func TestDecryptVectors(t *testing.T) {
	type vec struct {
		name   string
		object []byte
		usks   []UserKey
		pks    []PublicKey
		want   string
		err    error // of decryption without public keys
		strict error // of decryption with them
	}
	mv := func(test string, i int) []byte { return moveVector(t, test, i) }
	usk := func(b []byte) UserKey { return must[UserKey](t)(ParseUserKey(b)) }
	pk := func(b []byte) PublicKey { return must[PublicKey](t)(ParsePublicKey(b)) }
	up := func(g, k string) []byte { return unhex(t, upstream(t, g, k)) }
	var cliPKs []PublicKey
	for _, s := range strings.Fields(upstream(t, "cli_object", "pks")) {
		cliPKs = append(cliPKs, publicKey(t, s))
	}
	badPKs := []PublicKey{pk(up("inconsistent", "pk1")), pk(up("inconsistent", "pk2")), pk(up("inconsistent", "pk3"))}
	bad := []UserKey{usk(up("inconsistent", "usk1")), usk(up("inconsistent", "usk2")), usk(up("inconsistent", "usk3"))}
	cases := []vec{
		{name: "cli", object: up("cli_object", "object"), want: "Hello, world!", pks: cliPKs,
			usks: []UserKey{usk(up("cli_object", "usk0")), usk(up("cli_object", "usk1"))}},
		{name: "inconsistent, all", object: up("inconsistent", "object"), usks: bad, pks: badPKs,
			err: ErrInconsistentShares, strict: ErrInconsistentShares},
		{name: "inconsistent, last two", object: up("inconsistent", "object"), usks: []UserKey{{}, bad[1], bad[2]}, pks: badPKs,
			want: "Hello, World!", strict: ErrInconsistentShares},
		{name: "one key too few", object: up("inconsistent", "object"), usks: bad[:1], pks: badPKs,
			err: ErrNotEnoughKeys, strict: ErrNotEnoughKeys},
		{name: "move inconsistent", object: mv("test_inconsistent_shares", 0), want: "Hello, World!",
			pks:    []PublicKey{pk(mv("test_inconsistent_shares", 1)), pk(mv("test_inconsistent_shares", 2)), pk(mv("test_inconsistent_shares", 3))},
			usks:   []UserKey{{}, usk(mv("test_inconsistent_shares", 4)), usk(mv("test_inconsistent_shares", 5))},
			strict: ErrInconsistentShares},
		{name: "move", object: mv("test_decryption", 3), want: "Hello, world!",
			pks:  []PublicKey{pk(mv("test_decryption", 0)), pk(mv("test_decryption", 1)), pk(mv("test_decryption", 2))},
			usks: []UserKey{usk(mv("test_decryption", 4)), usk(mv("test_decryption", 5))}},
		{name: "move one server", object: mv("test_decryption_one_server", 1), want: "Hello, world!",
			pks:  []PublicKey{pk(mv("test_decryption_one_server", 0))},
			usks: []UserKey{usk(mv("test_decryption_one_server", 2))}},
		{name: "move weighted", object: mv("test_decryption_weighted", 2), want: "Hello, world!",
			pks:  []PublicKey{pk(mv("test_decryption_weighted", 0)), pk(mv("test_decryption_weighted", 1))},
			usks: []UserKey{usk(mv("test_decryption_weighted", 3)), usk(mv("test_decryption_weighted", 4))}},
		{name: "move from sdk", object: mv("test_decryption_from_sdk", 2), want: "\x01\x02\x03",
			pks:  []PublicKey{pk(mv("test_decryption_from_sdk", 0)), pk(mv("test_decryption_from_sdk", 1))},
			usks: []UserKey{usk(mv("test_decryption_from_sdk", 3)), usk(mv("test_decryption_from_sdk", 4))}},
	}
	votePKs := []PublicKey{pk(up("voting", "pk0")), pk(up("voting", "pk1")), pk(up("voting", "pk2"))}
	votes := []UserKey{usk(up("voting", "usk0")), usk(up("voting", "usk1"))}
	for _, v := range []struct {
		name, want string
		strict     error
	}{
		{"vote1 (expect 1)", "\x01", nil}, {"vote2 (expect 2)", "\x02", nil}, {"vote3 (expect 1)", "\x01", nil},
		{"vote4 (expect invalid: inconsistent)", "", ErrInconsistentShares},
	} {
		if v.strict != nil { // the plaintext without the check is not part of the vector
			o := must[*EncryptedObject](t)(ParseObject(up("voting", v.name)))
			if _, err := Decrypt(o, byServer(o, votes...), DecryptConfig{PublicKeys: byServer(o, votePKs...)}); !errors.Is(err, v.strict) {
				t.Errorf("%s: %v, want %v", v.name, err, v.strict)
			}
			continue
		}
		cases = append(cases, vec{name: v.name, object: up("voting", v.name), usks: votes, pks: votePKs, want: v.want})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o, err := ParseObject(c.object)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(o.Bytes(), c.object) {
				t.Error("object does not read back")
			}
			got, err := Decrypt(o, byServer(o, c.usks...), DecryptConfig{})
			if !errors.Is(err, c.err) || c.err == nil && string(got) != c.want {
				t.Errorf("decrypt = %q, %v; want %q, %v", got, err, c.want, c.err)
			}
			got, err = Decrypt(o, byServer(o, c.usks...), DecryptConfig{PublicKeys: byServer(o, c.pks...)})
			if !errors.Is(err, c.strict) || c.strict == nil && string(got) != c.want {
				t.Errorf("decrypt with consistency check = %q, %v; want %q, %v", got, err, c.want, c.strict)
			}
		})
	}
}

// An object of the npm client before 2025-08, with random share indices.
func TestDecryptOldObject(t *testing.T) {
	b64 := func(key string) []byte {
		return must[[]byte](t)(base64.StdEncoding.DecodeString(upstream(t, "old_ts_object", key)))
	}
	o := must[*EncryptedObject](t)(ParseObject(b64("object")))
	if o.Services[0].Index != 42 || o.Services[1].Index != 194 || o.Services[2].Index != 30 {
		t.Errorf("indices %v", o.Services)
	}
	var usks []UserKey
	for _, k := range []string{"msk1", "msk2", "msk3"} {
		msk := must[*MasterKey](t)(ParseMasterKey(b64(k)))
		usks = append(usks, must[UserKey](t)(msk.Extract(bytes.NewReader(bytes.Repeat([]byte{9}, 64)), o.FullID())))
	}
	for _, keys := range [][]UserKey{usks, usks[:2], {{}, usks[1], usks[2]}} {
		got, err := Decrypt(o, byServer(o, keys...), DecryptConfig{})
		if err != nil || string(got) != upstream(t, "old_ts_object", "plaintext") {
			t.Errorf("decrypt = %q, %v", got, err)
		}
	}
}

func TestEncryptKnownAnswers(t *testing.T) {
	script := append(bytes.Repeat([]byte{0x11}, 32), bytes.Repeat([]byte{0x22}, 32)...)
	script = append(script, append(make([]byte, 62), 0x30, 0x39)...) // r = 12345
	fullID := unhex(t, known[string](t, "full_id"))
	var recipients []Recipient
	for i, s := range known[[]string](t, "services") {
		recipients = append(recipients, Recipient{Server: sui.Address(unhex(t, s)), PublicKey: publicKey(t, known[[]string](t, "public_keys")[i])})
	}
	for _, c := range []struct {
		vector string
		dem    DEM
		aad    []byte
	}{
		{"object_aes_aad", AES256GCM, []byte("aad")},
		{"object_aes_noaad", AES256GCM, nil},
		{"object_hmac_aad", HMAC256CTR, []byte("aad")},
	} {
		o, key, err := Encrypt([]byte("dataset oracle"), EncryptConfig{
			Package: sui.Address(fullID[:32]), ID: fullID[32:], Recipients: recipients, Threshold: 2,
			DEM: c.dem, AAD: c.aad, Rand: bytes.NewReader(script),
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(o.Bytes()); got != known[string](t, c.vector) {
			t.Errorf("%s = %s", c.vector, got)
		}
		if got := hex.EncodeToString(key[:]); got != known[string](t, "key_dem(tag1)") {
			t.Errorf("%s: payload key = %s", c.vector, got)
		}
		if got, err := DecryptWithPayloadKey(o, key); err != nil || string(got) != "dataset oracle" {
			t.Errorf("%s: %q, %v", c.vector, got, err)
		}
	}
}

// npm clients below 0.8.0 could store the randomness in little-endian order.
func TestDecryptLittleEndianNonce(t *testing.T) {
	o := must[*EncryptedObject](t)(ParseObject(unhex(t, known[string](t, "object_aes_aad"))))
	r := [32]byte{0x39, 0x30} // 12345
	o.Randomness = xor32(r, [32]byte(unhex(t, known[string](t, "key_randomness(tag0)"))))
	var usks []UserKey
	for _, s := range known[[]string](t, "usks") {
		usks = append(usks, userKey(t, s))
	}
	keys := byServer(o, usks...)
	// The payload key does not depend on the encrypted randomness.
	if got, err := Decrypt(o, keys, DecryptConfig{LittleEndianNonce: true}); err != nil || string(got) != "dataset oracle" {
		t.Errorf("decrypt = %q, %v", got, err)
	}
	if _, err := Decrypt(o, keys, DecryptConfig{}); !errors.Is(err, ErrInvalidNonce) {
		t.Errorf("without the option: %v", err)
	}
	if _, err := Decrypt(o, keys, DecryptConfig{LittleEndianNonce: true, PublicKeys: map[sui.Address]PublicKey{}}); err == nil {
		t.Error("accepted together with the consistency check")
	}
}

func TestEncryptRefuses(t *testing.T) {
	pk := publicKey(t, known[[]string](t, "public_keys")[0])
	ok := []Recipient{{Server: sui.Address{1}, PublicKey: pk}, {Server: sui.Address{2}, PublicKey: pk, Weight: 2}}
	for name, cfg := range map[string]EncryptConfig{
		"threshold 0":        {Recipients: ok},
		"threshold above n":  {Recipients: ok, Threshold: 4},
		"no recipients":      {Threshold: 1},
		"server twice":       {Recipients: []Recipient{ok[0], ok[0]}, Threshold: 1},
		"no public key":      {Recipients: []Recipient{{Server: sui.Address{1}}}, Threshold: 1},
		"too many shares":    {Recipients: []Recipient{{PublicKey: pk, Weight: 254}, ok[0]}, Threshold: 1},
		"plain with payload": {Recipients: ok, Threshold: 1, DEM: Plain},
		"unknown DEM":        {Recipients: ok, Threshold: 1, DEM: 3},
		"no randomness":      {Recipients: ok, Threshold: 1, Rand: bytes.NewReader(nil)},
		"an endless id":      {Recipients: ok, Threshold: 1, ID: make([]byte, MaxIDSize+1)},
	} {
		if _, _, err := Encrypt([]byte("x"), cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// The longest identity is what fits into a pure input of Sui, of 16 KiB
// (max_pure_argument_size in Sui's protocol configuration), as a vector<u8>.
func TestLongestIdentity(t *testing.T) {
	e := bcs.NewEncoder()
	e.Bytes(make([]byte, MaxIDSize))
	if len(e.Data()) != 16<<10 {
		t.Errorf("the longest identity makes an input of %d bytes", len(e.Data()))
	}
	pk := publicKey(t, known[[]string](t, "public_keys")[0])
	if _, _, err := Encrypt(nil, EncryptConfig{ID: make([]byte, MaxIDSize), Recipients: []Recipient{{PublicKey: pk}}, Threshold: 1}); err != nil {
		t.Error(err)
	}
}

// A changed object must never open to something else.
func TestDecryptChangedObject(t *testing.T) {
	whole := unhex(t, known[string](t, "object_aes_aad"))
	var usks []UserKey
	for _, s := range known[[]string](t, "usks")[:2] {
		usks = append(usks, userKey(t, s))
	}
	o := must[*EncryptedObject](t)(ParseObject(whole))
	keys := byServer(o, usks...)
	for _, i := range []int{40, 140, 142, 143, 240, 270, 300, len(whole) - 20, len(whole) - 1} {
		b := slices.Clone(whole)
		b[i] ^= 1
		o, err := ParseObject(b)
		if err != nil {
			continue
		}
		got, err := Decrypt(o, keys, DecryptConfig{})
		// The third share, whose server's key is not used, is bound by the nonce check.
		if err == nil {
			t.Errorf("byte %d changed: opened to %q", i, got)
		}
	}
}

// The payload key does not depend on the payload encryption: an object that was
// changed to one without a payload must not hand its key over as the plaintext.
func TestDecryptDoesNotMistakeTheKeyForPlaintext(t *testing.T) {
	var usks []UserKey
	for _, s := range known[[]string](t, "usks") {
		usks = append(usks, userKey(t, s))
	}
	want := known[string](t, "key_dem(tag1)")
	for _, name := range []string{"object_aes_aad", "object_hmac_aad"} {
		o := must[*EncryptedObject](t)(ParseObject(unhex(t, known[string](t, name))))
		keys := byServer(o, usks...)
		o.Ciphertext = Ciphertext{DEM: Plain}
		o = must[*EncryptedObject](t)(ParseObject(o.Bytes()))
		if got, err := Decrypt(o, keys, DecryptConfig{}); !errors.Is(err, ErrNoPayload) {
			t.Errorf("%s without its payload opens to %x, %v", name, got, err)
		}
		if got, err := DecryptWithPayloadKey(o, [32]byte(unhex(t, want))); !errors.Is(err, ErrNoPayload) {
			t.Errorf("%s without its payload opens to %x, %v", name, got, err)
		}
		key, err := PayloadKey(o, keys, DecryptConfig{})
		if err != nil || hex.EncodeToString(key[:]) != want {
			t.Errorf("payload key of %s: %x, %v", name, key, err)
		}
	}
}

func TestParseObjectRefuses(t *testing.T) {
	good := unhex(t, known[string](t, "object_aes_aad"))
	change := func(f func([]byte) []byte) []byte { return f(slices.Clone(good)) }
	threshold := 1 + 32 + 6 + 1 + 3*33
	for name, b := range map[string][]byte{
		"empty":           {},
		"truncated":       good[:len(good)-1],
		"trailing":        append(slices.Clone(good), 0),
		"version 1":       change(func(b []byte) []byte { b[0] = 1; return b }),
		"threshold 0":     change(func(b []byte) []byte { b[threshold] = 0; return b }),
		"threshold 4":     change(func(b []byte) []byte { b[threshold] = 4; return b }),
		"KEM 1":           change(func(b []byte) []byte { b[threshold+1] = 1; return b }),
		"index 0":         change(func(b []byte) []byte { b[40+32] = 0; return b }),
		"duplicate index": change(func(b []byte) []byte { b[40+32] = 2; return b }),
		"huge id length":  append(slices.Clone(good[:33]), 0xff, 0xff, 0xff, 0xff, 0x07),
		"move duplicate":  moveVector(t, "test_parse_encrypted_object_duplicate_indices_rejected", 0),
		"move trailing":   moveVector(t, "test_parse_encrypted_object_trailing_bytes_rejected", 0),
		"move threshold":  moveVector(t, "test_zero_threshold", 0),
	} {
		if _, err := ParseObject(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	var unsupported *UnsupportedError
	_, err := ParseObject(change(func(b []byte) []byte { b[threshold+1] = 1; return b }))
	if !errors.As(err, &unsupported) || unsupported.What != "key encapsulation" || unsupported.Variant != 1 {
		t.Errorf("KEM 1: %v", err)
	}
	if _, err := ParseObject(good[:20]); !errors.Is(err, bcs.ErrTruncated) {
		t.Errorf("truncated: %v", err)
	}
}

// The fields of Seal's Move parser test.
func TestParseObjectFields(t *testing.T) {
	const test = "test_parse_encrypted_object"
	o := must[*EncryptedObject](t)(ParseObject(moveVector(t, test, 0)))
	indices := []byte{o.Services[0].Index, o.Services[1].Index, o.Services[2].Index}
	for i, got := range map[int][]byte{1: o.Nonce[:], 2: indices, 3: o.Shares[0][:], 4: o.Shares[1][:], 5: o.Shares[2][:],
		6: o.Randomness[:], 7: o.Ciphertext.Blob, 8: o.Ciphertext.AAD, 9: o.Ciphertext.MAC[:]} {
		if want := moveVector(t, test, i); !bytes.Equal(got, want) {
			t.Errorf("field %d = %x, want %x", i, got, want)
		}
	}
}

func TestInspect(t *testing.T) {
	in := must[*Inspection](t)(Inspect(moveVector(t, "test_decryption_weighted", 2)))
	if len(in.Servers) != 2 || in.Servers[0].Weight != 2 || in.Shares != 3 || in.DEM != "HMAC-256-CTR" || in.PayloadSize != len("Hello, world!") {
		t.Errorf("%+v", in)
	}
	in = must[*Inspection](t)(Inspect(unhex(t, known[string](t, "object_aes_aad"))))
	if in.PayloadSize != len("dataset oracle") || in.AAD == nil || *in.AAD != "616164" || in.ID != "0102030405" {
		t.Errorf("%+v", in)
	}
}

func FuzzParseObject(f *testing.F) {
	for _, k := range []string{"object_aes_aad", "object_aes_noaad", "object_hmac_aad"} {
		f.Add(unhex(f, known[string](f, k)))
	}
	f.Add(moveVector(f, "test_decryption_weighted", 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := ParseObject(b)
		if err != nil {
			return
		}
		if !bytes.Equal(o.Bytes(), b) {
			t.Errorf("%x reads back as %x", b, o.Bytes())
		}
		Inspect(b)
	})
}
