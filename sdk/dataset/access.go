package dataset

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// sessionTTL is how long the session key of one open lives; it signs one
// request.
const sessionTTL = 5 * time.Minute

// KeyAnswer is what one key server said, with the receipt for it.
type KeyAnswer struct {
	Server  sui.Address          `json:"server"`
	Name    string               `json:"name"`
	URL     string               `json:"url"`
	Outcome string               `json:"outcome"` // released, refused, unreachable, or not needed
	Detail  string               `json:"detail,omitempty"`
	Receipt string               `json:"receipt,omitempty"` // JWT
	Opening *seal.ReceiptOpening `json:"receipt_opening,omitempty"`
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

// KeyServers reads the network's key servers from the chain.
func KeyServers(ctx context.Context, env *Env) ([]*seal.KeyServer, error) {
	var all []*seal.KeyServer
	for _, k := range env.Network.KeyServers {
		ks, err := seal.LoadKeyServer(ctx, env.Chain, k.Object)
		if err != nil {
			return nil, err
		}
		all = append(all, ks)
	}
	return all, nil
}

// newSealer returns the age recipient that wraps file keys for everybody whom
// the policy in id allows. The key servers prove that they hold their keys
// before anything is encrypted to them.
func newSealer(ctx context.Context, env *Env, id []byte) (Sealer, error) {
	var servers []seal.ServerConfig
	for _, k := range env.Network.KeyServers {
		servers = append(servers, seal.ServerConfig{ID: k.Object, Weight: k.Weight})
	}
	client, err := seal.NewClient(seal.ClientConfig{Chain: env.Chain, Servers: servers, VerifyServers: true, HTTP: env.HTTP, Rand: env.Rand})
	if err != nil {
		return nil, err
	}
	if _, err := client.KeyServers(ctx); err != nil {
		return nil, fmt.Errorf("check key servers: %w", err)
	}
	return func(fileKey []byte) ([]byte, error) {
		object, _, err := client.Encrypt(ctx, fileKey, seal.EncryptConfig{
			Package: env.Network.Packages["access"].Original, ID: id, Threshold: env.Network.Threshold, Rand: env.Rand})
		if err != nil {
			return nil, err
		}
		return object.Bytes(), nil
	}, nil
}

// newOpener asks the key servers of a sealed file key for the keys of its
// identity, which must belong to policy; opt says what may be done for it. The keys open every file key that is
// sealed to the same identity.
func newOpener(ctx context.Context, env *Env, object []byte, policy sui.Address, opt OpenOptions) (Opener, []KeyAnswer, error) {
	env.progress(Progress{Stage: "keys"})
	o, err := seal.ParseObject(object)
	if err != nil {
		return nil, nil, err
	}
	access := env.Network.Packages["access"]
	if o.Package != access.Original || len(o.ID) <= len(policy) || sui.Address(o.ID[:32]) != policy {
		return nil, nil, fmt.Errorf("ask key servers: the index is sealed to another policy than the chain names; the publisher made a mistake or cheats")
	}
	client, err := seal.NewClient(seal.ClientConfig{Chain: env.Chain, Servers: serversOf(o), HTTP: env.HTTP, Rand: env.Rand})
	if err != nil {
		return nil, nil, err
	}
	session, err := seal.SignSessionKey(seal.SessionConfig{Package: access.Original, TTL: sessionTTL, Now: time.Now(), Rand: env.Rand}, env.Signer)
	if err != nil {
		return nil, nil, err
	}
	ptb, err := approval(ctx, env, o.ID, policy, opt)
	if err != nil {
		return nil, nil, err
	}
	keys, err := client.FetchKeys(ctx, seal.FetchConfig{Session: session, PTB: ptb, IDs: [][]byte{o.ID}, Threshold: int(o.Threshold)})
	if err != nil {
		return nil, nil, refusal(err)
	}
	return func(b []byte) ([]byte, error) {
		o, err := seal.ParseObject(b)
		if err != nil {
			return nil, err
		}
		return keys.Decrypt(o, seal.DecryptConfig{})
	}, answers(keys.Reports), nil
}

// serversOf are the key servers of an object with their weights.
func serversOf(o *seal.EncryptedObject) []seal.ServerConfig {
	var out []seal.ServerConfig
	at := map[sui.Address]int{}
	for _, s := range o.Services {
		i, ok := at[s.Server]
		if !ok {
			i = len(out)
			at[s.Server] = i
			out = append(out, seal.ServerConfig{ID: s.Server})
		}
		out[i].Weight++
	}
	return out
}

// approval builds the transaction that the key servers simulate: a call of a
// seal_approve for one identity, with what the signer has to show. What it lacks
// it obtains first, as far as the reader agrees.
func approval(ctx context.Context, env *Env, id []byte, policy sui.Address, opt OpenOptions) ([]byte, error) {
	show, err := evidence(ctx, env, policy, opt)
	if err != nil {
		return nil, err
	}
	b := sui.NewBuilder()
	load := func(id sui.Address) (*sui.Object, error) { return env.Chain.Object(ctx, id) }
	if err := question(load, env, b, id, policy, show); err != nil {
		return nil, err
	}
	if err := b.Err(); err != nil {
		return nil, err
	}
	return bcs.Marshal(b.Programmable()), nil
}

func answers(reports []seal.ServerReport) []KeyAnswer {
	var out []KeyAnswer
	for _, r := range reports {
		k := KeyAnswer{Server: r.Server, Name: r.Name, URL: r.URL, Outcome: "released", Receipt: r.Receipt, Opening: r.Opening}
		var refused *seal.ServerError
		switch {
		case r.Err == nil:
		case errors.Is(r.Err, seal.ErrNotNeeded):
			k.Outcome = "not needed"
		case errors.As(r.Err, &refused):
			k.Outcome, k.Detail = "refused", refused.Message
			if refused.Reason != nil && refused.Reason.Rule != "" {
				k.Detail = fmt.Sprintf("%s (%s)", refused.Reason.Rule, refused.Reason.Code)
			}
		default:
			k.Outcome, k.Detail = "unreachable", r.Err.Error()
		}
		out = append(out, k)
	}
	return out
}

// refusal turns the client's error into one that carries the answers.
func refusal(err error) error {
	var fetch *seal.FetchError
	if !errors.As(err, &fetch) {
		return err
	}
	out := &RefusedError{Answers: answers(fetch.Reports), err: fetch}
	var server *seal.ServerError
	if errors.As(err, &server) {
		out.Remedy = server.Remedy()
	}
	return out
}
