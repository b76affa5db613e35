package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// An Identity opens what is sealed with age, and seals: it is made of a
// passphrase or of an age identity.
type Identity struct {
	open []age.Identity
	seal age.Recipient
}

// identityPrefixes begin the line of an age identity: of X25519 and of its
// combination with ML-KEM-768.
var identityPrefixes = []string{"AGE-SECRET-KEY-1", "AGE-SECRET-KEY-PQ-1"}

// LoadIdentity reads an identity from a place: the file that age-keygen
// writes, or else a passphrase. Trailing line ends do not belong to it.
func LoadIdentity(ctx context.Context, from Source) (*Identity, error) {
	text, err := from.Read(ctx, nil)
	if err != nil {
		return nil, err
	}
	id, err := ParseIdentity(string(text))
	if err != nil {
		return nil, fmt.Errorf("read age identity from %s: %w", from, err)
	}
	return id, nil
}

// ParseIdentity is LoadIdentity of a text.
func ParseIdentity(text string) (*Identity, error) {
	for line := range strings.Lines(text) {
		for _, p := range identityPrefixes {
			if strings.HasPrefix(line, p) {
				return parseKeys(text)
			}
		}
	}
	return newPassphrase(strings.TrimRight(text, "\r\n"), scryptWork)
}

func parseKeys(text string) (*Identity, error) {
	ids, err := age.ParseIdentities(strings.NewReader(text))
	if err != nil {
		return nil, errors.New("it does not parse as an age identity file: make one with age-keygen") // err might show the line
	}
	id := &Identity{open: ids}
	switch first := ids[0].(type) {
	case *age.X25519Identity:
		id.seal = first.Recipient()
	case *age.HybridIdentity:
		id.seal = first.Recipient()
	default:
		return nil, errors.New("its kind of age identity is not supported: make one with age-keygen")
	}
	return id, nil
}

// scryptWork is the work factor of passphrases, that of age's own program: a
// second or so.
const scryptWork = 18

func newPassphrase(pass string, work int) (*Identity, error) {
	if pass == "" {
		return nil, errors.New("the passphrase is empty")
	}
	in, err := age.NewScryptIdentity(pass)
	if err != nil {
		return nil, errors.New("the passphrase cannot be used")
	}
	out, err := age.NewScryptRecipient(pass)
	if err != nil {
		return nil, errors.New("the passphrase cannot be used")
	}
	out.SetWorkFactor(work)
	return &Identity{open: []age.Identity{in}, seal: out}, nil
}

const binaryHeader = "age-encryption.org/v1\n"

// IsSealed reports whether b is an age file, binary or armored.
func IsSealed(b []byte) bool {
	return bytes.HasPrefix(b, []byte(binaryHeader)) || bytes.HasPrefix(bytes.TrimSpace(b), []byte(armor.Header))
}

// Open opens an age file, binary or armored. A nil Identity opens none.
func (id *Identity) Open(sealed []byte) ([]byte, error) {
	if id == nil {
		return nil, errors.New("it is sealed with age: say where its passphrase or identity is, with age_identity in the configuration or --age-identity")
	}
	var from io.Reader = bytes.NewReader(sealed)
	if !bytes.HasPrefix(sealed, []byte(binaryHeader)) {
		from = armor.NewReader(bytes.NewReader(bytes.TrimSpace(sealed)))
	}
	r, err := age.Decrypt(from, id.open...)
	if err != nil {
		return nil, fmt.Errorf("open age file: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err == nil && len(b) > maxSize {
		err = fmt.Errorf("more than %d bytes", maxSize)
	}
	if err != nil {
		return nil, fmt.Errorf("open age file: %w", err)
	}
	return b, nil
}

// Seal returns an armored age file that the identity opens.
func (id *Identity) Seal(b []byte) ([]byte, error) {
	var out bytes.Buffer
	a := armor.NewWriter(&out)
	w, err := age.Encrypt(a, id.seal)
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = errors.Join(w.Close(), a.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("seal with age: %w", err)
	}
	return out.Bytes(), nil
}
