package suirpc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/floe-data/floe/sdk/sui"
)

// RequestGas asks a faucet for SUI: POST {faucetURL}/v2/gas, as Sui's faucets
// for devnets and testnets serve it. It returns when the faucet has answered;
// the coins are on chain then or soon after.
func (c *Client) RequestGas(ctx context.Context, faucetURL string, addr sui.Address) error {
	ctx, cancel := context.WithTimeout(ctx, executeTimeout)
	defer cancel()
	body, _ := json.Marshal(map[string]any{"FixedAmountRequest": map[string]string{"recipient": addr.String()}})
	url := strings.TrimRight(faucetURL, "/") + "/v2/gas"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("request gas: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("request gas: faucet unreachable: %w; check its URL, mainnet has none", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("request gas from %s: %w", url, err)
	}
	if res.StatusCode == http.StatusTooManyRequests {
		return fmt.Errorf("request gas: %s gives no more to this caller for now; wait a few minutes", url)
	}
	// status is "Success" or {"Failure": …}.
	var out struct {
		Status json.RawMessage `json:"status"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return fmt.Errorf("request gas: %s answers %s, not a faucet's JSON", url, res.Status)
	}
	if string(out.Status) != `"Success"` {
		return fmt.Errorf("request gas: %s refuses: %s", url, bytes.TrimSpace(answer))
	}
	return nil
}
