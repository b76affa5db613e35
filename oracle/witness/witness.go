// Package witness cosigns checkpoints of transparency logs: it vouches that it
// saw a log grow without a change. Whoever demands the cosignatures of several
// witnesses cannot be shown another log than everybody else.
//
// [New] makes a Witness that serves C2SP's tlog-witness protocol: one call,
// POST /add-checkpoint. It keeps the newest checkpoint of each log that it
// knows, and cosigns another only with a proof that the log grew from there.
// It holds no secret of anybody but its own key.
package witness

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/logproof"
)

// Config says who the witness is and which logs it watches.
type Config struct {
	// Name is the witness' name in signatures: a URL without its scheme, that
	// need not lead anywhere.
	Name string
	// Key signs. No other witness or log may use it.
	Key ed25519.PrivateKey
	// Dir keeps the newest checkpoint of each log, a file each. Whoever loses
	// it must use a new key.
	Dir string
	// Logs are the logs that are cosigned.
	Logs []*logproof.Log
	// Log gets problems. nil discards.
	Log *slog.Logger
	// Now tells the time. nil means time.Now.
	Now func() time.Time
}

// A Witness is safe for concurrent use.
type Witness struct {
	cfg  Config
	hash uint32
	logs map[string]*watched // by origin
}

// watched is a log with what was cosigned last.
type watched struct {
	*logproof.Log
	path string

	mu   sync.Mutex // held from comparing with last to storing the new one
	last logproof.Checkpoint
}

// New reads what was cosigned before.
func New(cfg Config) (*Witness, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if _, err := logproof.Verifier(cfg.Name, cfg.Key.Public().(ed25519.PublicKey)); err != nil {
		return nil, fmt.Errorf("create witness: %w", err)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create witness: %w", err)
	}
	w := &Witness{cfg: cfg, hash: keyHash(cfg.Name, cfg.Key), logs: map[string]*watched{}}
	for _, l := range cfg.Logs {
		if w.logs[l.Origin()] != nil {
			return nil, fmt.Errorf("create witness: log %s is listed twice", l.Origin())
		}
		name := sha256.Sum256([]byte(l.Origin()))
		at := &watched{Log: l, path: filepath.Join(cfg.Dir, fmt.Sprintf("%x.checkpoint", name[:16]))}
		if err := at.load(); err != nil {
			return nil, fmt.Errorf("create witness: %w", err)
		}
		w.logs[l.Origin()] = at
	}
	return w, nil
}

func (l *watched) load() error {
	b, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		l.last.Origin = l.Origin()
		return nil
	}
	if err != nil {
		return err
	}
	c, err := l.Open(b)
	if err != nil {
		return fmt.Errorf("%s: %w; restore it from a copy, or begin anew with another key", l.path, err)
	}
	l.last = c.Checkpoint
	return nil
}

// algorithm is that of Ed25519 cosignatures in verifier keys.
const algorithm = 4

// VerifierKey is what others verify cosignatures with, in the form of signed
// notes: name, hash and key.
func (w *Witness) VerifierKey() string { return VerifierKey(w.cfg.Name, w.cfg.Key) }

// VerifierKey is the verifier key of a witness with the given name and key.
func VerifierKey(name string, key ed25519.PrivateKey) string {
	public := append([]byte{algorithm}, key.Public().(ed25519.PublicKey)...)
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, key), base64.StdEncoding.EncodeToString(public))
}

// keyHash is the key id of tlog-cosignature.
func keyHash(name string, key ed25519.PrivateKey) uint32 {
	h := sha256.Sum256(append([]byte(name+"\n\x04"), key.Public().(ed25519.PublicKey)...))
	return binary.BigEndian.Uint32(h[:4])
}

// cosign returns the signature line for a checkpoint.
func (w *Witness) cosign(c logproof.Checkpoint) string {
	now := w.cfg.Now().Unix()
	b := binary.BigEndian.AppendUint32(nil, w.hash)
	b = binary.BigEndian.AppendUint64(b, uint64(now))
	b = append(b, ed25519.Sign(w.cfg.Key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", now, c.Text()))...)
	return fmt.Sprintf("\u2014 %s %s\n", w.cfg.Name, base64.StdEncoding.EncodeToString(b))
}

// Refusals, each an HTTP status of the protocol.
var (
	errMalformed  = errors.New("the request is malformed")
	errUnknownLog = errors.New("the log is not known here")
	errUnsigned   = errors.New("no known key of the log signed the checkpoint")
	errOldSize    = errors.New("the old size is larger than the new one")
	errSize       = errors.New("another size was cosigned last")
	errRoot       = errors.New("another tree of this size was cosigned")
	errProof      = errors.New("the proof does not lead from the old tree to the new one")
)

// request is the body of add-checkpoint.
type request struct {
	oldSize    uint64
	proof      tlog.TreeProof
	checkpoint []byte
}

// addCheckpoint checks and stores a checkpoint and returns the signature line.
// With errSize comes the size that was cosigned last.
func (w *Witness) addCheckpoint(r *request) (line string, size uint64, err error) {
	origin, _, _ := strings.Cut(string(r.checkpoint), "\n")
	l := w.logs[origin]
	if l == nil {
		return "", 0, errUnknownLog
	}
	c, err := l.Open(r.checkpoint)
	if err != nil {
		return "", 0, fmt.Errorf("%w: %w", errUnsigned, err)
	}
	if r.oldSize > c.Size {
		return "", 0, errOldSize
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.follows(r, c.Checkpoint); err != nil {
		return "", l.last.Size, err
	}
	if c.Checkpoint != l.last {
		if err := durable.WriteFile(l.path, signedByLog(l.Log, r.checkpoint), 0o600); err != nil {
			return "", 0, fmt.Errorf("store checkpoint: %w", err)
		}
		l.last = c.Checkpoint
	}
	return w.cosign(c.Checkpoint), c.Size, nil
}

// follows demands that c's tree begins with the one that was cosigned last.
func (l *watched) follows(r *request, c logproof.Checkpoint) error {
	switch {
	case r.oldSize != l.last.Size:
		return errSize
	case r.oldSize == 0 && len(r.proof) == 0:
		return nil
	case r.oldSize == c.Size && c.Root != l.last.Root:
		return errRoot
	case r.oldSize == c.Size && len(r.proof) == 0:
		return nil
	case r.oldSize == 0:
		return errProof
	}
	if err := tlog.CheckTree(r.proof, int64(c.Size), c.Root, int64(l.last.Size), l.last.Root); err != nil {
		return fmt.Errorf("%w: %v", errProof, err)
	}
	return nil
}

// signedByLog keeps only the text and signatures that the log itself made:
// what others appended is not stored.
func signedByLog(l *logproof.Log, raw []byte) []byte {
	text, sigs, _ := strings.Cut(string(raw), "\n\n")
	var b strings.Builder
	b.WriteString(text + "\n\n")
	for line := range strings.Lines(sigs) {
		if strings.HasPrefix(line, "\u2014 "+l.Origin()+" ") {
			b.WriteString(line)
		}
	}
	return []byte(b.String())
}
