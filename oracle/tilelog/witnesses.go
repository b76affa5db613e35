package tilelog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/floe-data/floe/sdk/logproof"
)

// sizeKind is how a witness marks the answer that it has seen another size than
// the one that it was told (tlog-witness).
const sizeKind = "text/x.tlog.size"

// AskWitnesses demands that no witness of a policy has cosigned more of a log
// than the journal's length receipts: ErrRolledBack if one has. That happens when
// the whole directory was lost, or an old copy came back without the log, which
// would otherwise begin anew, and give the same numbers to other receipts.
// published is the log's checkpoint. Witnesses that don't answer say nothing, and
// a witness that lies can keep a log from being opened.
func AskWitnesses(ctx context.Context, policy *logproof.WitnessPolicy, published []byte, size, length uint64) error {
	urls, names := policy.URLs()
	body := append(fmt.Appendf(nil, "old %d\n\n", size), published...)
	errs := make([]error, len(urls))
	var asked sync.WaitGroup
	for i := range urls {
		asked.Go(func() {
			if seen, ok := askSize(ctx, urls[i], body); ok && seen > length {
				errs[i] = fmt.Errorf("%w: the witness %s has cosigned %d, the journal has %d; restore the newer journal, or the key server would sign other "+
					"receipts with the same numbers. If it is lost for ever, make other keys and register them", ErrRolledBack, names[i], seen, length)
			}
		})
	}
	asked.Wait()
	return errors.Join(errs...)
}

// askSize offers a checkpoint to a witness, and returns the size that it has seen
// if that is another one.
func askSize(ctx context.Context, url string, body []byte) (size uint64, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, witnessTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
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
