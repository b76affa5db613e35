package traffic

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A Session asks for keys in the name of a wallet. It is safe for concurrent
// use.
type Session struct {
	world     *World
	policy    sui.Address
	key       *seal.SessionKey
	transport *seal.TransportKey
	public    seal.TransportPublicKey
	member    bool
}

// NewSession has a wallet sign a session key that lives from now for half an
// hour, with a transport key for all of its requests.
func (w *World) NewSession(wallet *sui.PrivateKey, now time.Time) (*Session, error) {
	s := &Session{world: w, policy: w.Policy}
	for _, m := range w.Members {
		s.member = s.member || m.Address() == wallet.Address()
	}
	var err error
	if s.key, err = seal.SignSessionKey(seal.SessionConfig{Package: w.Contracts.Access.Original, TTL: seal.MaxTTL, Now: now, Rand: rand.Reader}, wallet); err != nil {
		return nil, err
	}
	if s.transport, err = seal.NewTransportKey(rand.Reader); err != nil {
		return nil, err
	}
	s.public = s.transport.Public()
	return s, nil
}

// Locked is the same session, which asks for identities of the policy that is
// locked.
func (s *Session) Locked() *Session {
	locked := *s
	locked.policy, locked.member = s.world.Locked, false
	return &locked
}

// A Request is one that a session has signed.
type Request struct {
	Body   []byte       // JSON
	Hash   receipt.Hash // as receipts name it
	Member bool         // whether the policy allows it

	ids       [][]byte // full ids
	transport *seal.TransportKey
}

// Request signs a request for as many identities as there are numbers. The
// same session and numbers make the same request.
func (s *Session) Request(numbers ...uint64) (*Request, error) {
	approval, ids, err := s.approval(numbers)
	if err != nil {
		return nil, err
	}
	r := &Request{Member: s.member, transport: s.transport}
	for _, id := range ids {
		r.ids = append(r.ids, seal.FullID(s.world.Contracts.Access.Original, id))
	}
	signed, err := s.key.NewRequest(approval.Bytes(), s.public)
	if err != nil {
		return nil, err
	}
	r.Hash = receipt.HashRequest(signed.SignedBytes(), s.key.PersonalMessage(), signed.Certificate.Signature)
	if r.Body, err = json.Marshal(signed); err != nil {
		return nil, err
	}
	return r, nil
}

// Fetch is what a [seal.Client] asks for the same identities.
func (s *Session) Fetch(numbers ...uint64) (seal.FetchConfig, error) {
	approval, ids, err := s.approval(numbers)
	if err != nil {
		return seal.FetchConfig{}, err
	}
	return seal.FetchConfig{Session: s.key, PTB: approval.Bytes(), IDs: ids}, nil
}

func (s *Session) approval(numbers []uint64) (*seal.Approval, [][]byte, error) {
	b := sui.NewBuilder()
	var ids [][]byte
	for _, n := range numbers {
		id := binary.BigEndian.AppendUint64(bytes.Clone(s.policy[:]), n)
		s.world.approval(b, s.policy, id)
		ids = append(ids, id)
	}
	approval, err := seal.NewApproval(b)
	return approval, ids, err
}

// ID is the inner identity with a number, of the world's policy.
func (w *World) ID(number uint64) []byte {
	return binary.BigEndian.AppendUint64(bytes.Clone(w.Policy[:]), number)
}

// HTTP is the request to the key server at a URL, with the headers of a client
// of Seal.
func (r *Request) HTTP(url string) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, url+"/v1/fetch_key", bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(seal.HeaderSDKVersion, "1.4.12")
	req.Header.Set(seal.HeaderSDKType, "typescript")
	return req, nil
}

// A Server is what is known in public of the key server that answers.
type Server struct {
	Issuer   sui.Address // of its receipts
	Key      seal.PublicKey
	Receipts *receipt.KeySet
}

// ErrOffPolicy says that a share was released to somebody whom the policy does
// not allow.
var ErrOffPolicy = errors.New("a share was released off policy")

// An Answer is what a client holds after a request.
type Answer struct {
	Released bool
	Receipt  *receipt.Receipt // nil only if a refusal has none
	Refusal  *seal.ErrorResponse
}

// Check demands of an answer what a client can demand: that shares open and
// are the server's, for a member, with a signed receipt that commits to them;
// that a refusal says why.
func (r *Request) Check(status int, body []byte, by *Server) (*Answer, error) {
	if status == http.StatusOK {
		return r.checkShares(body, by)
	}
	a := &Answer{Refusal: new(seal.ErrorResponse)}
	if err := json.Unmarshal(body, a.Refusal); err != nil {
		return nil, fmt.Errorf("HTTP %d is no refusal: %w: %.200q", status, err, body)
	}
	if a.Refusal.Type == "" || a.Refusal.Message == "" || a.Refusal.Reason == nil && status != http.StatusTooManyRequests {
		return nil, fmt.Errorf("HTTP %d gives no reason: %.200q", status, body)
	}
	if a.Refusal.Receipt == "" {
		return a, nil
	}
	var err error
	a.Receipt, err = r.checkReceipt(a.Refusal.Receipt, a.Refusal.Opening, receipt.Refuse, by)
	return a, err
}

func (r *Request) checkShares(body []byte, by *Server) (*Answer, error) {
	var res seal.FetchKeyResponse
	if err := json.Unmarshal(body, &res); err != nil {
		return nil, fmt.Errorf("read shares: %w", err)
	}
	if !r.Member {
		return nil, ErrOffPolicy
	}
	if len(res.Keys) != len(r.ids) {
		return nil, fmt.Errorf("%d shares for %d identities", len(res.Keys), len(r.ids))
	}
	var shares []receipt.Share
	for i, k := range res.Keys {
		c, err := seal.ParseEncryptedUserKey(k.EncryptedKey[0], k.EncryptedKey[1])
		if err != nil {
			return nil, err
		}
		key, err := r.transport.Open(c)
		if err != nil {
			return nil, err
		}
		if err := key.Verify(r.ids[i], by.Key); err != nil {
			return nil, err
		}
		shares = append(shares, receipt.Share{FullID: k.ID, C0: k.EncryptedKey[0], C1: k.EncryptedKey[1]})
	}
	rec, err := r.checkReceipt(res.Receipt, res.Opening, receipt.Release, by)
	if err != nil {
		return nil, err
	}
	if rec.ShareCommitment == nil || *rec.ShareCommitment != receipt.HashShares(shares) {
		return nil, errors.New("the receipt commits to other shares")
	}
	return &Answer{Released: true, Receipt: rec}, nil
}

func (r *Request) checkReceipt(raw string, o *seal.ReceiptOpening, want receipt.Decision, by *Server) (*receipt.Receipt, error) {
	rec, err := receipt.Verify(raw, by.Receipts, by.Issuer)
	if err != nil {
		return nil, err
	}
	if rec.Decision != want || rec.RequestHash != r.Hash {
		return nil, fmt.Errorf("receipt %d is of another request or decision", rec.Sequence)
	}
	if o == nil || len(o.Salt) != 32 {
		return nil, fmt.Errorf("receipt %d comes without its opening", rec.Sequence)
	}
	opening := receipt.Opening{Salt: [32]byte(o.Salt), Requester: o.Requester}
	if err := opening.Check(&rec.Claims); err != nil {
		return nil, err
	}
	return rec, nil
}
