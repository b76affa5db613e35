package logproof

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/floe-data/floe/sdk/canonical"
)

const (
	proofHeader = "c2sp.org/tlog-proof@v1"
	// maxHashes is the longest path: of a tree with 2^63 entries.
	maxHashes = 63
	// MaxProof bounds a proof file: an entry's opening and the cosignatures of
	// some hundred witnesses are far below it.
	MaxProof = 256 << 10
)

// A Proof is the content of a tlog-proof file: the path from an entry to a
// checkpoint.
type Proof struct {
	// Index is the entry's place in the log, from 0.
	Index uint64
	// Hashes lead from the entry's sibling up to the root's child.
	Hashes []Hash
	// Checkpoint is a signed note, cosignatures included.
	Checkpoint []byte
	// Extra is what the entry was made from, if anything. Nothing vouches for
	// it until the entry is recomputed from it.
	Extra []byte
}

// Bytes returns the file.
func (p *Proof) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString(proofHeader + "\n")
	if p.Extra != nil {
		fmt.Fprintf(&b, "extra %s\n", base64.StdEncoding.EncodeToString(p.Extra))
	}
	fmt.Fprintf(&b, "index %d\n", p.Index)
	for _, h := range p.Hashes {
		fmt.Fprintf(&b, "%s\n", base64.StdEncoding.EncodeToString(h[:]))
	}
	b.WriteByte('\n')
	b.Write(p.Checkpoint)
	return b.Bytes()
}

// ParseProof reads a tlog-proof file. Only the one spelling that Bytes writes
// is accepted. The checkpoint is not looked into.
func ParseProof(b []byte) (*Proof, error) {
	if len(b) > MaxProof {
		return nil, fmt.Errorf("parse proof: %d bytes, want at most %d", len(b), MaxProof)
	}
	head, checkpoint, ok := strings.Cut(string(b), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || lines[0] != proofHeader {
		return nil, fmt.Errorf("parse proof: it does not begin with the line %s: is it a tlog-proof file?", proofHeader)
	}
	p := &Proof{Checkpoint: []byte(checkpoint)}
	lines = lines[1:]
	if len(lines) > 0 {
		if text, ok := strings.CutPrefix(lines[0], "extra "); ok {
			extra, err := canonical.Base64(base64.StdEncoding, text)
			if err != nil {
				return nil, errors.New("parse proof: the extra line is not base64")
			}
			p.Extra, lines = append([]byte{}, extra...), lines[1:]
		}
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return nil, errors.New("parse proof: the index line is missing")
	}
	var err error
	if p.Index, err = decimal(lines[0][len("index "):]); err != nil {
		return nil, fmt.Errorf("parse proof: index: %w", err)
	}
	if lines = lines[1:]; len(lines) > maxHashes {
		return nil, fmt.Errorf("parse proof: %d hashes, want at most %d", len(lines), maxHashes)
	}
	for _, l := range lines {
		h, err := parseHash(l)
		if err != nil {
			return nil, fmt.Errorf("parse proof: %w", err)
		}
		p.Hashes = append(p.Hashes, h)
	}
	if !bytes.Equal(p.Bytes(), b) {
		return nil, errors.New("parse proof: it is not spelled as the format demands")
	}
	return p, nil
}
