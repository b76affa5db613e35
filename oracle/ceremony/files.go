package ceremony

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/seal"
)

// The files of a member, in a folder for each ceremony:
//
//	encryption.key, signing.key   the member's secrets for the ceremony
//	fingerprint                   of the committee that the member dealt to
//	dealt                         what it dealt: a member deals once
//	messages/party-N.message      what party N dealt: public, to be exchanged
//	party-N.complaint             proof that party N cheated: public, to be shown
//	share-vN.key                  the member's share of version N of the key
//
// Keys are 32 bytes in hex, open or sealed with age, as all keys of a server.
// Messages and complaints are the BCS of package dkg, as it is.
const (
	EncryptionKeyFile = "encryption.key"
	SigningKeyFile    = "signing.key"
	MessagesDir       = "messages"
	fingerprintFile   = "fingerprint"
	dealtFile         = "dealt"
	messageSuffix     = ".message"
)

// Messages grow with the committee: 130 bytes for a member of 1,000.
const (
	maxMessageSize   = 1 << 20
	maxComplaintSize = 1 << 10
	maxMessages      = 1000
)

// CreateKeys draws a member's keys and writes them to dir, which is created with
// mode 0700, sealed if id is not nil. It never replaces a key.
func CreateKeys(dir string, random io.Reader, id *secret.Identity) (*dkg.Keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create ceremony keys: %w", err)
	}
	for _, name := range []string{EncryptionKeyFile, SigningKeyFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("create ceremony keys: %s exists already and is not replaced; give another folder, one for each ceremony", filepath.Join(dir, name))
		}
	}
	keys, err := dkg.GenerateKeys(random)
	if err != nil {
		return nil, err
	}
	b := keys.Bytes()
	for i, name := range []string{EncryptionKeyFile, SigningKeyFile} {
		if err := secret.WriteKey(filepath.Join(dir, name), b[32*i:32*(i+1)], id); err != nil {
			return nil, fmt.Errorf("create ceremony keys: %w", err)
		}
	}
	return keys, nil
}

// LoadKeys reads the keys that CreateKeys wrote.
func LoadKeys(ctx context.Context, dir string, id *secret.Identity) (*dkg.Keys, error) {
	var b []byte
	for _, name := range []string{EncryptionKeyFile, SigningKeyFile} {
		k, err := secret.ReadKey(ctx, secret.Source{File: filepath.Join(dir, name)}, id)
		if errors.Is(err, secret.ErrMissing) {
			err = fmt.Errorf("%w; floe-oracle dkg keygen --dir %s makes keys", err, dir)
		}
		if err != nil {
			return nil, fmt.Errorf("load ceremony keys: %w", err)
		}
		b = append(b, k...)
	}
	return dkg.ParseKeys(b)
}

// ShareFile is where a member's share of a version is, in a folder.
func ShareFile(dir string, version uint32) string {
	return filepath.Join(dir, keyserver.ShareFile(version))
}

// WriteShare writes a member's share. If it is there already that is fine; another
// one is not replaced.
func WriteShare(ctx context.Context, path string, share *seal.MasterKey, id *secret.Identity) error {
	had, err := secret.ReadKey(ctx, secret.Source{File: path}, id)
	switch {
	case errors.Is(err, secret.ErrMissing):
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			err = secret.WriteKey(path, share.Bytes(), id)
		}
	case err == nil && !bytes.Equal(had, share.Bytes()):
		err = fmt.Errorf("%s has another share, and is not replaced; if it is of a ceremony that came to nothing, move it away", path)
	}
	if err != nil {
		return fmt.Errorf("write share: %w", err)
	}
	return nil
}

// Pin notes the fingerprint of the committee that a member deals to.
func Pin(dir string, fingerprint [32]byte) error {
	err := durable.CreateFile(filepath.Join(dir, fingerprintFile), fmt.Appendf(nil, "%x\n", fingerprint), 0o644)
	if errors.Is(err, fs.ErrExist) {
		return CheckPin(dir, fingerprint)
	}
	if err != nil {
		return fmt.Errorf("note fingerprint: %w", err)
	}
	return nil
}

// CheckPin demands that a committee is the one that the member dealt to, if it has
// dealt yet: a full node that shows another one later has the honest look like
// cheats.
func CheckPin(dir string, fingerprint [32]byte) error {
	b, err := readBounded(filepath.Join(dir, fingerprintFile), 100)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("read fingerprint: %w", err)
	case strings.TrimSpace(string(b)) != fmt.Sprintf("%x", fingerprint):
		return fmt.Errorf("the fingerprint of the committee is %x here, and was %s when this member dealt: this node shows other members or keys; ask another node", fingerprint, bytes.TrimSpace(b))
	}
	return nil
}

// A Message is what a party dealt.
type Message struct {
	File  string
	Party int // as the message says; unverified
	Bytes []byte
}

// MessageFile is the file of a party's message, in a folder.
func MessageFile(dir string, party int) string {
	return filepath.Join(dir, fmt.Sprintf("party-%d%s", party, messageSuffix))
}

// KeepDealt writes what a member dealt to its folder, before anybody else gets it. It
// never replaces a message ([fs.ErrExist]): two of one party are a proof that it cheats.
func KeepDealt(dir string, message []byte) error {
	if err := durable.CreateFile(filepath.Join(dir, dealtFile), message, 0o644); err != nil {
		return fmt.Errorf("keep message: %w", err)
	}
	return nil
}

// Dealt reads what KeepDealt wrote. An error wraps [fs.ErrNotExist] if the member has
// not dealt.
func Dealt(dir string) ([]byte, error) { return readMessage(filepath.Join(dir, dealtFile)) }

// WriteMessage writes what a party dealt to the folder of all messages. If it is there
// already that is fine; another one is not replaced ([fs.ErrExist]).
func WriteMessage(dir string, party int, message []byte) (path string, err error) {
	path = MessageFile(dir, party)
	if err = os.MkdirAll(dir, 0o755); err == nil {
		err = durable.CreateFile(path, message, 0o644)
	}
	if errors.Is(err, fs.ErrExist) {
		if had, failed := readMessage(path); failed == nil && bytes.Equal(had, message) {
			return path, nil
		}
		err = fmt.Errorf("%w, with another message than what this party dealt: ask who put it there, and remove it", err)
	}
	if err != nil {
		return "", fmt.Errorf("write message: %w", err)
	}
	return path, nil
}

// readMessage reads one message.
func readMessage(path string) ([]byte, error) {
	b, err := readBounded(path, maxMessageSize)
	if err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	return b, nil
}

// ReadMessages reads all messages in a folder, by party. Two of one party are an
// error: it says which of them counts.
func ReadMessages(dir string) ([]Message, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	var out []Message
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), messageSuffix) || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if len(out) == maxMessages {
			return nil, fmt.Errorf("read messages: %s has more than %d", dir, maxMessages)
		}
		m := Message{File: filepath.Join(dir, e.Name())}
		if m.Bytes, err = readBounded(m.File, maxMessageSize); err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		if m.Party, err = dkg.Sender(m.Bytes); err != nil {
			return nil, fmt.Errorf("read messages: %s: %w", m.File, err)
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b Message) int { return a.Party - b.Party })
	for i := range out[:max(0, len(out)-1)] {
		if out[i].Party == out[i+1].Party {
			return nil, fmt.Errorf("read messages: %s and %s are both of party %d: ask it which one counts, and remove the other", out[i].File, out[i+1].File, out[i].Party)
		}
	}
	return out, nil
}

// stays tells whether a party was in the old committee.
func (s *State) stays(party int) bool {
	return party < len(s.Members) && s.OldParty(party) != dkg.NotOld
}

func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s has more than %d bytes", path, limit)
	}
	return b, err
}

// Choose picks the messages that count: all for a new key; in a rotation those
// of the given dealers or, without any, of the lowest parties, as many as are
// needed. All members must choose the same.
func (s *State) Choose(messages []Message, dealers []int) ([][]byte, []int, error) {
	var out [][]byte
	var parties []int
	for _, m := range messages {
		if len(dealers) > 0 && !slices.Contains(dealers, m.Party) {
			continue
		}
		if len(dealers) == 0 && s.Old != nil && (len(out) == s.Dealers() || !s.stays(m.Party)) {
			continue
		}
		out, parties = append(out, m.Bytes), append(parties, m.Party)
	}
	if len(out) >= s.Dealers() {
		return out, parties, nil
	}
	if s.Old != nil {
		return nil, nil, fmt.Errorf("there are %d messages, and %d are needed of members who were in the old committee", len(out), s.Dealers())
	}
	missing := s.without(func(Member) bool { return false })
	missing = slices.DeleteFunc(missing, func(i int) bool { return slices.Contains(parties, i) })
	return nil, nil, fmt.Errorf("messages are missing of %s", strings.Join(s.Names(missing), ", "))
}

// WriteComplaint writes the proof that a party cheated, if there is one.
func WriteComplaint(dir string, b *dkg.Blame) (path string, err error) {
	if b.Complaint == nil {
		return "", nil
	}
	path = filepath.Join(dir, fmt.Sprintf("party-%d.complaint", b.Party))
	if err := durable.WriteFile(path, b.Complaint, 0o644); err != nil {
		return "", fmt.Errorf("write complaint: %w", err)
	}
	return path, nil
}

// ReadComplaint reads what WriteComplaint wrote.
func ReadComplaint(path string) ([]byte, error) {
	b, err := readBounded(path, maxComplaintSize)
	if err != nil {
		return nil, fmt.Errorf("read complaint: %w", err)
	}
	return b, nil
}
