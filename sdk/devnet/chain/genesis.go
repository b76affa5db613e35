package chain

import (
	"slices"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

const (
	// genesisEpoch is the first epoch.
	genesisEpoch = 0
	// protocolVersion is the version whose rules the engine follows.
	protocolVersion = 95
	// totalSupply is all SUI there is, in MIST; the treasury holds it at first.
	totalSupply = 10_000_000_000 * sui.MistPerSUI
	// treasuryCoins is how many coins the supply is cut into.
	treasuryCoins = 10
	// kindGenesis is the variant of a genesis transaction.
	kindGenesis = 2
)

// genesis writes checkpoint 0: one system transaction that creates the
// framework packages, the system objects and the coins of accounts and treasury.
func (c *Chain) genesis(v view) error {
	ms := uint64(c.cfg.Now().UnixMilli())
	framework, err := move.Package("framework")
	if err != nil {
		return err
	}
	objects, err := execution.Genesis(framework, ms)
	if err != nil {
		return err
	}
	funded, err := c.fundAccounts(v, c.cfg.Accounts)
	if err != nil {
		return err
	}
	rest := totalSupply - uint64(len(funded))*accountBalance
	objects = append(append(objects, funded...), treasury(c.treasury.Address(), rest)...)
	slices.SortFunc(objects, func(a, b *sui.Object) int { return a.ID().Compare(b.ID()) })
	data := sui.SystemTransaction(sui.TransactionKind{Other: genesisKind(objects)})
	first, err := c.newEra(genesisEpoch, ms)
	if err != nil {
		return err
	}
	b := &batch{c: c, v: v, era: first, ms: ms}
	err = b.add(data.Digest(), bcs.Marshal(data), []sui.Signature{systemSignature}, &execution.Result{
		Effects: genesisEffects(data.Digest(), objects), Written: objects,
	})
	if err != nil {
		return err
	}
	_, err = b.seal()
	return err
}

// treasury makes the coins that the faucet pays from, of supply in all.
func treasury(owner sui.Address, supply uint64) (out []*sui.Object) {
	for i := range uint64(treasuryCoins) {
		id := sui.TypedDigest("FloeDevnetTreasury", be(i))
		out = append(out, execution.GenesisCoin(sui.Address(id), owner, supply/treasuryCoins))
	}
	return out
}

// genesisKind is the BCS of a genesis transaction's kind: the variant, then
// each object as RawObject{data, owner}. An object's own BCS ends with the
// previous transaction (33 bytes) and the storage rebate (8 bytes), which a
// RawObject does not have.
func genesisKind(objects []*sui.Object) []byte {
	e := bcs.NewEncoder()
	e.ULEB(kindGenesis)
	e.ULEB(uint64(len(objects)))
	for _, obj := range objects {
		raw := bcs.Marshal(obj)
		e.ULEB(0)
		e.Fixed(raw[:len(raw)-33-8])
	}
	return e.Data()
}

func genesisEffects(digest sui.Digest, objects []*sui.Object) sui.TransactionEffects {
	effects := sui.TransactionEffects{Epoch: genesisEpoch, Transaction: digest, LamportVersion: 1}
	for _, obj := range objects {
		changed := sui.ChangedObject{
			ID: obj.ID(), Operation: sui.IDCreated,
			Output: sui.StateExist, OutputDigest: obj.Digest(), OutputOwner: obj.Owner,
		}
		if obj.Package != nil {
			changed.Output, changed.OutputVersion = sui.StatePackageWrite, obj.Version()
			changed.OutputOwner = sui.Owner{}
		}
		effects.Changed = append(effects.Changed, changed)
	}
	return effects
}
