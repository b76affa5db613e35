// Package member is the key of a committee's member: its share of the version
// of the committee's key that the chain shows.
//
// [New] reads the chain and loads the share, [Source.Current] returns it to
// the key server, [Source.Run] looks at the chain from time to time. When the
// chain comes to a new version, by a rotation, the next request is answered
// with the share of that version; if there is none, requests are refused until
// the operator gives it.
//
// No share is used that does not fit: its public half must be the partial key
// that the chain shows for the member.
package member

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// Interval is how often the version on chain is looked at. In between, after a
// rotation, a member answers with its old share, which is of no use any more.
const Interval = 5 * time.Second

// lookTime bounds one look at the chain.
const lookTime = 20 * time.Second

// Config says whose share it is.
type Config struct {
	Chain Chain
	// KeyServer is the committee's KeyServer object, Member the address of
	// this member.
	KeyServer, Member sui.Address
	// Share loads the share of a version; the error wraps
	// [secret.ErrMissing] if there is none.
	Share func(ctx context.Context, version uint32) (*seal.MasterKey, error)
	// Target is the version that a rotation leads to, whose share must be
	// there at the start. nil: no rotation is expected.
	Target *uint32
	// Log gets the changes. nil discards.
	Log *slog.Logger
}

// A Source has the share of the version on chain. It is safe for concurrent
// use, but for Look and Run.
type Source struct {
	cfg   Config
	state atomic.Pointer[state]
}

// state is what is known; key or err is set.
type state struct {
	seen    bool   // the chain has been read
	version uint32 // on chain
	key     *seal.MasterKey
	err     error
}

// New reads the chain and loads the share. A chain that cannot be read is no
// error: requests are refused until it can.
func New(ctx context.Context, cfg Config) (*Source, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Source{cfg: cfg}
	s.state.Store(&state{err: refuse("chain_unavailable", "the key server could not read the version of the committee yet", "try again in some seconds")})
	err := s.start(ctx)
	if errors.Is(err, suirpc.ErrUnreachable) {
		cfg.Log.Warn("the committee could not be read, requests are refused until the chain can be", "err", err)
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("start committee member %s: %w", cfg.Member, err)
	}
	return s, nil
}

// start demands, beside what Look does, that this member can serve now or
// after the next rotation.
func (s *Source) start(ctx context.Context) error {
	c, err := load(ctx, s.cfg.Chain, s.cfg.KeyServer)
	if err != nil {
		return err
	}
	next := c.version + 1
	if t := s.cfg.Target; t != nil {
		if c.version != *t && next != *t {
			return fmt.Errorf("the rotation leads to version %d, but the chain is at version %d: give the version that follows it as target_version", *t, c.version)
		}
		if _, err := s.cfg.Share(ctx, *t); err != nil {
			return fmt.Errorf("load the share of version %d, which the rotation leads to: %w", *t, err)
		}
	}
	settled := s.settle(ctx, c)
	if !errors.Is(settled, secret.ErrMissing) && !errors.Is(settled, errNotMember) {
		return settled
	}
	// A member that joins is in the next version only.
	if _, err := s.cfg.Share(ctx, next); err != nil {
		return fmt.Errorf("%w; nor is there one of version %d", settled, next)
	}
	s.cfg.Log.Warn("there is no share of the committee's version yet, requests are refused until the rotation is done", "version", c.version, "next", next)
	return nil
}

// Current implements keyserver.KeySource.
func (s *Source) Current() (*seal.MasterKey, error) {
	st := s.state.Load()
	return st.key, st.err
}

// Version is the version of the committee that the chain was seen at, and
// whether it was seen at all.
func (s *Source) Version() (uint32, bool) {
	st := s.state.Load()
	return st.version, st.seen
}

// Run looks at the chain at each tick until ctx ends.
func (s *Source) Run(ctx context.Context, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			if err := s.Look(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Log.Error("the committee's version could not be settled", "err", err)
			}
		}
	}
}

// Look reads the version on chain and, if it is another one, takes the share
// of it. As long as the chain cannot be read, or shows an older one than the share that
// serves, all stays as it is.
func (s *Source) Look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	c, err := load(ctx, s.cfg.Chain, s.cfg.KeyServer)
	if err != nil {
		return err
	}
	switch st := s.state.Load(); {
	case st.key != nil && st.version == c.version:
		return nil
	case st.key != nil && c.version < st.version:
		return fmt.Errorf("the node is behind: it shows version %d of the committee, and version %d was seen before", c.version, st.version)
	}
	return s.settle(ctx, c)
}

// settle takes the share of the committee's version, or refuses from now on.
func (s *Source) settle(ctx context.Context, c *committee) error {
	key, err := s.share(ctx, c)
	if err != nil {
		s.state.Store(&state{seen: true, version: c.version, err: refusal(c.version, err)})
		return err
	}
	s.state.Store(&state{seen: true, version: c.version, key: key})
	s.cfg.Log.Info("serving with the share of the committee's version", "version", c.version)
	return nil
}

// share loads the share of the committee's version and checks that it is the
// member's.
func (s *Source) share(ctx context.Context, c *committee) (*seal.MasterKey, error) {
	partial, err := c.partialKey(s.cfg.Member)
	if err != nil {
		return nil, err
	}
	key, err := s.cfg.Share(ctx, c.version)
	if err != nil {
		return nil, fmt.Errorf("load the share of version %d: %w", c.version, err)
	}
	if !bytes.Equal(key.PublicKey().Bytes(), partial.Bytes()) {
		return nil, fmt.Errorf("the share of version %d is not that of member %s: its public half is not the partial key on chain; use the share that floe-oracle dkg or rotate wrote", c.version, s.cfg.Member)
	}
	return key, nil
}

// refusal is what requesters are told.
func refusal(version uint32, cause error) error {
	r := refuse("share_unavailable", fmt.Sprintf("this member of the committee has no share of version %d of its key, which the chain shows", version),
		"ask again in some minutes, or by way of the committee's aggregator, which asks the other members")
	r.Cause = cause
	return r
}

func refuse(code, rule, remedy string) *policy.Refusal {
	return &policy.Refusal{Kind: policy.Unknown, Reason: seal.Reason{Code: code, Rule: rule, Remedy: remedy}}
}
