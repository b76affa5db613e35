package tilelog

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"github.com/floe-data/floe/sdk/logproof"
)

// sizeKind is how a witness marks the answer that it has seen another size than
// the one that it was told (tlog-witness).
const sizeKind = "text/x.tlog.size"

// Seen is how much of a log a witness says it has cosigned.
type Seen struct {
	Witness string
	Size    uint64
}

// AskWitnesses asks the witnesses of a policy how much of a log they have
// cosigned; those that don't answer are left out. They are offered the empty log,
// which every log was once.
func AskWitnesses(ctx context.Context, policy *logproof.WitnessPolicy, origin string, key ed25519.PrivateKey) ([]Seen, error) {
	urls, names := policy.URLs()
	if len(urls) == 0 {
		return nil, nil
	}
	signer, err := logproof.Signer(origin, key)
	if err != nil {
		return nil, err
	}
	empty, err := note.Sign(&note.Note{Text: logproof.Checkpoint{Origin: origin, Root: logproof.Hash(rfc6962.DefaultHasher.EmptyRoot())}.Text()}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign empty log: %w", err)
	}
	body := append([]byte("old 0\n\n"), empty...)
	out, known := make([]Seen, len(urls)), make([]bool, len(urls))
	var asked sync.WaitGroup
	for i := range urls {
		asked.Go(func() {
			out[i].Witness = names[i]
			out[i].Size, known[i] = askSize(ctx, urls[i], body)
		})
	}
	asked.Wait()
	kept := out[:0]
	for i, s := range out {
		if known[i] {
			kept = append(kept, s)
		}
	}
	return kept, nil
}

// CheckSeen demands that no witness has cosigned more than a journal's length
// receipts: ErrRolledBack if one has. That happens when the whole directory was
// lost, or an old copy came back without the log, which would otherwise begin
// anew, and give the same numbers to other receipts. A witness that lies can keep
// a log from being opened.
func CheckSeen(seen []Seen, length uint64) error {
	var errs []error
	for _, s := range seen {
		if s.Size > length {
			errs = append(errs, fmt.Errorf("%w: the witness %s has cosigned %d, the journal has %d; restore the newer journal, or the key server would sign other "+
				"receipts with the same numbers. If it is lost for ever, make other keys and register them", ErrRolledBack, s.Witness, s.Size, length))
		}
	}
	return errors.Join(errs...)
}

// silences are witnesses that did not answer, and since when. A server with many
// logs waits for each of them once, not once for each log.
var silences sync.Map // URL -> time.Time

// silence is for how long such a witness is not asked again.
const silence = time.Minute

// askSize offers a checkpoint to a witness, and returns the size that it has seen
// if that is another one: not, if it has seen none.
func askSize(ctx context.Context, url string, body []byte) (size uint64, ok bool) {
	if since, ok := silences.Load(url); ok && time.Since(since.(time.Time)) < silence {
		return 0, false
	}
	ctx, cancel := context.WithTimeout(ctx, witnessTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		silences.Store(url, time.Now())
		return 0, false
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 32))
	if err != nil || res.StatusCode != http.StatusConflict || res.Header.Get("Content-Type") != sizeKind {
		return 0, false
	}
	size, err = strconv.ParseUint(strings.TrimSuffix(string(text), "\n"), 10, 63)
	return size, err == nil
}
