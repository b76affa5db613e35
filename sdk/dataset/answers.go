package dataset

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// KeyAnswer is what one key server said, with the receipt for it, or one member
// of a committee.
type KeyAnswer struct {
	// Server is the KeyServer object, or the address of a member: who signs the
	// receipt.
	Server  sui.Address          `json:"server"`
	Name    string               `json:"name"`
	URL     string               `json:"url"`
	Outcome string               `json:"outcome"` // one of seal's, such as seal.OutcomeReleased
	Detail  string               `json:"detail,omitempty"`
	Receipt string               `json:"receipt,omitempty"` // JWT
	Opening *seal.ReceiptOpening `json:"receipt_opening,omitempty"`
	// Problem is why the receipt is not one of this answer; "" if it is, as far
	// as it can be told without the server's keys.
	Problem string `json:"receipt_problem,omitempty"`
	// Members are the answers of a committee's members, by party. The receipts
	// are theirs then.
	Members []KeyAnswer `json:"members,omitempty"`
}

func (k KeyAnswer) label() string {
	if k.Name != "" {
		return k.Name
	}
	return k.Server.String()
}

func (k KeyAnswer) String() string {
	s := fmt.Sprintf("%-12s %s", k.Outcome, k.label())
	if k.Detail != "" {
		s += ": " + k.Detail
	}
	if k.Problem != "" {
		s += "; BAD RECEIPT: " + k.Problem
	}
	for _, m := range k.Members {
		s += "\n           " + strings.ReplaceAll(m.String(), "\n", " ")
	}
	return s
}

// A RefusedError says that the key servers would not release the keys: each
// server's answer, and what would help.
type RefusedError struct {
	Answers []KeyAnswer
	Remedy  string
	err     *seal.FetchError
}

// Error names the servers once for each different answer.
func (e *RefusedError) Error() string {
	var said []string
	names := map[string][]string{}
	for _, a := range e.Answers {
		text := a.Outcome + " by %s"
		if a.Detail != "" {
			text += ": " + strings.ReplaceAll(a.Detail, "%", "%%")
		}
		if names[text] == nil {
			said = append(said, text)
		}
		names[text] = append(names[text], a.label())
	}
	for i, text := range said {
		said[i] = fmt.Sprintf(text, strings.Join(names[text], ", "))
	}
	return fmt.Sprintf("get keys: %d of %d shares; %s", e.err.Weight, e.err.Threshold, strings.Join(said, "; "))
}

// Unwrap returns the client's error, in which errors.As finds each server's.
func (e *RefusedError) Unwrap() error { return e.err }

// Hint is the remedy.
func (e *RefusedError) Hint() string { return e.Remedy }

// answers describes what the key servers answered to a request.
func answers(ctx context.Context, env *Env, req *seal.FetchKeyRequest, reports []seal.ServerReport) []KeyAnswer {
	var out []KeyAnswer
	for _, r := range reports {
		k := KeyAnswer{Server: r.Server, Name: r.Name, URL: r.URL, Receipt: r.Receipt, Opening: r.Opening}
		k.describe(r.Err)
		k.check(env, req, r.Shares)
		if len(r.Members) > 0 {
			k.Members = memberAnswers(ctx, env, req, &r)
		}
		out = append(out, k)
	}
	return out
}

// memberAnswers are those of a committee. Who a member is, and so signs its
// receipts, the chain says.
func memberAnswers(ctx context.Context, env *Env, req *seal.FetchKeyRequest, r *seal.ServerReport) []KeyAnswer {
	addresses, err := contract.MemberAddresses(ctx, env.Chain, r.Server, len(r.Members))
	var out []KeyAnswer
	for i, m := range r.Members {
		k := KeyAnswer{Name: m.Name, URL: m.URL, Receipt: m.Receipt, Opening: m.Opening}
		k.describe(m.Err)
		if err == nil {
			k.Server = addresses[i]
			k.check(env, req, m.Shares)
		} else if m.Receipt != "" {
			k.Problem = "who the member is could not be found out: " + err.Error()
		}
		out = append(out, k)
	}
	return out
}

// describe says what an error, nil for a release, comes to.
func (k *KeyAnswer) describe(err error) {
	var refused *seal.ServerError
	var bad *seal.MisbehaviorError
	var few *seal.CommitteeError
	switch {
	case err == nil:
		k.Outcome = seal.OutcomeReleased
	case errors.As(err, &few) && !errors.As(few.Cause(), &refused):
		k.Outcome, k.Detail = seal.OutcomeUnreachable, fmt.Sprintf("%d of the %d members that are needed gave a right share", few.Good, few.Threshold)
	case errors.Is(err, seal.ErrNotNeeded):
		k.Outcome = seal.OutcomeNotNeeded
	case errors.As(err, &bad):
		k.Outcome, k.Detail = seal.OutcomeMisbehaved, bad.Reason
		if bad.Hearsay {
			k.Detail = "so the aggregator says: " + bad.Reason
		}
	case errors.As(err, &refused):
		k.Outcome, k.Detail = seal.OutcomeRefused, refused.Message
		if refused.Reason != nil && refused.Reason.Rule != "" {
			k.Detail = fmt.Sprintf("%s (%s)", refused.Reason.Rule, refused.Reason.Code)
		}
	default:
		k.Outcome, k.Detail = seal.OutcomeUnreachable, err.Error()
	}
}

// check finds receipts that are not of this answer: of another server, request,
// requester, decision, or of other shares. Their signatures are checked with
// the server's keys, see package receipt.
func (k *KeyAnswer) check(env *Env, req *seal.FetchKeyRequest, shares []seal.EncryptedKey) {
	if k.Receipt == "" {
		return
	}
	if err := k.checkReceipt(env, req, shares); err != nil {
		k.Problem = err.Error()
	}
}

func (k *KeyAnswer) checkReceipt(env *Env, req *seal.FetchKeyRequest, shares []seal.EncryptedKey) error {
	r, err := receipt.Parse(k.Receipt)
	if err != nil {
		return err
	}
	if r.Issuer != k.Server.String() {
		return fmt.Errorf("check receipt %d: it is of another server", r.Sequence)
	}
	token := ""
	if a, ok := env.Signer.(*ServiceAccount); ok {
		token = strings.TrimSpace(a.Token)
	}
	if err := r.CheckRequest(req, env.Network.Packages["access"].Original, token); err != nil {
		return err
	}
	if k.Opening == nil || len(k.Opening.Salt) != 32 || k.Opening.Requester != env.Signer.Address() {
		return fmt.Errorf("check receipt %d: it came without its opening", r.Sequence)
	}
	if err := (receipt.Opening{Salt: [32]byte(k.Opening.Salt), Requester: k.Opening.Requester}).Check(&r.Claims); err != nil {
		return err
	}
	if len(shares) > 0 {
		return r.CheckShares(shares)
	}
	if k.Outcome == seal.OutcomeReleased || k.Outcome == seal.OutcomeRefused && r.Decision != receipt.Refuse {
		return fmt.Errorf("check receipt %d: it says %s, and no shares came with it", r.Sequence, r.Decision)
	}
	return nil
}

// refusal turns the client's error into one that carries the answers.
func refusal(ctx context.Context, env *Env, err error) error {
	var fetch *seal.FetchError
	if !errors.As(err, &fetch) {
		return err
	}
	out := &RefusedError{Answers: answers(ctx, env, fetch.Request, fetch.Reports), err: fetch}
	var server *seal.ServerError
	if errors.As(err, &server) {
		out.Remedy = server.Remedy()
		if id := fetch.RequestID(); server.Status >= http.StatusInternalServerError && id != "" {
			out.Remedy = strings.TrimPrefix(out.Remedy+"; the key servers' logs call the request "+id, "; ")
		}
	}
	return out
}
