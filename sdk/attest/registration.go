package attest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
)

// registrationDomain begins what RegistrationData hashes.
const registrationDomain = "floe enclave registration v1"

// RegistrationData is what an enclave puts into the user data of its document,
// so that nobody but registrant can register it, and under no configuration but
// this one: SHA-256 of the text "floe enclave registration v1", the id of the
// configuration and the address.
func RegistrationData(config, registrant sui.Address) [32]byte {
	return sha256.Sum256(slices.Concat([]byte(registrationDomain), config[:], registrant[:]))
}

// A Registration is what the chain's registry asks of a document.
type Registration struct {
	// Measurement are the registers and their values, ascending by index: 0, 1
	// and 2, and any of 3, 4, 8 and 16 to 31.
	Measurement []nitro.PCR
	// Config and Registrant must be named in the document, unless Unbound.
	Config, Registrant sui.Address
	// Unbound takes documents that name nobody, as Nautilus' template makes them.
	Unbound bool
}

// Errors of Check besides those of package nitro, [ErrStale] and [ErrFuture].
var (
	ErrMeasurement = errors.New("it is no measurement")
	ErrDebug       = errors.New("the enclave runs in debug mode")
	ErrMismatch    = errors.New("the enclave runs another image")
	ErrRegistrant  = errors.New("the document is for another to register")
	ErrKey         = errors.New("the document holds no Ed25519 key")
)

// maxDocumentAge is how old a document may be, as on chain.
const maxDocumentAge = time.Hour

// Check tells whether the registry would take a document at a time, and returns
// the enclave's key. roots are the authorities to trust, usually
// [nitro.AWSRoot] alone. The chain also refuses keys that were registered
// before, and versions that are revoked.
func (r Registration) Check(raw []byte, at time.Time, roots ...*x509.Certificate) (ed25519.PublicKey, error) {
	key, err := r.check(raw, at, roots)
	if err != nil {
		return nil, fmt.Errorf("check enclave registration: %w", err)
	}
	return key, nil
}

func (r Registration) check(raw []byte, at time.Time, roots []*x509.Certificate) (ed25519.PublicKey, error) {
	if err := CheckMeasurement(r.Measurement); err != nil {
		return nil, err
	}
	d, err := nitro.Parse(raw)
	if err != nil {
		return nil, err
	}
	if err := d.Verify(uint64(at.UnixMilli()), roots...); err != nil {
		return nil, err
	}
	if len(d.PublicKey) != ed25519.PublicKeySize {
		return nil, ErrKey
	}
	want := RegistrationData(r.Config, r.Registrant)
	if !r.Unbound && !bytes.Equal(d.UserData, want[:]) {
		return nil, ErrRegistrant
	}
	if err := checkAge(d.TimestampMS, at, maxDocumentAge); err != nil {
		return nil, fmt.Errorf("the document is %w", err)
	}
	return d.PublicKey, match(d, r.Measurement)
}

// Measure reads a measurement off a document: registers 0, 1, 2 and the others
// that are asked for, ascending. It is for an image that one has built and
// started oneself, outside debug mode.
func Measure(d *nitro.Document, others ...uint8) ([]nitro.PCR, error) {
	var out []nitro.PCR
	for _, i := range append([]uint8{0, 1, 2}, others...) {
		value, ok := d.PCR(i)
		if !ok {
			return nil, fmt.Errorf("measure enclave: the document does not list register %d", i)
		}
		out = append(out, nitro.PCR{Index: i, Value: value})
	}
	if err := CheckMeasurement(out); err != nil {
		return nil, fmt.Errorf("measure enclave: %w", err)
	}
	return out, nil
}

// CheckMeasurement checks the registers as the chain does. Errors wrap
// [ErrMeasurement].
func CheckMeasurement(pcrs []nitro.PCR) error {
	if len(pcrs) < 3 {
		return fmt.Errorf("%w: it lacks some of registers 0, 1 and 2", ErrMeasurement)
	}
	for i, p := range pcrs {
		optional := p.Index == 3 || p.Index == 4 || p.Index == 8 || p.Index >= 16 && p.Index < 32
		switch {
		case i < 3 && int(p.Index) != i:
			return fmt.Errorf("%w: it does not begin with registers 0, 1 and 2", ErrMeasurement)
		case i >= 3 && (!optional || p.Index <= pcrs[i-1].Index):
			return fmt.Errorf("%w: register %d is not one of 3, 4, 8 and 16 to 31, ascending", ErrMeasurement, p.Index)
		case len(p.Value) != 48:
			return fmt.Errorf("%w: register %d has %d bytes, not 48", ErrMeasurement, p.Index, len(p.Value))
		case isZero(p.Value):
			return fmt.Errorf("%w: register %d is zero, as in debug mode", ErrMeasurement, p.Index)
		}
	}
	return nil
}

// match finds registers by their index, never by their place.
func match(d *nitro.Document, want []nitro.PCR) error {
	debug := true
	for i := range uint8(3) {
		value, ok := d.PCR(i)
		debug = debug && (!ok || isZero(value))
	}
	if debug {
		return ErrDebug
	}
	for _, p := range want {
		value, ok := d.PCR(p.Index)
		if !ok {
			return fmt.Errorf("%w: register %d is not listed", ErrMismatch, p.Index)
		}
		if !bytes.Equal(value, p.Value) {
			return fmt.Errorf("%w: register %d is %x, not %x", ErrMismatch, p.Index, value, p.Value)
		}
	}
	return nil
}

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }
