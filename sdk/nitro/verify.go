package nitro

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	_ "embed"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// awsRootPEM is AWS' root certificate for Nitro enclaves, valid until 2049,
// from https://aws-nitro-enclaves.amazonaws.com/AWS_NitroEnclaves_Root-G1.zip.
//
//go:embed aws_root.pem
var awsRootPEM []byte

// AWSRootSHA256 pins the PEM file of AWS' root certificate.
const AWSRootSHA256 = "6eb9688305e4bbca67f44b59c29a0661ae930f09b5945b5d1d9ae01125c8d6c0"

// AWSRoot is AWS' root certificate for Nitro enclaves.
var AWSRoot = sync.OnceValue(func() *x509.Certificate {
	if sum := sha256.Sum256(awsRootPEM); hex.EncodeToString(sum[:]) != AWSRootSHA256 {
		panic("nitro: the AWS root certificate in this program is not the pinned one")
	}
	block, _ := pem.Decode(awsRootPEM)
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		panic("nitro: AWS root certificate: " + err.Error())
	}
	return root
})

// Verify checks the signature and the certificates up to one of the roots, all
// of them valid at the time nowMS (ms since 1970). Errors wrap ErrVerify.
// Whether the PCRs are those of an image that one trusts is left to the caller.
func (d *Document) Verify(nowMS uint64, roots ...*x509.Certificate) error {
	if err := d.verify(time.Unix(int64(nowMS/1000), 0), roots); err != nil {
		return fmt.Errorf("%w: %w", ErrVerify, err)
	}
	return nil
}

func (d *Document) verify(now time.Time, roots []*x509.Certificate) error {
	leaf, err := x509.ParseCertificate(d.certificate)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	key, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P384() {
		return errors.New("the certificate's key is not on P-384")
	}
	hash := sha512.Sum384(d.signed)
	r, s := new(big.Int).SetBytes(d.signature[:48]), new(big.Int).SetBytes(d.signature[48:])
	if !ecdsa.Verify(key, hash[:], r, s) {
		return errors.New("the signature is wrong")
	}
	chain := []*x509.Certificate{leaf}
	for i := range d.bundle {
		c, err := x509.ParseCertificate(d.bundle[len(d.bundle)-1-i])
		if err != nil {
			return fmt.Errorf("read certificate bundle: %w", err)
		}
		chain = append(chain, c)
	}
	for i, c := range chain {
		if err := checkUsage(c, i); err != nil {
			return fmt.Errorf("certificate %d (%s): %w", i, c.Subject.CommonName, err)
		}
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return fmt.Errorf("certificate %d (%s) is valid from %s to %s, and the clock shows %s", i, c.Subject.CommonName,
				c.NotBefore.Format(time.RFC3339), c.NotAfter.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		}
		issuers := roots
		if i+1 < len(chain) {
			issuers = chain[i+1 : i+2]
		}
		if !issuedByOne(c, issuers) {
			return fmt.Errorf("certificate %d (%s) was not issued by the next one or a trusted root", i, c.Subject.CommonName)
		}
	}
	return nil
}

var oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}

// checkUsage checks what a certificate may be used for. i is its place, 0 for
// the leaf.
func checkUsage(c *x509.Certificate, i int) error {
	if i == 0 {
		if c.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
			return errors.New("its key may not sign documents")
		}
		if c.BasicConstraintsValid && (c.IsCA || c.MaxPathLen > 0 || c.MaxPathLenZero) {
			return errors.New("it is an authority's, not an enclave's")
		}
		return nil
	}
	if c.KeyUsage&x509.KeyUsageCertSign == 0 {
		return errors.New("its key may not sign certificates")
	}
	critical := false
	for _, e := range c.Extensions {
		critical = critical || e.Critical && e.Id.Equal(oidBasicConstraints)
	}
	if !c.BasicConstraintsValid || !c.IsCA || !critical {
		return errors.New("it is not an authority's")
	}
	if limited := c.MaxPathLen > 0 || c.MaxPathLenZero; limited && i-1 > c.MaxPathLen {
		return errors.New("there are more certificates below it than it allows")
	}
	return nil
}

func issuedByOne(c *x509.Certificate, issuers []*x509.Certificate) bool {
	for _, issuer := range issuers {
		if bytes.Equal(c.RawIssuer, issuer.RawSubject) && issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil {
			return true
		}
	}
	return false
}
