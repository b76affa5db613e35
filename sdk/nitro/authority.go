package nitro

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// An Authority attests in place of AWS' hardware, for devnets and tests: what
// it signs proves nothing. No network but one that was told to takes its root.
type Authority struct {
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

// leafLife is about how long AWS' leaf certificates live.
const leafLife = 3 * time.Hour

// NewAuthority makes an authority with a new key, whose root certificate is
// valid for ten years around now.
func NewAuthority(now time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make nitro authority: %w", err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "floe-devnet.nitro-enclaves"},
		NotBefore: now.AddDate(-5, 0, 0), NotAfter: now.AddDate(5, 0, 0),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make nitro authority: %w", err)
	}
	if root, err = x509.ParseCertificate(der); err != nil {
		return nil, fmt.Errorf("make nitro authority: %w", err)
	}
	return &Authority{root: root, key: key}, nil
}

// ParseAuthority reads what PEM wrote.
func ParseAuthority(text []byte) (*Authority, error) {
	a := new(Authority)
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var err error
		switch block.Type {
		case "CERTIFICATE":
			a.root, err = x509.ParseCertificate(block.Bytes)
		case "EC PRIVATE KEY":
			a.key, err = x509.ParseECPrivateKey(block.Bytes)
		}
		if err != nil {
			return nil, fmt.Errorf("parse nitro authority: %w", err)
		}
	}
	if a.root == nil || a.key == nil || !a.key.PublicKey.Equal(a.root.PublicKey) {
		return nil, errors.New("parse nitro authority: want a certificate and its EC key")
	}
	return a, nil
}

// PEM returns the root certificate and, after it, the key: a secret.
func (a *Authority) PEM() ([]byte, error) {
	key, err := x509.MarshalECPrivateKey(a.key)
	if err != nil {
		return nil, fmt.Errorf("write nitro authority: %w", err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})...), nil
}

// Root is the certificate that a devnet must accept for this authority.
func (a *Authority) Root() *x509.Certificate { return a.root }

// Attest makes a document as an enclave would get it. ModuleID and PCRs are
// needed; Digest is set to SHA384, and TimestampMS, if 0, to now. The leaf's
// certificate is valid for three hours around now.
func (a *Authority) Attest(d Document, now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("attest: %w", err)
	}
	leaf, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: d.ModuleID + ".floe-devnet"},
		NotBefore: now.Add(-leafLife / 2), NotAfter: now.Add(leafLife / 2),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}, a.root, &key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("attest: %w", err)
	}
	pcrs := map[uint8][]byte{}
	for _, p := range d.PCRs {
		pcrs[p.Index] = p.Value
	}
	if d.TimestampMS == 0 {
		d.TimestampMS = uint64(now.UnixMilli())
	}
	payload, err := cbor.Marshal(map[string]any{
		"module_id": d.ModuleID, "digest": "SHA384", "timestamp": d.TimestampMS, "pcrs": pcrs,
		"certificate": leaf, "cabundle": [][]byte{a.root.Raw},
		"public_key": optional(d.PublicKey), "user_data": optional(d.UserData), "nonce": optional(d.Nonce),
	})
	if err != nil {
		return nil, fmt.Errorf("attest: %w", err)
	}
	return sign(key, payload)
}

// optional is nil, CBOR's null, for no bytes.
func optional(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

func sign(key *ecdsa.PrivateKey, payload []byte) ([]byte, error) {
	protected, err := cbor.Marshal(map[int]int{1: -35})
	if err != nil {
		return nil, fmt.Errorf("attest: %w", err)
	}
	signed, err := cbor.Marshal([]any{"Signature1", protected, []byte{}, payload})
	if err != nil {
		return nil, fmt.Errorf("attest: %w", err)
	}
	hash := sha512.Sum384(signed)
	r, s, err := ecdsa.Sign(rand.Reader, key, hash[:])
	if err != nil {
		return nil, fmt.Errorf("attest: %w", err)
	}
	signature := append(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48))...)
	out, err := cbor.Marshal([]any{protected, map[int]int{}, payload, signature})
	if err != nil {
		return nil, fmt.Errorf("attest: %w", err)
	}
	return out, nil
}
