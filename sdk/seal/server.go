package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

const (
	sdkVersion = "0.1.0"
	sdkType    = "go"
	// aggregatorSDKType is what aggregators are told. Seal's serves no other
	// types than typescript, rust and python; of rust it demands no version.
	aggregatorSDKType = "rust"
	// maxAggregated bounds an aggregator's answer, which holds the shares of
	// all members.
	maxAggregated = 8 << 20
)

// A server is a configured key server of a Client.
type server struct {
	ServerConfig
	client *Client

	mu     sync.Mutex // held while the registration is read and verified
	loaded *KeyServer
	before *Committee // of the version before, if a rotation was seen
}

// load returns the server's registration, reading and verifying it if that did
// not succeed yet.
func (s *server) load(ctx context.Context) (*KeyServer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded != nil {
		return s.loaded, nil
	}
	ks, err := LoadKeyServer(ctx, s.client.cfg.Chain, s.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case ks.Committee == nil && s.AggregatorURL != "":
		return nil, fmt.Errorf("key server %s is no committee: its URL is on chain, remove the aggregator's", s.ID)
	case ks.Committee != nil:
		if err := ks.CheckCommittee(); err != nil {
			return nil, err
		}
		ks.URL = s.AggregatorURL
	case s.client.cfg.VerifyServers:
		if err := s.verify(ctx, ks); err != nil {
			return nil, fmt.Errorf("verify key server %s at %s: %w", ks.Name, ks.URL, err)
		}
	}
	s.loaded = ks
	return ks, nil
}

// reload reads a committee anew, which may have rotated. It returns nil, and keeps
// what is known, if it can't be read.
func (s *server) reload(ctx context.Context) *Committee {
	ks, err := LoadKeyServer(ctx, s.client.cfg.Chain, s.ID)
	if err != nil || ks.Committee == nil || ks.CheckCommittee() != nil {
		return nil
	}
	ks.URL = s.AggregatorURL
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded != nil && s.loaded.Committee.Version != ks.Committee.Version {
		s.before = s.loaded.Committee
	}
	s.loaded = ks
	return ks.Committee
}

// endpoint is where an independent server or an aggregator is asked.
func (s *server) endpoint(ks *KeyServer) *Endpoint {
	e := s.client.endpoint(ks.URL)
	if ks.Committee != nil {
		e.Header.Set(HeaderSDKType, aggregatorSDKType)
		e.MaxAnswer = maxAggregated
	}
	if s.APIKeyName != "" {
		e.Header.Set(s.APIKeyName, s.APIKey)
	}
	return e
}

func (c *Client) endpoint(url string) *Endpoint {
	h := http.Header{}
	h.Set(HeaderSDKVersion, sdkVersion)
	h.Set(HeaderSDKType, sdkType)
	return &Endpoint{URL: url, HTTP: c.cfg.HTTP, Header: h}
}

// limit gives a request the client's patience.
func (c *Client) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.cfg.Timeout, fmt.Errorf("no answer within %v", c.cfg.Timeout))
}

// verify demands the proof that the server holds its registered key.
func (s *server) verify(ctx context.Context, ks *KeyServer) error {
	ctx, cancel := s.client.limit(ctx)
	defer cancel()
	answer, err := s.endpoint(ks).Service(ctx, ks.ID)
	if err != nil {
		return err
	}
	if id := fmt.Sprintf("0x%x", ks.ID[:]); answer.ServiceID != id {
		return fmt.Errorf("server answers for %q", answer.ServiceID)
	}
	return ks.PublicKey.VerifyPossession(answer.PoP, ks.ID)
}

// fetch asks for the keys and verifies each of them.
func (s *server) fetch(ctx context.Context, f *fetch) (fetched, error) {
	ks, err := s.load(ctx)
	if err != nil {
		return fetched{}, err
	}
	body, err := json.Marshal(f.request)
	if err != nil {
		return fetched{}, fmt.Errorf("encode request: %w", err)
	}
	switch {
	case ks.Committee == nil:
		return s.fetchFrom(ctx, ks, f, body)
	case s.AggregatorURL == "":
		return s.fetchDirectly(ctx, ks, f, body)
	}
	out, err := s.fetchFrom(ctx, ks, f, body)
	if err == nil || ctx.Err() != nil {
		return out, err
	}
	direct, directErr := s.fetchDirectly(ctx, ks, f, body)
	if directErr != nil && !answered(&direct) {
		return out, err // nobody but the aggregator could be reached
	}
	return direct, directErr
}

// answered tells whether any member of a committee said anything.
func answered(f *fetched) bool {
	for _, m := range f.members {
		var said *ServerError
		if m.Err == nil || errors.As(m.Err, &said) || m.misbehaved() {
			return true
		}
	}
	return false
}

// fetchFrom asks an independent server, or a committee's aggregator.
func (s *server) fetchFrom(ctx context.Context, ks *KeyServer, f *fetch, body []byte) (fetched, error) {
	out := fetched{name: ks.Name, url: ks.URL}
	call, cancel := s.client.limit(ctx)
	defer cancel()
	to := s.endpoint(ks)
	to.Token = f.token
	answer, err := to.FetchKey(call, body)
	var refused *ServerError
	if ks.Committee != nil && errors.As(err, &refused) {
		out.members, _ = s.membersOf(ks, f, nil, refused.Members)
	}
	if err != nil {
		return out, err
	}
	if out.keys, err = f.open(answer.Keys, ks.PublicKey); err != nil {
		return out, fmt.Errorf("key server sent no usable key: %w", err)
	}
	if ks.Committee == nil {
		out.receipt, out.opening, out.shares = answer.Receipt, answer.Opening, answer.Keys
		return out, nil
	}
	out.members, err = s.membersOf(ks, f, answer.Keys, answer.Members)
	return out, err
}

func (s *server) membersOf(ks *KeyServer, f *fetch, keys []EncryptedKey, members []MemberAnswer) ([]MemberReport, error) {
	g, err := s.committeeFetch(ks, f, nil).gathering()
	if err != nil {
		return nil, err
	}
	return g.checkMembers(keys, members)
}

// fetchDirectly asks the members of a committee, and combines what they give,
// as an aggregator would.
func (s *server) fetchDirectly(ctx context.Context, ks *KeyServer, f *fetch, body []byte) (fetched, error) {
	out := fetched{name: ks.Name}
	answer, err := s.committeeFetch(ks, f, body).Run(ctx)
	var few *CommitteeError
	if errors.As(err, &few) {
		out.members = few.Members
	}
	if err != nil {
		return out, err
	}
	out.members = answer.Members
	if out.keys, err = f.open(answer.Keys, ks.PublicKey); err != nil {
		return out, fmt.Errorf("the members' shares make no usable key: %w", err)
	}
	return out, nil
}

func (s *server) committeeFetch(ks *KeyServer, f *fetch, body []byte) *CommitteeFetch {
	s.mu.Lock()
	before := s.before
	s.mu.Unlock()
	return &CommitteeFetch{
		Committee: ks.Committee, Before: before, Wanted: f.wanted, To: f.transport.Public(),
		Ask: func(ctx context.Context, m *CommitteeMember) (*FetchKeyResponse, error) {
			ctx, cancel := s.client.limit(ctx)
			defer cancel()
			to := s.client.endpoint(m.URL)
			to.Token = f.token
			return to.FetchKey(ctx, body)
		},
		Reload: s.reload,
	}
}

// open decrypts the keys of all identities that are wanted, and verifies them.
func (f *fetch) open(keys []EncryptedKey, server PublicKey) (map[string]UserKey, error) {
	out := map[string]UserKey{}
	for _, want := range f.wanted {
		if _, ok := out[string(want)]; ok {
			continue
		}
		sent, err := findKey(keys, want)
		if err != nil {
			return nil, err
		}
		c, err := ParseEncryptedUserKey(sent.EncryptedKey[0], sent.EncryptedKey[1])
		if err != nil {
			return nil, err
		}
		k, err := f.transport.Open(c)
		if err == nil {
			err = k.Verify(want, server)
		}
		if err != nil {
			return nil, err
		}
		out[string(want)] = k
	}
	return out, nil
}

func findKey(keys []EncryptedKey, fullID []byte) (*EncryptedKey, error) {
	for i := range keys {
		if bytes.Equal(keys[i].ID, fullID) {
			return &keys[i], nil
		}
	}
	return nil, fmt.Errorf("identity %x is missing in the answer", fullID)
}
