package movevm

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha3"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// framework calls a function of the framework with arguments in BCS and gives
// the BCS of its first return.
func framework(t *testing.T, l *ledger, module, fn string, args ...[]byte) []byte {
	t.Helper()
	x := l.begin(alice)
	in := make([]any, len(args))
	for i, a := range args {
		f, err := x.s.LoadFunction(suiFramework, module, fn, nil)
		if err != nil {
			t.Fatal(err)
		}
		typ := f.Params[i]
		if typ.IsRef() {
			typ = typ.Elem
		}
		if in[i], err = x.s.Decode(typ, a); err != nil {
			t.Fatal(err)
		}
	}
	out := x.must(suiFramework, module, fn, in...)
	b, err := x.s.Encode(out[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// scalar is the BCS of a scalar element.
func scalar(n byte) []byte { return vec(append(make([]byte, 31), n)) }

// Points that specs of others give: @mysten/seal's tests (multiples of the
// generators), Walrus' Move tests (secret key 117), and the identity GT of
// pairing by bilinearity.
func TestGroups(t *testing.T) {
	const (
		g1    = "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
		g1x7  = "b928f3beb93519eecf0145da903b40a4c97dca00b21f12ac0df3be9116ef2ef27b2ae6bcd4c5bc2d54ef5a70627efcb7"
		g1117 = "95eacc3adc09c827593f581e8e2de068bf4cf5d0c0eb29e5372f0d23364788ee0f9beb112c8a7e9c2f0c720433705cf0"
		bad   = "b928f3beb93519eecf0145da903b40a4c97dca00b21f12ac0df3be9116ef2ef27b2ae6bcd4c5bc2d54ef5a70627efcb6"
		g2    = "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
		g2x7  = "8d0273f6bf31ed37c3b8d68083ec3d8e20b5f2cc170fa24b9b5be35b34ed013f9a921f1cad1644d4bdb14674247234c8049cd1dbb2d2c3581e54c088135fef36505a6823d61b859437bfc79b617030dc8b40e32bad1fa85b9c0f368af6d38d3c"
	)
	l := newLedger(t)
	e := func(s string) []byte { return vec(unhex(t, s)) }
	tests := []struct {
		fn   string
		args [][]byte
		want []byte
	}{
		{"g1_generator", nil, e(g1)},
		{"g2_generator", nil, e(g2)},
		{"g1_mul", [][]byte{scalar(7), e(g1)}, e(g1x7)},
		{"g1_mul", [][]byte{scalar(117), e(g1)}, e(g1117)},
		{"g1_div", [][]byte{scalar(7), e(g1x7)}, e(g1)},
		{"g2_mul", [][]byte{scalar(7), e(g2)}, e(g2x7)},
		{"g2_div", [][]byte{scalar(7), e(g2x7)}, e(g2)},
		{"g1_add", [][]byte{framework(t, l, "bls12381", "g1_mul", scalar(3), e(g1)), framework(t, l, "bls12381", "g1_mul", scalar(4), e(g1))}, e(g1x7)},
		{"g2_sub", [][]byte{e(g2x7), framework(t, l, "bls12381", "g2_mul", scalar(6), e(g2))}, e(g2)},
		{"g1_multi_scalar_multiplication", [][]byte{seq(scalar(2), scalar(5)), seq(e(g1), e(g1))}, e(g1x7)},
		{"g2_multi_scalar_multiplication", [][]byte{seq(scalar(2), scalar(5)), seq(e(g2), e(g2))}, e(g2x7)},
		{"scalar_mul", [][]byte{scalar(6), scalar(7)}, scalar(42)},
		{"scalar_div", [][]byte{scalar(6), scalar(42)}, scalar(7)},
		{"scalar_sub", [][]byte{scalar(9), scalar(7)}, scalar(2)},
		{"uncompressed_g1_to_g1", [][]byte{framework(t, l, "bls12381", "g1_to_uncompressed_g1", e(g1x7))}, e(g1x7)},
		{"gt_generator", nil, framework(t, l, "bls12381", "pairing", e(g1), e(g2))},
		{"pairing", [][]byte{e(g1x7), e(g2)}, framework(t, l, "bls12381", "gt_mul", scalar(7), framework(t, l, "bls12381", "gt_generator"))},
		{"gt_identity", nil, framework(t, l, "bls12381", "gt_sub", framework(t, l, "bls12381", "gt_generator"), framework(t, l, "bls12381", "gt_generator"))},
	}
	for _, tt := range tests {
		if got := framework(t, l, "bls12381", tt.fn, tt.args...); !bytes.Equal(got, tt.want) {
			t.Errorf("%s = %x, want %x", tt.fn, got, tt.want)
		}
	}
	sum := framework(t, l, "bls12381", "uncompressed_g1_sum", seq(
		framework(t, l, "bls12381", "g1_to_uncompressed_g1", e(g1)), framework(t, l, "bls12381", "g1_to_uncompressed_g1", framework(t, l, "bls12381", "g1_mul", scalar(6), e(g1)))))
	if got := framework(t, l, "bls12381", "uncompressed_g1_to_g1", sum); !bytes.Equal(got, e(g1x7)) {
		t.Errorf("uncompressed_g1_sum = %x", got)
	}
	for _, s := range []string{bad, g1x7 + "ff", g2} {
		x := l.begin(alice)
		v, err := x.call(suiFramework, "bls12381", "g1_from_bytes", vec(unhex(t, s)))
		if err == nil {
			t.Errorf("g1_from_bytes(%s) = %v", s, v)
		}
	}
	x := l.begin(alice)
	_, err := x.call(suiFramework, "bls12381", "hash_to_g1", vec(nil))
	wantAbort(t, err, "group_ops", 1)
	_, err = x.call(suiFramework, "bls12381", "scalar_inv", scalar(0))
	if err == nil {
		t.Error("scalar_inv(0) has a value")
	}
}

// The regression vector of Seal's key derivation: GT to the 12345, U = g2 times
// 12345 and H1(00) hashed together, which fixes hash to curve, pairing and the
// order of GT's bytes. Source: crates/crypto/src/ibe.rs of MystenLabs/seal.
func TestSealKDF(t *testing.T) {
	l := newLedger(t)
	n := vec(append(make([]byte, 30), 12345>>8, 12345&0xff))
	gt := framework(t, l, "bls12381", "gt_mul", n, framework(t, l, "bls12381", "gt_generator"))
	u := framework(t, l, "bls12381", "g2_mul", n, framework(t, l, "bls12381", "g2_generator"))
	gid := framework(t, l, "bls12381", "hash_to_g1", vec([]byte("SUI-SEAL-IBE-BLS12381-00\x00")))
	input := []byte("SUI-SEAL-IBE-BLS12381-H2-00")
	for _, element := range [][]byte{gt[2:], u[1:], gid[1:]} { // less their lengths
		input = append(input, element...)
	}
	input = append(append(input, make([]byte, 32)...), 42)
	got := sha3.Sum256(input)
	if want := "89befdfd6aecdce1305ddbca891d1c29f0507cfd5225cd6b11e52e60f088ea87"; hex.EncodeToString(got[:]) != want {
		t.Errorf("key is %x, want %s", got, want)
	}
}

// Certificates of Walrus: secret keys 1 to 10, signers 0, 1, 2, 3, 4, 7 and 8;
// verified by npm @mysten/walrus-wasm. And a signature of the drand network
// quicknet, round 1000, in the other group.
func TestBLSVerify(t *testing.T) {
	l := newLedger(t)
	const (
		key       = "a72841987e4f219d54f2b6a9eac5fe6e78704644753c3579e776a3691bc123743f8c63770ed0f72a71e9e964dbf58f43"
		permanent = "99c43ae152f3a090e35298c95afd2e686517a17dc4bbee35d3ab6e0aa0872624c1707e15ca534cf9413d61a89218e92208807c67b27230c8ae4fd4660d0feab4d56514a320a0c81e929c09a94e973eced440a1dcd4c5c6efcf2bc61e9fd44324"
		deletable = "8100fea826489d185c9a593aeb063a8d6e116322b965a578c36caf61233b9179213d5d02f697b9e4b911466079780e610f7aef008e83a0648ef17081f7c2b6b90ebbce395dbd6a1c85e478ec7e9735f37d2c9ab5abb3d894f72a4533c02aeb30"
		quicknet  = "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
		round1000 = "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
	)
	message := "01000305000000bc0a000000000000000000000000000000000000000000000000000000000000"
	bound := message + "01" + strings.Repeat("0", 62) + "2a"
	round := sha256.Sum256([]byte{0, 0, 0, 0, 0, 0, 1000 >> 8, 1000 & 0xff})
	quickMessage := hex.EncodeToString(round[:])
	infinity1, infinity2 := "c0"+strings.Repeat("00", 47), "c0"+strings.Repeat("00", 95)
	tests := []struct {
		fn, sig, key, msg string
		want              byte
	}{
		{"bls12381_min_pk_verify", permanent, key, message + "00", 1},
		{"bls12381_min_pk_verify", deletable, key, bound, 1},
		{"bls12381_min_pk_verify", permanent, key, bound, 0},
		{"bls12381_min_pk_verify", permanent[:190], key, message + "00", 0},
		{"bls12381_min_pk_verify", infinity2, infinity1, message, 0},
		{"bls12381_min_pk_verify", permanent, permanent[:96], message + "00", 0},
		{"bls12381_min_sig_verify", round1000, quicknet, quickMessage, 1},
		{"bls12381_min_sig_verify", round1000, quicknet, quickMessage[2:], 0},
		{"bls12381_min_sig_verify", infinity1, infinity2, quickMessage, 0},
		{"bls12381_min_sig_verify", quicknet, round1000, quickMessage, 0},
	}
	for _, tt := range tests {
		got := framework(t, l, "bls12381", tt.fn, vec(unhex(t, tt.sig)), vec(unhex(t, tt.key)), vec(unhex(t, tt.msg)))
		if got[0] != tt.want {
			t.Errorf("%s(%.16s…, %.16s…, %.16s…) = %d, want %d", tt.fn, tt.sig, tt.key, tt.msg, got[0], tt.want)
		}
	}
}
