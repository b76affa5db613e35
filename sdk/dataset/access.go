package dataset

import (
	"context"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// sessionTTL is how long the session key of one open lives; it signs one
// request.
const sessionTTL = 5 * time.Minute

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

// A ReceiptServer signs receipts and has a log of them: an independent key
// server, or a member of a committee.
type ReceiptServer struct {
	ID        sui.Address // KeyServer object, or address of a member
	Name, URL string
	KeyServer *seal.KeyServer // that it is, or belongs to
}

// ReceiptServers reads from the chain who signs receipts on the network.
func ReceiptServers(ctx context.Context, env *Env) ([]ReceiptServer, error) {
	servers, err := KeyServers(ctx, env)
	if err != nil {
		return nil, err
	}
	var out []ReceiptServer
	for _, ks := range servers {
		if ks.Committee == nil {
			out = append(out, ReceiptServer{ID: ks.ID, Name: ks.Name, URL: ks.URL, KeyServer: ks})
			continue
		}
		members, err := contract.MemberAddresses(ctx, env.Chain, ks.ID, len(ks.Committee.Members))
		if err != nil {
			return nil, err
		}
		for i, m := range ks.Committee.Members {
			out = append(out, ReceiptServer{ID: members[i], Name: m.Name, URL: m.URL, KeyServer: ks})
		}
	}
	return out, nil
}

// newSealer returns the age recipient that wraps file keys for everybody whom
// the policy in id allows. The key servers prove that they hold their keys
// before anything is encrypted to them.
func newSealer(ctx context.Context, env *Env, id []byte) (Sealer, error) {
	var servers []seal.ServerConfig
	for _, k := range env.Network.KeyServers {
		servers = append(servers, seal.ServerConfig{ID: k.Object, Weight: k.Weight, AggregatorURL: k.Aggregator})
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
	client, err := seal.NewClient(seal.ClientConfig{Chain: env.Chain, Servers: serversOf(env, o), HTTP: env.HTTP, Rand: env.Rand})
	if err != nil {
		return nil, nil, err
	}
	session, err := newSession(env.Signer, access.Original, env.Rand)
	if err != nil {
		return nil, nil, err
	}
	ptb, err := approval(ctx, env, o.ID, policy, opt)
	if err != nil {
		return nil, nil, err
	}
	keys, err := client.FetchKeys(ctx, seal.FetchConfig{Session: session, PTB: ptb, IDs: [][]byte{o.ID}, Threshold: int(o.Threshold)})
	if err != nil {
		return nil, nil, refusal(ctx, env, err)
	}
	return func(b []byte) ([]byte, error) {
		o, err := seal.ParseObject(b)
		if err != nil {
			return nil, err
		}
		return keys.Decrypt(o, seal.DecryptConfig{})
	}, answers(ctx, env, keys.Request, keys.Reports), nil
}

// serversOf are the key servers of an object with their weights, and where
// committees among them have an aggregator.
func serversOf(env *Env, o *seal.EncryptedObject) []seal.ServerConfig {
	var out []seal.ServerConfig
	at := map[sui.Address]int{}
	aggregators := map[sui.Address]string{}
	for _, k := range env.Network.KeyServers {
		aggregators[k.Object] = k.Aggregator
	}
	for _, s := range o.Services {
		i, ok := at[s.Server]
		if !ok {
			i = len(out)
			at[s.Server] = i
			out = append(out, seal.ServerConfig{ID: s.Server, AggregatorURL: aggregators[s.Server]})
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
