package sui

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"
)

// ParseAddress reads "0x" and 1 to 64 hex digits; short addresses such as
// "0x2" are padded with zeros on the left.
func ParseAddress(s string) (Address, error) {
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok {
		return Address{}, fmt.Errorf("parse address %.80q: want 0x and hex digits", s)
	}
	a, err := parseHexAddress(digits)
	if err != nil {
		return Address{}, fmt.Errorf("parse address %.80q: %w", s, err)
	}
	return a, nil
}

// MustAddress is [ParseAddress] for constants; it panics on an error.
func MustAddress(s string) Address {
	a, err := ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

func parseHexAddress(digits string) (a Address, err error) {
	if len(digits) == 0 || len(digits) > 64 {
		return a, errors.New("want 1 to 64 hex digits")
	}
	b, err := hex.DecodeString(strings.Repeat("0", 64-len(digits)) + digits)
	if err != nil {
		return a, errors.New("not hexadecimal")
	}
	copy(a[:], b)
	return a, nil
}

// String prints "0x" and 64 lower-case hex digits.
func (a Address) String() string { return "0x" + hex.EncodeToString(a[:]) }

// Short prints the address without leading zeros, for example "0x2".
func (a Address) Short() string {
	s := strings.TrimLeft(hex.EncodeToString(a[:]), "0")
	if s == "" {
		s = "0"
	}
	return "0x" + s
}

// IsZero reports whether all bytes are 0.
func (a Address) IsZero() bool { return a == Address{} }

// Compare orders addresses by their bytes.
func (a Address) Compare(b Address) int { return bytes.Compare(a[:], b[:]) }

// MarshalText prints the address for JSON and YAML.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what [ParseAddress] reads.
func (a *Address) UnmarshalText(b []byte) (err error) {
	*a, err = ParseAddress(string(b))
	return err
}

// ParseDigest reads the base58 form.
func ParseDigest(s string) (x Digest, err error) {
	if len(s) > 64 {
		return x, fmt.Errorf("parse digest: %d characters, want base58 of 32 bytes", len(s))
	}
	b, err := base58.Decode(s)
	if err != nil {
		return x, fmt.Errorf("parse digest %q: %w", s, err)
	}
	if len(b) != len(x) {
		return x, fmt.Errorf("parse digest %q: %d bytes, want 32", s, len(b))
	}
	copy(x[:], b)
	return x, nil
}

// String prints base58.
func (x Digest) String() string { return base58.Encode(x[:]) }

// IsZero reports whether all bytes are 0, the marker of genesis.
func (x Digest) IsZero() bool { return x == Digest{} }

// Compare orders digests by their bytes.
func (x Digest) Compare(y Digest) int { return bytes.Compare(x[:], y[:]) }

// MarshalText prints base58 for JSON and YAML.
func (x Digest) MarshalText() ([]byte, error) { return []byte(x.String()), nil }

// UnmarshalText reads base58.
func (x *Digest) UnmarshalText(b []byte) (err error) {
	*x, err = ParseDigest(string(b))
	return err
}

// IsIdentifier reports whether s is a Move identifier: ASCII letters, digits
// and underscores, not starting with a digit and not "_" alone.
func IsIdentifier(s string) bool {
	if s == "" || s == "_" || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}
