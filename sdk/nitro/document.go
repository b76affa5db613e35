// Package nitro reads and verifies attestation documents of AWS Nitro
// enclaves, with the rules of Sui's sui::nitro_attestation: what passes here
// passes there, at the same clock.
//
// A document is a COSE_Sign1 (RFC 8152) around a CBOR map that the hypervisor
// signs: which image runs (the PCRs), and up to three fields of the enclave's
// own choice. [Parse] takes it apart, [Document.Verify] follows its
// certificates up to a root: AWS's ([AWSRoot]), or on a devnet also that of an
// [Authority], which stands in for the hardware.
//
// A valid document says which code holds the key in it, at the moment of its
// timestamp. It does not say that the code is any good, nor that the document
// is fresh: its leaf certificate lives for about three hours.
package nitro

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// ErrParse and ErrVerify tell a document that is malformed from one whose
// signature or certificates are not good (at that time).
var (
	ErrParse  = errors.New("attestation document is malformed")
	ErrVerify = errors.New("attestation document does not verify")
)

// A PCR is a platform configuration register: a hash that only grows.
type PCR struct {
	Index uint8
	Value []byte // 32, 48 or 64 bytes; all zero in enclaves that run in debug mode
}

// A Document is what an enclave's hypervisor attests.
type Document struct {
	ModuleID    string
	TimestampMS uint64 // when it was made, by the hypervisor's clock
	Digest      string // "SHA384"
	// PCRs are those with index 0, 1, 2, 3, 4 and 8, and all others up to 31
	// that are not zero, ascending. Look one up by its Index, not its place.
	PCRs []PCR
	// PublicKey, UserData and Nonce are the enclave's own words; nil when absent.
	PublicKey, UserData, Nonce []byte

	certificate []byte
	bundle      [][]byte // from the root to the issuer of certificate
	signed      []byte   // what signature is over
	signature   []byte
}

// PCR returns the value of a register; false when the document has none or
// leaves it out because it is zero.
func (d *Document) PCR(index uint8) ([]byte, bool) {
	for _, p := range d.PCRs {
		if p.Index == index {
			return p.Value, true
		}
	}
	return nil, false
}

// Limits of AWS' specification, as Sui applies them, in bytes where not said
// otherwise.
const (
	maxPayload     = 16384 // exclusive
	maxUserData    = 512
	maxPublicKey   = 1024
	maxPCRs        = 32 // entries
	maxCertificate = 1024
	maxChain       = 10 // certificates
	signatureSize  = 96
	coseSign1Tag   = 18
)

// decoding refuses what has two readings. Indefinite lengths are allowed, as
// Sui's decoder allows them.
var decoding = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: 16, MaxArrayElements: 1024, MaxMapPairs: 1024,
		IntDec: cbor.IntDecConvertNone,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// Parse reads a document. Nothing in it is to be believed before Verify.
// Errors wrap ErrParse. As on Sui, bytes after the document are ignored.
func Parse(raw []byte) (*Document, error) {
	d, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrParse, err)
	}
	return d, nil
}

type sign1 struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected map[any]any
	Payload     []byte
	Signature   []byte
}

func parse(raw []byte) (*Document, error) {
	var message cbor.RawMessage
	if _, err := decoding.UnmarshalFirst(raw, &message); err != nil {
		return nil, fmt.Errorf("read CBOR: %w", err)
	}
	var tag cbor.RawTag
	if decoding.Unmarshal(message, &tag) == nil {
		if tag.Number != coseSign1Tag {
			return nil, fmt.Errorf("it has CBOR tag %d, not COSE_Sign1's 18", tag.Number)
		}
		message = tag.Content
	}
	var cose sign1
	if err := decoding.Unmarshal(message, &cose); err != nil {
		return nil, fmt.Errorf("read COSE_Sign1: %w", err)
	}
	var protected map[any]any
	if _, err := decoding.UnmarshalFirst(cose.Protected, &protected); err != nil {
		return nil, fmt.Errorf("read protected header: %w", err)
	}
	// 1 is the algorithm, -35 is ES384
	if len(protected) != 1 || protected[uint64(1)] != int64(-35) {
		return nil, errors.New("the protected header is not that of ES384 alone")
	}
	if n := len(cose.Payload); n == 0 || n >= maxPayload {
		return nil, fmt.Errorf("the payload has %d bytes, not 1 to %d", n, maxPayload-1)
	}
	if len(cose.Signature) != signatureSize {
		return nil, fmt.Errorf("the signature has %d bytes, not %d", len(cose.Signature), signatureSize)
	}
	d, err := parsePayload(cose.Payload)
	if err != nil {
		return nil, err
	}
	d.signature = cose.Signature
	d.signed, err = cbor.Marshal([]any{"Signature1", cose.Protected, []byte{}, cose.Payload})
	return d, err
}

func parsePayload(payload []byte) (*Document, error) {
	var m map[string]any
	if _, err := decoding.UnmarshalFirst(payload, &m); err != nil {
		return nil, fmt.Errorf("read payload: %w", err)
	}
	d := &Document{}
	var ok bool
	if d.ModuleID, ok = m["module_id"].(string); !ok || d.ModuleID == "" {
		return nil, errors.New("module_id is missing")
	}
	if d.Digest, _ = m["digest"].(string); d.Digest != "SHA384" {
		return nil, errors.New("digest is not SHA384")
	}
	if d.TimestampMS, ok = m["timestamp"].(uint64); !ok {
		return nil, errors.New("timestamp is missing")
	}
	if d.certificate, ok = certificate(m["certificate"]); !ok {
		return nil, fmt.Errorf("certificate is not 1 to %d bytes", maxCertificate)
	}
	for name, field := range map[string]struct {
		to  *[]byte
		max int
	}{"public_key": {&d.PublicKey, maxPublicKey}, "user_data": {&d.UserData, maxUserData}, "nonce": {&d.Nonce, maxUserData}} {
		if *field.to, _ = m[name].([]byte); len(*field.to) > field.max {
			return nil, fmt.Errorf("%s has more than %d bytes", name, field.max)
		}
	}
	bundle, ok := m["cabundle"].([]any)
	if !ok || len(bundle) == 0 || len(bundle) > maxChain {
		return nil, fmt.Errorf("cabundle does not have 1 to %d certificates", maxChain)
	}
	for _, v := range bundle {
		c, ok := certificate(v)
		if !ok {
			return nil, fmt.Errorf("a certificate of cabundle is not 1 to %d bytes", maxCertificate)
		}
		d.bundle = append(d.bundle, c)
	}
	pcrs, ok := m["pcrs"].(map[any]any)
	if !ok || len(pcrs) > maxPCRs {
		return nil, fmt.Errorf("pcrs are not a map of at most %d registers", maxPCRs)
	}
	return d, d.setPCRs(pcrs)
}

func certificate(v any) ([]byte, bool) {
	b, ok := v.([]byte)
	return b, ok && len(b) > 0 && len(b) <= maxCertificate
}

// required registers are listed even when they are zero.
var required = []uint8{0, 1, 2, 3, 4, 8}

func (d *Document) setPCRs(m map[any]any) error {
	for k, v := range m {
		index, ok := k.(uint64)
		if !ok || index > math.MaxUint8 {
			return errors.New("a PCR has no valid index")
		}
		value, ok := v.([]byte)
		if n := len(value); !ok || n != 32 && n != 48 && n != 64 {
			return fmt.Errorf("PCR %d is not 32, 48 or 64 bytes", index)
		}
		zero := bytes.Count(value, []byte{0}) == len(value)
		if index < maxPCRs && (!zero || slices.Contains(required, uint8(index))) {
			d.PCRs = append(d.PCRs, PCR{uint8(index), value})
		}
	}
	slices.SortFunc(d.PCRs, func(a, b PCR) int { return int(a.Index) - int(b.Index) })
	return nil
}
