package movevm

import (
	"bytes"
	"crypto/x509"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/nitro"
)

// vectors reads lines of a name and hex.
func vectors(t *testing.T, file string) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			out[name] = unhex(t, value)
		}
	}
	return out
}

// The keys and proofs of Sui's framework tests: preparing must give the same
// bytes, and the proofs hold.
func TestGroth16(t *testing.T) {
	v := vectors(t, "testdata/groth16.txt")
	l := newLedger(t)
	for curve, name := range []string{"bls", "bn254"} {
		id := []byte{byte(curve)}
		want := slices.Concat(vec(v[name+"_points"]), vec(v[name+"_alpha_beta"]), vec(v[name+"_gamma"]), vec(v[name+"_delta"]))
		if got := framework(t, l, "groth16", "prepare_verifying_key", id, vec(v[name+"_vk"])); !bytes.Equal(got, want) {
			t.Errorf("%s: prepared key\n%x, want\n%x", name, got, want)
		}
		points, proof, input := v[name+"_pvk_points"], v[name+"_proof"], v[name+"_inputs"]
		key := func(points []byte) []byte {
			return slices.Concat(vec(points), vec(v[name+"_pvk_alpha_beta"]), vec(v[name+"_pvk_gamma"]), vec(v[name+"_pvk_delta"]))
		}
		other := bytes.Clone(input)
		other[0] ^= 1
		tampered := slices.Concat(proof[:len(proof)/4], proof[len(proof)/4:]) // c and a swapped
		copy(tampered, proof[3*len(proof)/4:])
		for _, tt := range []struct {
			what                  string
			points, inputs, proof []byte
			want                  byte
		}{
			{"the proof", points, input, proof, 1},
			{"another input", points, other, proof, 0},
			{"no input", points, nil, proof, 0},
			{"two inputs", points, slices.Concat(input, input), proof, 0},
			{"an input that is too large", points, bytes.Repeat([]byte{0xff}, 32), proof, 0},
			{"another point in the proof", points, input, tampered, 0},
			{"a truncated key", points[:len(points)-1], input, proof, 0},
			{"a short proof", points, input, []byte{0x4a}, 0},
			{"nothing", nil, nil, nil, 0},
		} {
			got := framework(t, l, "groth16", "verify_groth16_proof", id, key(tt.points), vec(tt.inputs), vec(tt.proof))
			if got[0] != tt.want {
				t.Errorf("%s: %s gives %d, want %d", name, tt.what, got[0], tt.want)
			}
		}
		for _, bad := range [][]byte{nil, v[name+"_vk"][:100], bytes.Repeat([]byte{0xff}, len(v[name+"_vk"]))} {
			_, err := l.begin(alice).call(suiFramework, "groth16", "prepare_verifying_key", id, vec(bad))
			wantAbort(t, err, "groth16", groth16Key)
		}
	}
	x := l.begin(alice)
	_, err := x.call(suiFramework, "groth16", "prepare_verifying_key", []byte{2}, vec(v["bls_vk"]))
	wantAbort(t, err, "groth16", groth16Curve)
	_, err = l.begin(alice).call(suiFramework, "groth16", "verify_groth16_proof", []byte{0}, slices.Concat(none, none, none, none), vec(make([]byte, 32*9)), none)
	wantAbort(t, err, "groth16", groth16TooMany)
}

// The vectors of sui::ecvrf_tests and fastcrypto's test_ecvrf_prove.
func TestECVRF(t *testing.T) {
	const (
		output = "4fad431c7402fa1d4a7652e975aeb9a2b746540eca0b1b1e59c8d19c14a7701918a8249136e355455b8bc73851f7fc62c84f2e39f685b281e681043970026ed8"
		key    = "1ea6f0f467574295a2cd5d21a3fd3a712ade354d520d3bd0fe6088d7b7c2e00e"
		proof  = "d8ad2eafb4f2eaf317447726e541359f26dfce248431fe09984fdc73144abb6ceb006c57a29a742eae5a81dd04239870769e310a81046cbbaff8b0bd27a6d6affee167ebba50549b58ffdf9aa192f506"
	)
	l := newLedger(t)
	zeros := strings.Repeat("00", 64)
	for _, tt := range []struct {
		hash, alpha, key, proof string
		want                    int // result, or minus the abort code
	}{
		{output, "Hello, world!", key, proof, 1},
		{output, "Farewell, world!", key, proof, 0},
		{zeros, "Hello, world!", key, proof, 0},
		{output, "Hello, world!", zeros[:64], proof, 0}, // the identity is no key
		{"ff", "Hello, world!", key, proof, -ecvrfHash},
		{output, "Hello, world!", "ff", proof, -ecvrfPublicKey},
		{output, "Hello, world!", strings.Repeat("ff", 32), proof, -ecvrfPublicKey},
		{output, "Hello, world!", key, "ff", -ecvrfProof},
		{output, "Hello, world!", key, proof[:96] + strings.Repeat("ff", 32), -ecvrfProof},
	} {
		args := []any{vec(unhex(t, tt.hash)), vec([]byte(tt.alpha)), vec(unhex(t, tt.key)), vec(unhex(t, tt.proof))}
		x := l.begin(alice)
		out, err := x.call(suiFramework, "ecvrf", "ecvrf_verify", args...)
		if tt.want < 0 {
			wantAbort(t, err, "ecvrf", uint64(-tt.want))
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := x.s.Encode(out[0]); int(b[0]) != tt.want {
			t.Errorf("%.8s… of %q: %d, want %d", tt.hash, tt.alpha, b[0], tt.want)
		}
	}
}

// The vectors of sui::ecdsa_r1_tests.
func TestSecp256r1(t *testing.T) {
	const (
		key    = "0227322b3a891a0a280d6bc1fb2cbb23d28f54906fd6407f5f741f6def5762609a"
		keccak = "209841acabd0fdf6d25fa0948b2f5c6c74f930eede89c6fce59502218a3134a147535921bf0cdf5d1990f6f0b3dadb8c05069ddc531db057d325857ce198a529"
		sha    = "26d84720652d8bc4ddd1986434a10b3b7b69f0e35a17c6a5987e6d1cba69652f4384a342487642df5e44592d304bea0ceb0fae2e347fa3cec5ce1a8144cfbbb2"
	)
	l := newLedger(t)
	msg := vec([]byte("Hello, world!"))
	for _, tt := range []struct {
		sig, key string
		hash     byte
		want     byte
	}{
		{keccak, key, 0, 1}, {sha, key, 1, 1}, {keccak, key, 1, 0}, {sha, key, 0, 0}, {sha, key, 2, 0},
		{keccak + "00", key, 0, 0}, {keccak, key[:64], 0, 0},
	} {
		if got := framework(t, l, "ecdsa_r1", "secp256r1_verify", vec(unhex(t, tt.sig)), vec(unhex(t, tt.key)), msg, []byte{tt.hash}); got[0] != tt.want {
			t.Errorf("%.8s… with hash %d: %d, want %d", tt.sig, tt.hash, got[0], tt.want)
		}
	}
	for hash, sig := range []string{keccak, sha} {
		if got := framework(t, l, "ecdsa_r1", "secp256r1_ecrecover", vec(unhex(t, sig+"00")), msg, []byte{byte(hash)}); !bytes.Equal(got, vec(unhex(t, key))) {
			t.Errorf("recovered %x with hash %d", got, hash)
		}
	}
	_, err := l.begin(alice).call(suiFramework, "ecdsa_r1", "secp256r1_ecrecover", vec(unhex(t, sha)), msg, []byte{1})
	wantAbort(t, err, "ecdsa_r1", ecdsaSignature)
	_, err = l.begin(alice).call(suiFramework, "ecdsa_r1", "secp256r1_ecrecover", vec(unhex(t, sha+"00")), msg, []byte{2})
	wantAbort(t, err, "ecdsa_r1", ecdsaRecover)
}

// The vectors of sui::poseidon_tests.
func TestPoseidon(t *testing.T) {
	u256 := func(text string) []byte {
		n, ok := new(big.Int).SetString(text, 10)
		if !ok {
			t.Fatal(text)
		}
		b := n.FillBytes(make([]byte, 32))
		slices.Reverse(b)
		return b
	}
	const order = "21888242871839275222246405745257275088548364400416034343698204186575808495617"
	l := newLedger(t)
	for _, tt := range []struct {
		in   [][]byte
		want string
	}{
		{[][]byte{u256("1")}, "18586133768512220936620570745912940619677854269274689475585506675881198879027"},
		{[][]byte{u256("1"), u256("2")}, "7853200120776062878684798364095072458815029376092732009249414926327459813530"},
	} {
		if got := framework(t, l, "poseidon", "poseidon_bn254", seq(tt.in...)); !bytes.Equal(got, u256(tt.want)) {
			t.Errorf("hash of %d numbers is %x", len(tt.in), got)
		}
	}
	for code, in := range [][]byte{seq(u256(order)), seq(), seq(slices.Repeat([][]byte{u256("1")}, 17)...)} {
		_, err := l.begin(alice).call(suiFramework, "poseidon", "poseidon_bn254", in)
		wantAbort(t, err, "poseidon", uint64(code))
	}
}

// Real documents at their own time, at another, and one by a devnet's authority.
func TestNitroAttestation(t *testing.T) {
	read := func(name string) []byte {
		text, err := os.ReadFile("../nitro/testdata/" + name + ".hex")
		if err != nil {
			t.Fatal(err)
		}
		return unhex(t, strings.TrimSpace(string(text)))
	}
	l := newLedger(t)
	load := func(l *ledger, raw []byte, ms uint64) ([]byte, error) {
		l.setClock(ms)
		x := l.begin(alice)
		out, err := x.call(suiFramework, "nitro_attestation", "load_nitro_attestation", vec(raw), clockID)
		if err != nil {
			return nil, err
		}
		b, err := x.s.Encode(out[0])
		if err != nil {
			t.Fatal(err)
		}
		return b, nil
	}
	raw := read("weather")
	got, err := load(l, raw, 1744684007462)
	if err != nil {
		t.Fatal(err)
	}
	pcr0 := unhex(t, "cbe1afb6ed0ff89f10295af0b802247ec5670da8f886e71a4226373b032c322f4e42c9c98288e7211682b258684505a2")
	key := unhex(t, "e8e62201dbe293b703c759f653107acbc2c911fa1d2e66f2c747bec95971a2af")
	for what, part := range map[string][]byte{
		"time": u64le(1744683923696), "digest and PCR0": slices.Concat(vec([]byte("SHA384")), []byte{6, 0}, vec(pcr0), []byte{1}, vec(pcr0)),
		"key, no user data, no nonce": slices.Concat([]byte{1}, vec(key), none, none),
	} {
		if !bytes.Contains(got, part) {
			t.Errorf("%s is not in the document %x", what, got)
		}
	}
	if _, err := load(l, read("debug-zero-pcrs"), 1731627987382); err != nil {
		t.Errorf("debug document: %v", err)
	}
	_, err = load(l, raw, uint64(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()))
	wantAbort(t, err, "nitro_attestation", nitroVerify)
	_, err = load(l, []byte{0, 0}, 1744684007462)
	wantAbort(t, err, "nitro_attestation", nitroParse)

	now := time.UnixMilli(1744684007462)
	authority, err := nitro.NewAuthority(now)
	if err != nil {
		t.Fatal(err)
	}
	own, err := authority.Attest(nitro.Document{ModuleID: "dev", PCRs: []nitro.PCR{{Value: pcr0}}}, now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = load(l, own, 1744684007462)
	wantAbort(t, err, "nitro_attestation", nitroVerify)
	dev := newLedger(t)
	dev.vm = New(Config{NitroRoots: []*x509.Certificate{authority.Root()}})
	if _, err := load(dev, own, 1744684007462); err != nil {
		t.Errorf("the devnet's root: %v", err)
	}
	if _, err := load(dev, raw, 1744684007462); err != nil {
		t.Errorf("AWS' root on a devnet: %v", err)
	}
}
