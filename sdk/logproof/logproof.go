// Package logproof checks offline that an entry is in a transparency log, and
// that witnesses saw the log grow without change.
//
// A log signs its size and root as a [Checkpoint]; a [Proof] is a file that
// leads from one entry to such a checkpoint. [Log] holds the keys that a reader
// trusts, [Log.Verify] checks a proof against them. The formats are those of
// C2SP: signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof and
// tlog-tiles (https://c2sp.org), hashes those of RFC 6962.
package logproof

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/floe-data/floe/sdk/canonical"
)

// Errors to tell apart.
var (
	// ErrSignature says that no trusted key of the log signed a checkpoint.
	ErrSignature = errors.New("the checkpoint is not signed with a trusted key of the log")
	// ErrNotIncluded says that a proof does not lead from the entry to the
	// root that the log signed.
	ErrNotIncluded = errors.New("the entry is not in the log at that place")
	// ErrWitnesses says that too few trusted witnesses cosigned.
	ErrWitnesses = errors.New("too few trusted witnesses cosigned the checkpoint")
)

// Hash is a node of the tree.
type Hash = tlog.Hash

// A Checkpoint is the state of a log: the tree of its first Size entries has
// the given root.
type Checkpoint struct {
	Origin string // name of the log, its first line
	Size   uint64
	Root   Hash
}

// Text is what is signed: three lines, each ended.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// ParseCheckpoint reads the text of a checkpoint, without its signatures.
// Extension lines are refused: logs of key servers write none.
func ParseCheckpoint(text string) (Checkpoint, error) {
	var c Checkpoint
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] == "" {
		return c, errors.New("parse checkpoint: want three lines: origin, size, root")
	}
	c.Origin = lines[0]
	var err error
	if c.Size, err = decimal(lines[1]); err != nil {
		return c, fmt.Errorf("parse checkpoint: size: %w", err)
	}
	if c.Root, err = parseHash(lines[2]); err != nil {
		return c, fmt.Errorf("parse checkpoint: root: %w", err)
	}
	return c, nil
}

// decimal reads a number without sign or leading zeros, at most 2^63-1.
func decimal(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || strconv.FormatUint(n, 10) != s {
		return 0, fmt.Errorf("%.20q is not a plain decimal number", s)
	}
	return n, nil
}

func parseHash(s string) (h Hash, err error) {
	b, err := canonical.Base64(base64.StdEncoding, s)
	if err != nil || len(b) != len(h) {
		return h, fmt.Errorf("%.60q is not 32 bytes in base64", s)
	}
	return Hash(b), nil
}

// A Log is a log that a reader trusts the keys of.
type Log struct {
	origin    string
	verifiers []note.Verifier
}

// NewLog returns the log with the given origin, signed by any of the keys.
func NewLog(origin string, keys ...ed25519.PublicKey) (*Log, error) {
	l := &Log{origin: origin}
	for _, k := range keys {
		v, err := Verifier(origin, k)
		if err != nil {
			return nil, err
		}
		l.verifiers = append(l.verifiers, v)
	}
	if len(l.verifiers) == 0 {
		return nil, fmt.Errorf("log %s has no key to verify it with", origin)
	}
	return l, nil
}

// Origin is the log's name.
func (l *Log) Origin() string { return l.origin }

// A SignedCheckpoint is a checkpoint that a trusted key of its log signed.
type SignedCheckpoint struct {
	Checkpoint
	Signature []byte // Ed25519 over Text, 64 bytes
	Raw       []byte // the signed note, cosignatures included
}

// Open checks the log's signature of a checkpoint.
func (l *Log) Open(raw []byte) (*SignedCheckpoint, error) {
	n, err := note.Open(raw, note.VerifierList(l.verifiers...))
	if err != nil {
		return nil, fmt.Errorf("open checkpoint of %s: %w: %v", l.origin, ErrSignature, err)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return nil, err
	}
	if c.Origin != l.origin {
		return nil, fmt.Errorf("open checkpoint: it is of log %q, want %q", c.Origin, l.origin)
	}
	sig, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	if err != nil || len(sig) != 4+ed25519.SignatureSize {
		return nil, fmt.Errorf("open checkpoint of %s: %w", l.origin, ErrSignature)
	}
	return &SignedCheckpoint{Checkpoint: c, Signature: sig[4:], Raw: raw}, nil
}

// Verify checks that leaf is the entry that p says, and returns the checkpoint
// that commits to it.
func (l *Log) Verify(p *Proof, leaf []byte) (*SignedCheckpoint, error) {
	c, err := l.Open(p.Checkpoint)
	if err != nil {
		return nil, err
	}
	if p.Index >= c.Size {
		return nil, fmt.Errorf("verify proof: %w: entry %d of a log with %d", ErrNotIncluded, p.Index, c.Size)
	}
	if err := tlog.CheckRecord(tlog.RecordProof(p.Hashes), int64(c.Size), c.Root, int64(p.Index), tlog.RecordHash(leaf)); err != nil {
		return nil, fmt.Errorf("verify proof: %w: %v", ErrNotIncluded, err)
	}
	return c, nil
}

// Verifier returns the verifier of an Ed25519 key in signed notes.
func Verifier(name string, key ed25519.PublicKey) (note.Verifier, error) {
	text, err := note.NewEd25519VerifierKey(name, key)
	if err != nil {
		return nil, fmt.Errorf("make verifier of %q: %w", name, err)
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, fmt.Errorf("make verifier of %q: %w", name, err)
	}
	return v, nil
}

// Signer returns the signer of an Ed25519 key in signed notes.
func Signer(name string, key ed25519.PrivateKey) (note.Signer, error) {
	v, err := Verifier(name, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	return signer{v, key}, nil
}

type signer struct {
	note.Verifier
	key ed25519.PrivateKey
}

func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

// Format hides the key from every fmt verb.
func (s signer) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "signer of %s (hidden)", s.Name()) }
