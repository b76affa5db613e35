package movevm

import (
	"bytes"
	"crypto/elliptic"
	"math/big"
	"testing"
)

// Signatures made with npm @noble/curves 2 (keys SHA-256 of the curve's short
// name and a number).
func TestECDSA(t *testing.T) {
	tests := []struct {
		curve string
		hash  uint64
		msg   string
		sig   string // r and s
		v     byte
		key   string
	}{
		{"r1", 0, "message 0", "74922e028bc75884ebf29e279c0434f3ac55b226311ea48ddd8ab7e39a2e10e45165c3a326a7481b8f1cbfc8311f6dcae921934a7c524bb75ab623ac97d8c695", 0, "0239b3449242640ffb228c43cfab7319a3bdb2b9b72d3f40e9523b3e668513bffc"},
		{"r1", 1, "message 0", "f11155da4e85a82aee061f9e49147e5cf894dcd955d5de692ec618a13f43efcc055fd6d8d81c20713c8d36981b6c7acfb2017454b3a8e6472a8d7176ef5a7abf", 0, "0239b3449242640ffb228c43cfab7319a3bdb2b9b72d3f40e9523b3e668513bffc"},
		{"r1", 0, "message 1", "2d541780665a4ba76e79a787cca3a9817c0dad9b1ab9b84d2ffa0f0ec65161f111af3604850df9fea31c26957a90269f4aeb9eb29a6aefc6d81a3947fee39643", 1, "02e7e45a4cd4152c8cdf6f7603f77d282a2cddcb704c01f2235d60b0a5c9c4f50c"},
		{"r1", 1, "message 1", "936ed378e30f2dcc7b0438d7765e7097add64d499dd37355d445a4e0e175c6153ed454abb0862f2a4d3db0090de818037ad22ec3ddbc61709e602f2b5861bd61", 0, "02e7e45a4cd4152c8cdf6f7603f77d282a2cddcb704c01f2235d60b0a5c9c4f50c"},
		{"r1", 0, "message 2", "41e6c014e41c537cab06a49a1d096912da948cbee4472cf75273d21b62e3ee250e9d7066b11f1e9a1867499dfb5c3491a7909951ed5d41bde55d937831052770", 0, "039bf1210facd443641e64f7c22138c131531cb3f2596b37d41cd5e07cd2b53c4a"},
		{"r1", 1, "message 2", "114993ada63b5e14035e42382e4448f53fe03dd818a1b1eebae33ed4c297a63c6d6816ea03361c0941c7c17b9885178c319d0466b24566c0ae701739840f098e", 0, "039bf1210facd443641e64f7c22138c131531cb3f2596b37d41cd5e07cd2b53c4a"},
		{"k1", 0, "message 0", "dcefef27cc2d9d5ffcbaa06425cdb737a05613f3f548b8cc45afac4c8561622356c6b4a7f8849a19ef1328a896448037ddb9dbc45621e8d3c99aefde316e433e", 0, "02c04d3a5274952acdbc76987f3184b346a483d43be40874624b29e3692c1df5af"},
		{"k1", 1, "message 0", "e09db7d48aec37fb326e81f172408d794820d24bd54e71107532aa79f8d75c5b5eeb062af6b48b65de1c83fd37342daddf371d3bf83cb6e09036b37eeca1f560", 0, "02c04d3a5274952acdbc76987f3184b346a483d43be40874624b29e3692c1df5af"},
		{"k1", 0, "message 1", "598f4d438a8ee943d93f1ab59f2b00b95ae07e773adc100071fd241fc38e79810851aaec5b378e7cfa4e6ad08b98006cfd4f6d0934c757732e7ef862d17b5e1f", 1, "02ed06e0f418b5b43a7ec01d1d7d27290fa15f75771cb69b642a51471c29c84acd"},
		{"k1", 1, "message 1", "b73314b34afcf831c0f19ba669ee5377a238f357a28351bbb51d0ea5c2a60c3526af4111a6c9740826ca3e6b204a6b4ac7442f7c2e3f636dda8015962da00c52", 0, "02ed06e0f418b5b43a7ec01d1d7d27290fa15f75771cb69b642a51471c29c84acd"},
		{"k1", 0, "message 2", "0e67b088fadddb51afafd287c96cd53da093492944c8914482a2f3b7f0e07a3663daf8f9209dc6e0ca77e91b8eec65a718ae4ced8e404cf14ad509796d0947f2", 1, "036d46073cbb9ffee90473f3da429abc8de7f8751199da44485682a989a4bebb24"},
		{"k1", 1, "message 2", "6e0cccdece0251b3a80be4fd1aaa6669c005a0c984380459cccee6155db964e57df7b5d4a847607433fe5b9f33c712614c36a45e653ee3b95abac11c3131e5f4", 0, "036d46073cbb9ffee90473f3da429abc8de7f8751199da44485682a989a4bebb24"},
	}
	for _, tt := range tests {
		sig, key, digest := unhex(t, tt.sig), unhex(t, tt.key), digestFor(tt.hash, []byte(tt.msg))
		verify, recoverKey := verifyK1, recoverK1
		order, _ := new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
		if tt.curve == "r1" {
			verify, recoverKey, order = verifyR1, recoverR1, elliptic.P256().Params().N
		}
		if !verify(sig, key, digest) {
			t.Errorf("%s %q hash %d: signature is refused", tt.curve, tt.msg, tt.hash)
		}
		if got := recoverKey(append(bytes.Clone(sig), tt.v), digest); !bytes.Equal(got, key) {
			t.Errorf("%s %q hash %d: recovered %x, want %x", tt.curve, tt.msg, tt.hash, got, key)
		}
		if got := recoverKey(append(bytes.Clone(sig), tt.v^1), digest); bytes.Equal(got, key) {
			t.Errorf("%s %q hash %d: the other parity recovers the key, too", tt.curve, tt.msg, tt.hash)
		}
		// the second form of a signature, s and the order less s, is refused
		high := append(bytes.Clone(sig[:32]), new(big.Int).Sub(order, new(big.Int).SetBytes(sig[32:])).FillBytes(make([]byte, 32))...)
		if verify(high, key, digest) {
			t.Errorf("%s %q hash %d: signature with a high s is accepted", tt.curve, tt.msg, tt.hash)
		}
		if got := recoverKey(append(high, tt.v^1), digest); !bytes.Equal(got, key) {
			t.Errorf("%s %q hash %d: high s recovers %x, want %x", tt.curve, tt.msg, tt.hash, got, key)
		}
		sig[40] ^= 1
		if verify(sig, key, digest) || verify(sig[1:], key, digest) || verify(sig, key[1:], digest) || verify(sig, key, nil) {
			t.Errorf("%s %q hash %d: bad input is accepted", tt.curve, tt.msg, tt.hash)
		}
	}
}
