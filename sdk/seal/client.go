package seal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// ClientConfig says which key servers a Client uses and how.
type ClientConfig struct {
	// Chain is where the servers are registered.
	Chain Chain
	// Servers are the key servers to encrypt to and to ask.
	Servers []ServerConfig
	// VerifyServers demands of every server the proof that it holds the key
	// that the chain shows for it. It costs a round trip per server.
	VerifyServers bool
	// HTTP sends the requests. nil means http.DefaultClient.
	HTTP *http.Client
	// Timeout is the longest that a server is waited for. 0 means 10 seconds.
	Timeout time.Duration
	// Now tells the time. nil means time.Now.
	Now func() time.Time
	// Rand is the source of randomness. nil means crypto/rand.
	Rand io.Reader
}

// ServerConfig names one key server.
type ServerConfig struct {
	ID sui.Address
	// Weight is the number of shares of the server. 0 means 1.
	Weight int
	// AggregatorURL is where a committee is reached: a service that asks the
	// members and combines what they give. It is trusted with nothing: if it
	// gives no key, or a wrong one, the members are asked. Empty asks the members
	// at once, at their URLs on chain. It must be empty for an independent
	// server.
	AggregatorURL string
	// APIKeyName and APIKey are an extra header, for servers and aggregators
	// that want one.
	APIKeyName, APIKey string
}

// A Client finds key servers on chain, encrypts to them and gets user keys
// from them. It is safe for concurrent use.
type Client struct {
	cfg     ClientConfig
	servers []*server
}

// NewClient checks the configuration. Nothing is asked of the network yet.
func NewClient(cfg ClientConfig) (*Client, error) {
	if cfg.Chain == nil {
		return nil, errors.New("create seal client: no chain is configured")
	}
	if cfg.HTTP == nil {
		cfg.HTTP = http.DefaultClient
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	c := &Client{cfg: cfg}
	seen := map[sui.Address]bool{}
	for _, s := range cfg.Servers {
		if seen[s.ID] {
			return nil, fmt.Errorf("create seal client: key server %s is listed twice: give it a weight instead", s.ID)
		}
		if (s.APIKeyName == "") != (s.APIKey == "") {
			return nil, fmt.Errorf("create seal client: key server %s: set both the name and the value of the API key, or none", s.ID)
		}
		seen[s.ID] = true
		s.Weight = max(s.Weight, 1)
		c.servers = append(c.servers, &server{ServerConfig: s, client: c})
	}
	if len(c.servers) == 0 {
		return nil, errors.New("create seal client: no key servers are configured")
	}
	return c, nil
}

// Encrypt encrypts to all servers of the client; cfg.Recipients is filled in.
// Every server must be readable on chain and, with VerifyServers, prove its
// key; it need not be up otherwise.
func (c *Client) Encrypt(ctx context.Context, plaintext []byte, cfg EncryptConfig) (*EncryptedObject, [32]byte, error) {
	loaded, err := c.KeyServers(ctx)
	if err != nil {
		return nil, [32]byte{}, err
	}
	cfg.Recipients = nil
	for i, ks := range loaded {
		cfg.Recipients = append(cfg.Recipients, Recipient{
			Server: ks.ID, PublicKey: ks.PublicKey, Weight: c.servers[i].Weight,
		})
	}
	return Encrypt(plaintext, cfg)
}

// KeyServers returns what the chain says about the servers, in the order of
// the configuration, verified if the client was asked to. What was read once
// is kept; what failed is tried again by the next call.
func (c *Client) KeyServers(ctx context.Context) ([]*KeyServer, error) {
	out := make([]*KeyServer, len(c.servers))
	errs := make([]error, len(c.servers))
	var wait sync.WaitGroup
	for i, s := range c.servers {
		wait.Go(func() { out[i], errs[i] = s.load(ctx) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return out, nil
}

// FetchConfig says which keys are wanted.
type FetchConfig struct {
	// Session signs the request; its package is that of the identities.
	Session *SessionKey
	// PTB is the BCS of the ProgrammableTransaction that calls the policy
	// once for each of IDs.
	PTB []byte
	// IDs are the inner identities, as the PTB's calls name them.
	IDs [][]byte
	// Threshold is the weight of servers needed. 0 means all of them.
	Threshold int
}

// Keys are user keys that were verified against the servers' public keys.
type Keys struct {
	pkg  sui.Address
	keys map[string]map[sui.Address]UserKey // by full id

	// Request is what all servers were sent; their receipts name it.
	Request *FetchKeyRequest
	// Reports says how each server answered, in the order of the
	// configuration.
	Reports []ServerReport
}

// For returns the keys of one inner identity by key server, as [Decrypt] wants
// them.
func (k *Keys) For(id []byte) map[sui.Address]UserKey { return k.keys[string(FullID(k.pkg, id))] }

// Decrypt opens an object with the fetched keys.
func (k *Keys) Decrypt(o *EncryptedObject, cfg DecryptConfig) ([]byte, error) {
	return Decrypt(o, k.keys[string(o.FullID())], cfg)
}

// FetchKeys asks all servers at once and returns as soon as servers of the
// threshold's weight have answered with correct keys. Fewer than that is a
// [*FetchError] that names each server and its reason.
func (c *Client) FetchKeys(ctx context.Context, cfg FetchConfig) (*Keys, error) {
	f, err := c.newFetch(cfg)
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan int)
	for i, s := range c.servers {
		go func() {
			f.results[i], f.errs[i] = s.fetch(ctx, f)
			answers <- i
		}()
	}
	reached := false
	for range c.servers {
		i := <-answers
		f.record(i)
		if f.weight >= f.threshold && !reached {
			reached = true
			cancel() // the rest is reported as not needed
		}
	}
	if err := context.Cause(ctx); err != nil && !reached {
		return nil, fmt.Errorf("fetch keys: %w", err)
	}
	if !reached {
		return nil, &FetchError{Threshold: f.threshold, Weight: f.weight, Request: f.request, Reports: f.keys.Reports}
	}
	return f.keys, nil
}

// A fetch is one FetchKeys under way. request and wanted are read by all
// servers' goroutines and not changed; results and errs belong to the
// goroutine of their index until it has sent that index; the rest belongs to
// FetchKeys.
type fetch struct {
	request   *FetchKeyRequest
	token     string // of a service account
	transport *TransportKey
	wanted    [][]byte // full ids
	results   []fetched
	errs      []error

	threshold, weight int
	keys              *Keys
}

type fetched struct {
	name, url string
	keys      map[string]UserKey // by full id
	receipt   string
	opening   *ReceiptOpening
	shares    []EncryptedKey
	members   []MemberReport
}

func (c *Client) newFetch(cfg FetchConfig) (*fetch, error) {
	if cfg.Session == nil || len(cfg.PTB) == 0 || len(cfg.IDs) == 0 {
		return nil, errors.New("a session key, a PTB and at least one id are needed")
	}
	if cfg.Session.Expired(c.cfg.Now()) {
		return nil, fmt.Errorf("%w: %s", ErrExpiredSession, remedies[ErrExpiredSession.Type])
	}
	total := 0
	for _, s := range c.servers {
		total += s.Weight
	}
	f := &fetch{threshold: cfg.Threshold, results: make([]fetched, len(c.servers)), errs: make([]error, len(c.servers))}
	if f.threshold == 0 {
		f.threshold = total
	}
	if f.threshold < 0 || f.threshold > total {
		return nil, fmt.Errorf("threshold %d, but the configured key servers weigh %d: configure the servers of the object", f.threshold, total)
	}
	var err error
	if f.transport, err = NewTransportKey(c.cfg.Rand); err != nil {
		return nil, err
	}
	if f.request, err = cfg.Session.NewRequest(cfg.PTB, f.transport.Public()); err != nil {
		return nil, err
	}
	f.token = cfg.Session.token
	f.keys = &Keys{pkg: cfg.Session.Package(), Request: f.request, keys: map[string]map[sui.Address]UserKey{}, Reports: make([]ServerReport, len(c.servers))}
	for i, s := range c.servers {
		f.keys.Reports[i] = ServerReport{Server: s.ID, Weight: s.Weight}
	}
	for _, id := range cfg.IDs {
		full := FullID(cfg.Session.Package(), id)
		f.wanted = append(f.wanted, full)
		f.keys.keys[string(full)] = map[sui.Address]UserKey{}
	}
	return f, nil
}

// record takes over the answer of server i.
func (f *fetch) record(i int) {
	r := &f.keys.Reports[i]
	result, err := f.results[i], f.errs[i]
	r.Name, r.URL = result.name, result.url
	r.Receipt, r.Opening, r.Shares, r.Members = result.receipt, result.opening, result.shares, result.members
	var refused *ServerError
	switch {
	case err == nil:
		for id, k := range result.keys {
			f.keys.keys[id][r.Server] = k
		}
		f.weight += r.Weight
	case errors.Is(err, context.Canceled) && f.weight >= f.threshold:
		r.Err = ErrNotNeeded
	default:
		r.Err = err
		if len(r.Members) == 0 && errors.As(err, &refused) {
			r.Receipt, r.Opening = refused.Receipt, refused.Opening
		}
	}
}
