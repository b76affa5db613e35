package localnet

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/floe-data/floe/oracle/aggregate"
	"github.com/floe-data/floe/oracle/dkg"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/member"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// CommitteeConfig asks for a committee of key servers, which counts as one key
// server more.
type CommitteeConfig struct {
	Members   int // 0: no committee
	Threshold int // members that are needed
}

// A Committee is a running committee of key servers.
type Committee struct {
	Object     sui.Address // its KeyServer
	Aggregator string      // URL
	Members    []*KeyServer

	aggregator *aggregate.Server
}

// StopAggregator stops the aggregator; clients then ask the members.
func (c *Committee) StopAggregator() error { return c.aggregator.Close() }

// founder is a member of a committee before its key server is there.
type founder struct {
	name, dir string
	wallet    *sui.PrivateKey
	listener  net.Listener
}

func (f *founder) sharePath() string { return filepath.Join(f.dir, "share.key") }

func (n *Net) committeeDir() string { return filepath.Join(n.cfg.Dir, "keyservers", "committee") }

// hasCommittee reports whether a committee is to be started: one that is asked
// for, or that the network had before.
func (n *Net) hasCommittee() (bool, error) {
	known, err := filepath.Glob(filepath.Join(n.committeeDir(), "member-*"))
	if err != nil || len(known) == 0 {
		return n.cfg.Committee.Members > 0, err
	}
	if asked := n.cfg.Committee.Members; asked != 0 && asked != len(known) {
		return false, fmt.Errorf("this network has a committee of %d members, not %d: leave the committee out, or start in another folder", len(known), asked)
	}
	n.cfg.Committee.Members = len(known)
	return true, nil
}

// startCommittee starts the members and their aggregator. New ones make their
// key among themselves first, and have the contract register it.
func (n *Net) startCommittee(ctx context.Context, shared keyserver.Config) error {
	dir := n.committeeDir()
	var founders []*founder
	for i := range n.cfg.Committee.Members {
		f := &founder{name: fmt.Sprintf("member-%d", i+1)}
		f.dir = filepath.Join(dir, f.name)
		var err error
		if err = os.MkdirAll(f.dir, 0o700); err == nil {
			f.wallet, err = loadOrMakeKey(filepath.Join(f.dir, "wallet.keystore"))
		}
		if err == nil {
			f.listener, err = n.ports.listen(f.name)
		}
		if err != nil {
			return err
		}
		n.onClose(func() error { f.listener.Close(); return nil }) // if it is not served
		founders = append(founders, f)
	}
	object, err := n.foundOnce(ctx, filepath.Join(dir, "object"), founders)
	if err != nil {
		return fmt.Errorf("found committee: %w", err)
	}
	c := &Committee{Object: object}
	for _, f := range founders {
		k, err := n.startMember(ctx, f, object, shared)
		if err != nil {
			return err
		}
		c.Members = append(c.Members, k)
	}
	l, err := n.ports.listen("aggregator")
	if err != nil {
		return err
	}
	c.Aggregator = n.url(l)
	c.aggregator, err = aggregate.Start(n.ctx, aggregate.Config{ObjectID: object, Chain: n.client, Log: n.cfg.Log.With("server", "aggregator")}, l)
	if err != nil {
		return err
	}
	n.onClose(c.aggregator.Close)
	n.Committee = c
	n.Network.KeyServers = append(n.Network.KeyServers, network.KeyServer{Object: object, Weight: 1, Aggregator: c.Aggregator})
	return nil
}

// startMember serves a member of a committee.
func (n *Net) startMember(ctx context.Context, f *founder, object sui.Address, shared keyserver.Config) (*KeyServer, error) {
	source, err := member.New(ctx, member.Config{Chain: n.client, KeyServer: object, Member: f.wallet.Address(), Log: n.cfg.Log,
		Share: func(context.Context, uint32) (*seal.MasterKey, error) { return masterKey(f.sharePath()) }})
	if err != nil {
		return nil, err
	}
	n.wg.Go(func() {
		tick := time.NewTicker(member.Interval)
		defer tick.Stop()
		source.Run(n.ctx, tick.C)
	})
	return n.serveKeyServer(f.name, f.dir, f.listener, shared, keyserver.ServiceConfig{ObjectID: object, Issuer: f.wallet.Address(), Key: source})
}

// foundOnce returns the committee's KeyServer, and makes one if the file that
// remembers it is missing.
func (n *Net) foundOnce(ctx context.Context, path string, founders []*founder) (sui.Address, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		return sui.ParseAddress(string(text))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return sui.Address{}, err
	}
	p := dataset.Packages(n.Network)
	committee, err := n.initCommittee(ctx, &p, founders)
	if err != nil {
		return sui.Address{}, err
	}
	if err := n.makeKey(ctx, p, committee, founders); err != nil {
		return sui.Address{}, err
	}
	field, err := n.client.Object(ctx, contract.KeyServerField(committee))
	if err != nil {
		return sui.Address{}, err
	}
	object, err := contract.ParseObjectField(field)
	if err != nil {
		return sui.Address{}, err
	}
	return object, os.WriteFile(path, []byte(object.String()), 0o600)
}

// initCommittee publishes the committee's copy of the contract, and makes the
// Committee object. It returns its id and fills in the package.
func (n *Net) initCommittee(ctx context.Context, p *contract.Packages, founders []*founder) (id sui.Address, err error) {
	var members []sui.Address
	for _, f := range founders {
		if err := n.fund(ctx, f.wallet.Address()); err != nil {
			return id, err
		}
		members = append(members, f.wallet.Address())
	}
	pkg, err := deploy.PublishCommittee(ctx, n.client, n.admin, p.KeyServer)
	if err != nil {
		return id, err
	}
	p.Committee = contract.Package{Original: pkg.Original, Latest: pkg.Latest}
	b := sui.NewBuilder()
	contract.InitCommittee(b, *p, pkg.UpgradeCap, uint16(n.cfg.Committee.Threshold), members)
	done, err := n.client.Send(ctx, n.admin, b)
	if err != nil {
		return id, contract.Explain(err)
	}
	for id, o := range done.Objects {
		if t := o.Type(); t != nil && t.Equal(p.CommitteeType()) {
			return id, nil
		}
	}
	return id, fmt.Errorf("transaction %s made no committee", done.Digest)
}

// makeKey has the members make their key: each registers, deals, keeps its
// share and proposes the outcome. In one process there is nobody to keep the
// shares from: this shows the protocol, and keeps no secret.
func (n *Net) makeKey(ctx context.Context, p contract.Packages, id sui.Address, founders []*founder) error {
	ceremony := &dkg.Committee{ID: id, Threshold: n.cfg.Committee.Threshold}
	keys := make([]*dkg.Keys, len(founders))
	for i, f := range founders {
		var err error
		if keys[i], err = dkg.GenerateKeys(rand.Reader); err != nil {
			return err
		}
		m := keys[i].Member()
		ceremony.Members = append(ceremony.Members, m)
		if err := n.sendAs(ctx, f.wallet, func(b *sui.Builder) {
			contract.RegisterMember(b, p, id, contract.KeyCommitteeMember{EncryptionKey: m.EncryptionKey[:], SigningKey: m.SigningKey[:], URL: n.url(f.listener), Name: f.name})
		}); err != nil {
			return err
		}
	}
	var messages [][]byte
	for i, k := range keys {
		m, err := k.Deal(rand.Reader, ceremony, i, nil)
		if err != nil {
			return err
		}
		messages = append(messages, m)
	}
	for i, f := range founders {
		r, err := keys[i].Process(rand.Reader, ceremony, i, messages)
		if err != nil {
			return err
		}
		if err := os.WriteFile(f.sharePath(), r.Share.Bytes(), 0o600); err != nil {
			return err
		}
		if err := n.propose(ctx, p, id, f.wallet, r); err != nil {
			return err
		}
	}
	return nil
}

func (n *Net) propose(ctx context.Context, p contract.Packages, id sui.Address, wallet *sui.PrivateKey, r *dkg.Result) error {
	o, err := n.client.Object(ctx, id)
	if err != nil {
		return err
	}
	c, err := contract.ParseCommittee(o)
	if err != nil {
		return err
	}
	proposal := contract.KeyProposal{PublicKey: r.PublicKey[:], MessagesHash: r.Messages[:]}
	for _, k := range r.PartialPublicKeys {
		proposal.PartialPublicKeys = append(proposal.PartialPublicKeys, bytes.Clone(k[:]))
	}
	return n.sendAs(ctx, wallet, func(b *sui.Builder) { contract.ProposeKeys(b, p, c, proposal) })
}

func (n *Net) sendAs(ctx context.Context, signer sui.Signer, build func(*sui.Builder)) error {
	b := sui.NewBuilder()
	build(b)
	if _, err := n.client.Send(ctx, signer, b); err != nil {
		return contract.Explain(err)
	}
	return nil
}

// receiptKey returns the key that signs a key server's receipts.
func receiptKey(dir string) (ed25519.PrivateKey, error) {
	seed, err := secretFile(filepath.Join(dir, "receipt.key"))
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
