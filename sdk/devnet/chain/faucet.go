package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"connectrpc.com/connect"
	"github.com/rs/cors"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// faucetBudget is what one payment may cost, in MIST.
const faucetBudget = sui.MistPerSUI / 10

// faucetRequest is the body of POST /v2/gas.
type faucetRequest struct {
	FixedAmountRequest struct {
		Recipient string `json:"recipient"`
	} `json:"FixedAmountRequest"`
}

// faucetResponse is its answer. Status is "Success", or {"Failure": …}.
type faucetResponse struct {
	Status    any          `json:"status"`
	CoinsSent []faucetCoin `json:"coins_sent"`
}

type faucetCoin struct {
	Amount           uint64      `json:"amount"` // MIST
	ID               sui.Address `json:"id"`
	TransferTxDigest sui.Digest  `json:"transferTxDigest"`
}

// FaucetHandler serves POST /v2/gas as Sui's faucets do: it pays coins to the
// recipient from the treasury, by a real transaction.
func (c *Chain) FaucetHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "OK") })
	mux.HandleFunc("POST /v2/gas", c.serveFaucet)
	return cors.AllowAll().Handler(mux)
}

func (c *Chain) serveFaucet(w http.ResponseWriter, r *http.Request) {
	recipient, err := readFaucetRequest(http.MaxBytesReader(w, r.Body, 4<<10))
	if err != nil {
		writeFaucet(w, http.StatusBadRequest, faucetFailure(err))
		return
	}
	coins, err := c.pay(r.Context(), recipient)
	if err != nil {
		code := http.StatusInternalServerError
		switch connect.CodeOf(rpcError(err)) {
		case connect.CodeUnavailable, connect.CodeCanceled:
			code = http.StatusServiceUnavailable
		case connect.CodeResourceExhausted:
			code = http.StatusInsufficientStorage
		}
		writeFaucet(w, code, faucetFailure(err))
		return
	}
	writeFaucet(w, http.StatusCreated, faucetResponse{Status: "Success", CoinsSent: coins})
}

func readFaucetRequest(body io.Reader) (sui.Address, error) {
	var req faucetRequest
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	err := d.Decode(&req)
	if err == nil && d.More() {
		err = errors.New("there is more than one value")
	}
	if err != nil {
		return sui.Address{}, fmt.Errorf(`read faucet request: %w: send {"FixedAmountRequest":{"recipient":"0x…"}}`, err)
	}
	return parseAddress("recipient", req.FixedAmountRequest.Recipient)
}

func faucetFailure(err error) faucetResponse {
	return faucetResponse{Status: map[string]any{"Failure": map[string]string{"internal": err.Error()}}, CoinsSent: []faucetCoin{}}
}

func writeFaucet(w http.ResponseWriter, code int, body faucetResponse) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // a client that went away has nothing to be told
}

// pay sends the configured coins to an address. Payments share the treasury's
// largest coin, so they go one after the other.
func (c *Chain) pay(ctx context.Context, to sui.Address) ([]faucetCoin, error) {
	c.faucet.Lock()
	defer c.faucet.Unlock()
	gas, err := c.largestCoin(c.treasury.Address())
	if err != nil {
		return nil, fmt.Errorf("pay from faucet: %w", err)
	}
	b := sui.NewBuilder()
	amounts := make([]sui.Arg, c.cfg.FaucetCoins)
	for i := range amounts {
		amounts[i] = b.Pure(c.cfg.FaucetAmount)
	}
	split := b.SplitCoins(sui.GasCoin, amounts...)
	coins := make([]sui.Arg, len(amounts))
	for i := range coins {
		coins[i] = split.At(i)
	}
	b.Transfer(to, coins...)
	data, err := b.Build(c.treasury.Address(), sui.GasData{
		Payment: []sui.ObjectRef{gas}, Owner: c.treasury.Address(), Price: c.cfg.ReferenceGasPrice, Budget: faucetBudget,
	})
	if err != nil {
		return nil, fmt.Errorf("pay from faucet: %w", err)
	}
	s := &submission{data: data, raw: bcs.Marshal(data)}
	s.digest = sui.TransactionDigest(s.raw)
	sig, err := c.treasury.SignTransaction(s.raw)
	if err != nil {
		return nil, fmt.Errorf("pay from faucet: %w", err)
	}
	s.sigs = []sui.Signature{sig}
	if err := c.submit(ctx, s); err != nil {
		return nil, fmt.Errorf("pay from faucet: %w", err)
	}
	return c.paid(s.digest, to)
}

// largestCoin is the largest coin of SUI of an owner.
func (c *Chain) largestCoin(owner sui.Address) (ref sui.ObjectRef, err error) {
	err = c.ledger.read(func(v view) error {
		err := fmt.Errorf("%s has no coins", owner)
		v.scan(bucketOwned, key(owner[:], []byte(sui.SUICoinType().String()), []byte{0}), nil, func(k, version []byte) bool {
			_, _, id, _ := splitOwnedKey(k)
			var obj *sui.Object
			if obj, err = v.objectAt(id, fromBE(version)); err == nil {
				ref = obj.Ref()
			}
			return false
		})
		return err
	})
	return ref, err
}

// paid lists the coins that a payment created.
func (c *Chain) paid(digest sui.Digest, to sui.Address) (coins []faucetCoin, err error) {
	err = c.ledger.read(func(v view) error {
		rec, err := v.transaction(digest)
		if err != nil {
			return err
		}
		ex, err := rec.decode(digest)
		if err != nil {
			return err
		}
		if ex.effects.Status.Failure != nil {
			return fmt.Errorf("pay from faucet: %w", ex.effects.Status.Failure)
		}
		for _, changed := range ex.effects.Changed {
			if changed.Operation != sui.IDCreated || changed.OutputOwner != sui.AddressOwner(to) {
				continue
			}
			coins = append(coins, faucetCoin{Amount: c.cfg.FaucetAmount, ID: changed.ID, TransferTxDigest: digest})
		}
		return nil
	})
	return coins, err
}
