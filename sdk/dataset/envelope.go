package dataset

import (
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// StanzaType is the type of our age recipient stanza. Its body is a Seal
// EncryptedObject (BCS) whose plaintext is the 16-byte age file key; it has no
// arguments, because the object names its package, identity, key servers and
// threshold itself.
const StanzaType = "seal"

// fileKeySize is the size of an age file key.
const fileKeySize = 16

// maxStanza bounds the Seal object in a header: 254 servers take less than
// 20 KB.
const maxStanza = 64 << 10

// A Sealer is an age recipient that wraps a file key as a Seal object.
type Sealer func(fileKey []byte) (object []byte, err error)

// An Opener is an age identity that unwraps a file key from a Seal object. It
// is an error that decides: when there is a seal stanza that it cannot open,
// no other stanza of that type is tried.
type Opener func(object []byte) (fileKey []byte, err error)

var (
	_ age.Recipient = Sealer(nil)
	_ age.Identity  = Opener(nil)
)

// Wrap makes the stanza for one file key.
func (s Sealer) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	object, err := s(fileKey)
	if err != nil {
		return nil, fmt.Errorf("seal file key: %w", err)
	}
	return []*age.Stanza{{Type: StanzaType, Body: object}}, nil
}

// Unwrap opens the first seal stanza.
func (o Opener) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, st := range stanzas {
		if st.Type != StanzaType {
			continue
		}
		if len(st.Args) != 0 || len(st.Body) > maxStanza {
			return nil, errors.New("malformed seal stanza")
		}
		key, err := o(st.Body)
		if err != nil {
			return nil, fmt.Errorf("open file key: %w", err)
		}
		if len(key) != fileKeySize {
			return nil, fmt.Errorf("open file key: %d bytes instead of %d", len(key), fileKeySize)
		}
		return key, nil
	}
	return nil, age.ErrIncorrectIdentity
}

// seal encrypts src to dst as an age v1 file for all recipients.
func encrypt(dst io.Writer, src io.Reader, recipients ...age.Recipient) error {
	w, err := age.Encrypt(dst, recipients...)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, src); err != nil {
		return err
	}
	return w.Close()
}
