package movevm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	k1ecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// Abort codes of sui::ecdsa_k1 and sui::ecdsa_r1.
const (
	ecdsaRecover   = 0
	ecdsaSignature = 1
	ecdsaPublicKey = 2
)

var suiSecp256k1 = map[string]native{
	// secp256k1_ecrecover(signature r‖s‖v, msg &vector<u8>, hash u8): vector<u8>, the compressed key
	"secp256k1_ecrecover": func(c *nativeCall) {
		c.u.work(workSignature)
		sig, digest := c.inputRef(0), digestFor(c.args[2].n, c.inputRef(1))
		if len(sig) != 65 || sig[64] > 3 {
			abort(ecdsaSignature)
		}
		pk := recoverK1(sig, digest)
		if pk == nil {
			abort(ecdsaRecover)
		}
		c.retBytes(pk)
	},
	// decompress_pubkey(&vector<u8>): vector<u8>
	"decompress_pubkey": func(c *nativeCall) {
		c.u.work(workSignature)
		b := c.inputRef(0)
		pk, err := secp256k1.ParsePubKey(b)
		if err != nil || len(b) != secp256k1.PubKeyBytesLenCompressed {
			abort(ecdsaPublicKey)
		}
		c.retBytes(pk.SerializeUncompressed())
	},
	// secp256k1_verify(signature r‖s, public_key, msg &vector<u8>, hash u8): bool
	"secp256k1_verify": func(c *nativeCall) {
		c.u.work(workSignature)
		c.retBool(verifyK1(c.inputRef(0), c.inputRef(1), digestFor(c.args[3].n, c.inputRef(2))))
	},
}

// recoverK1 recovers the compressed public key of a signature r‖s‖v, or nil.
func recoverK1(sig, digest []byte) []byte {
	if digest == nil {
		return nil
	}
	pk, _, err := k1ecdsa.RecoverCompact(append([]byte{27 + 4 + sig[64]}, sig[:64]...), digest)
	if err != nil {
		return nil
	}
	return pk.SerializeCompressed()
}

// verifyK1 accepts only the lower of the two forms of a signature, as
// libsecp256k1 does.
func verifyK1(sig, pk, digest []byte) bool {
	if len(sig) != 64 || len(pk) != 33 || digest == nil {
		return false
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:]) || s.IsOverHalfOrder() {
		return false
	}
	key, err := secp256k1.ParsePubKey(pk)
	return err == nil && k1ecdsa.NewSignature(&r, &s).Verify(digest, key)
}

var suiSecp256r1 = map[string]native{
	// secp256r1_ecrecover(signature r‖s‖v, msg &vector<u8>, hash u8): vector<u8>
	"secp256r1_ecrecover": func(c *nativeCall) {
		c.u.work(workSignature)
		sig, digest := c.inputRef(0), digestFor(c.args[2].n, c.inputRef(1))
		if len(sig) != 65 || sig[64] > 3 {
			abort(ecdsaSignature)
		}
		pk := recoverR1(sig, digest)
		if pk == nil {
			abort(ecdsaRecover)
		}
		c.retBytes(pk)
	},
	// secp256r1_verify(signature r‖s, public_key, msg &vector<u8>, hash u8): bool
	"secp256r1_verify": func(c *nativeCall) {
		c.u.work(workSignature)
		c.retBool(verifyR1(c.inputRef(0), c.inputRef(1), digestFor(c.args[3].n, c.inputRef(2))))
	},
}

// verifyR1 accepts only the lower of the two forms, too, as Sui's fastcrypto
// does.
func verifyR1(sig, pk, digest []byte) bool {
	if len(sig) != 64 || len(pk) != 33 || digest == nil {
		return false
	}
	curve := elliptic.P256()
	x, y := elliptic.UnmarshalCompressed(curve, pk)
	if x == nil {
		return false
	}
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	if new(big.Int).Lsh(s, 1).Cmp(curve.Params().N) > 0 {
		return false
	}
	return ecdsa.Verify(&ecdsa.PublicKey{Curve: curve, X: x, Y: y}, digest, r, s)
}

// recoverR1 recovers the compressed public key of a P-256 signature r‖s‖v, or
// nil: Q = (s·R - e·G) / r, where R is the point with x coordinate r.
func recoverR1(sig, digest []byte) []byte {
	curve := elliptic.P256()
	p := curve.Params()
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:64])
	if digest == nil || r.Sign() == 0 || s.Sign() == 0 || r.Cmp(p.N) >= 0 || s.Cmp(p.N) >= 0 {
		return nil
	}
	x := new(big.Int).Set(r)
	if sig[64]&2 != 0 {
		if x.Add(x, p.N); x.Cmp(p.P) >= 0 {
			return nil
		}
	}
	point := append([]byte{2 + sig[64]&1}, x.FillBytes(make([]byte, 32))...)
	rx, ry := elliptic.UnmarshalCompressed(curve, point)
	if rx == nil {
		return nil
	}
	inv := new(big.Int).ModInverse(r, p.N)
	u1 := new(big.Int).Mul(new(big.Int).Neg(new(big.Int).SetBytes(digest)), inv)
	u2 := new(big.Int).Mul(s, inv)
	ax, ay := curve.ScalarBaseMult(u1.Mod(u1, p.N).Bytes())
	bx, by := curve.ScalarMult(rx, ry, u2.Mod(u2, p.N).Bytes())
	qx, qy := curve.Add(ax, ay, bx, by)
	if qx.Sign() == 0 && qy.Sign() == 0 {
		return nil
	}
	return elliptic.MarshalCompressed(curve, qx, qy)
}
