package remote

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// Login returns a token for the receipts of the signer's policies. Only a text
// that names this server is signed.
func (s *Server) Login(ctx context.Context, signer sui.Signer) (string, error) {
	b, err := s.call(ctx, "POST", "/v1/login/challenge", "", map[string]sui.Address{"address": signer.Address()})
	if err != nil {
		return "", err
	}
	var c receipt.LoginChallenge
	if err := json.Unmarshal(b, &c); err != nil {
		return "", fmt.Errorf("log in to %s: %w", s.label(), err)
	}
	if _, _, err := receipt.ParseLoginMessage(c.Message, s.ID, signer.Address()); err != nil {
		return "", fmt.Errorf("log in to %s: %w", s.label(), err)
	}
	sig, err := signer.SignPersonalMessage([]byte(c.Message))
	if err != nil {
		return "", fmt.Errorf("log in to %s: %w", s.label(), err)
	}
	if b, err = s.call(ctx, "POST", "/v1/login", "", receipt.LoginRequest{Message: c.Message, Signature: sig}); err != nil {
		return "", err
	}
	var a receipt.LoginAnswer
	if err := json.Unmarshal(b, &a); err != nil {
		return "", fmt.Errorf("log in to %s: %w", s.label(), err)
	}
	return a.Token, nil
}

// An Owned is a receipt as the owner of its policy sees it, checked.
type Owned struct {
	*receipt.Receipt
	PolicySequence uint64
	Opening        *receipt.Opening // nil if the server did not keep it
	Proof          *logproof.Proof  // nil if it is not in the log yet
	Checkpoint     *logproof.SignedCheckpoint
}

// Policy returns all receipts of a policy that the signer owns, and checks
// their signatures, openings and proofs, and that none is missing. What was
// got before a check failed is returned too.
func (s *Server) Policy(ctx context.Context, signer sui.Signer, keys *receipt.KeySet, policy sui.Address) ([]Owned, error) {
	log, err := keys.Log(s.ID)
	if err != nil {
		return nil, err
	}
	token, err := s.Login(ctx, signer)
	if err != nil {
		return nil, err
	}
	var out []Owned
	var rs []*receipt.Receipt
	var head uint64
	for {
		b, err := s.call(ctx, "GET", fmt.Sprintf("/v1/policies/%s/receipts?after=%d", policy, len(out)), token, nil)
		if err != nil {
			return out, err
		}
		var p receipt.PolicyPage
		if err := json.Unmarshal(b, &p); err != nil {
			return out, fmt.Errorf("read receipts of %s: %w", s.label(), err)
		}
		head = p.Head
		for _, line := range p.Receipts {
			o, err := s.owned(line, keys, log)
			if err != nil {
				return out, fmt.Errorf("receipt %d of %s: %w", line.Sequence, s.label(), err)
			}
			out, rs = append(out, *o), append(rs, o.Receipt)
		}
		if len(p.Receipts) == 0 || uint64(len(out)) >= head {
			break
		}
	}
	if err := receipt.VerifyPolicy(policy, rs, head); err != nil {
		return out, fmt.Errorf("%s: %w", s.label(), err)
	}
	return out, nil
}

func (s *Server) owned(line receipt.PolicyReceipt, keys *receipt.KeySet, log *logproof.Log) (*Owned, error) {
	r, err := receipt.Verify(line.JWT, keys, s.ID)
	if err != nil {
		return nil, err
	}
	o := &Owned{Receipt: r, PolicySequence: line.PolicySequence}
	if line.Opening != nil {
		if len(line.Opening.Salt) != 32 {
			return nil, fmt.Errorf("its opening has a salt of %d bytes, want 32", len(line.Opening.Salt))
		}
		o.Opening = &receipt.Opening{Salt: [32]byte(line.Opening.Salt), Requester: line.Opening.Requester}
		if err := o.Opening.Check(&r.Claims); err != nil {
			return nil, err
		}
	}
	if line.Proof != "" {
		if o.Proof, err = logproof.ParseProof([]byte(line.Proof)); err != nil {
			return nil, err
		}
		if o.Checkpoint, err = r.CheckLogged(log, o.Proof); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// Audit reads the whole log of receipts and checks it against the newest
// checkpoint: every entry is the hash of a receipt that is shown, all are
// signed, and none is missing, for the server and for each policy. Receipts
// that came after the checkpoint are left out.
func (s *Server) Audit(ctx context.Context, keys *receipt.KeySet) ([]*receipt.Receipt, *logproof.SignedCheckpoint, error) {
	log, err := keys.Log(s.ID)
	if err != nil {
		return nil, nil, err
	}
	raw, err := s.Checkpoint(ctx)
	if err != nil {
		return nil, nil, err
	}
	c, err := log.Open(raw)
	if err != nil {
		return nil, nil, err
	}
	jwts, err := s.receipts(ctx, c.Size)
	if err != nil {
		return nil, nil, err
	}
	root, err := rootOf(jwts)
	if err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(root, c.Root[:]) {
		return nil, nil, fmt.Errorf("audit %s: the receipts that it shows are not the entries of its log", s.label())
	}
	rs, err := receipt.VerifyChain(s.ID, keys, jwts)
	if err != nil {
		return nil, nil, fmt.Errorf("audit %s: %w", s.label(), err)
	}
	return rs, c, nil
}

// CheckGiven demands that an owner was given all receipts of the policy that
// the whole log holds: whole is of an Audit before owned was got.
func CheckGiven(owned []Owned, whole []*receipt.Receipt, policy sui.Address) error {
	given := map[receipt.Hash]bool{}
	for _, o := range owned {
		given[o.Hash] = true
	}
	for _, r := range whole {
		if r.OfPolicy(policy) && !given[r.Hash] {
			return fmt.Errorf("the log holds receipt %d of the policy, which its owner was not given", r.Sequence)
		}
	}
	return nil
}

// CheckFiled demands that each release of a key of the policy is filed under it,
// where its owner is shown it: pkg is the first version of Floe's access package,
// which lets nobody have a key without its policy. whole is of an Audit.
func CheckFiled(whole []*receipt.Receipt, policy, pkg sui.Address) error {
	for _, r := range whole {
		of := func(c receipt.Call) bool { return strings.HasPrefix(c.ID, hex.EncodeToString(policy[:])) }
		if r.Decision == receipt.Release && r.Package.ID == pkg && slices.ContainsFunc(r.Calls, of) && !r.OfPolicy(policy) {
			return fmt.Errorf("receipt %d is of a release of the policy's keys, and filed as if it were not", r.Sequence)
		}
	}
	return nil
}

// rootOf is the root of the log of these receipts.
func rootOf(jwts []string) ([]byte, error) {
	hasher := rfc6962.DefaultHasher
	if len(jwts) == 0 {
		return hasher.EmptyRoot(), nil
	}
	tree := (&compact.RangeFactory{Hash: hasher.HashChildren}).NewEmptyRange(0)
	for _, jwt := range jwts {
		if err := tree.Append(hasher.HashLeaf(receipt.Leaf(jwt)), nil); err != nil {
			return nil, err
		}
	}
	return tree.GetRootHash(nil)
}
