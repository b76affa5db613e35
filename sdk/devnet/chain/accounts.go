package chain

import (
	"fmt"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

const (
	maxAccounts    = 1000
	accountCoins   = 5                       // of each account
	accountBalance = 10_000 * sui.MistPerSUI // of each of its coins
	metaAccounts   = "accounts"              // key in bucketMeta of the number of accounts
)

// Accounts are the keys of the accounts that the genesis funded. They follow
// from the seed: nothing of value may ever belong to them on a real network.
func (c *Chain) Accounts() []*sui.PrivateKey { return c.accounts }

// account is the key of the i-th account of a seed.
func account(seed []byte, i int) (*sui.PrivateKey, error) {
	return sui.NewPrivateKey(sui.Ed25519, deriveSeed(seed, fmt.Sprintf("account %d", i)))
}

// fundAccounts makes the coins of n accounts.
func (c *Chain) fundAccounts(v view, n int) (coins []*sui.Object, err error) {
	for i := range n {
		key, err := account(c.cfg.Seed, i)
		if err != nil {
			return nil, err
		}
		for j := range accountCoins {
			id := sui.TypedDigest("FloeDevnetAccount", key2(i, j))
			coins = append(coins, execution.GenesisCoin(sui.Address(id), key.Address(), accountBalance))
		}
	}
	return coins, v.setMeta(metaAccounts, be(uint64(n)))
}

func key2(i, j int) []byte { return key(be(uint64(i)), be(uint64(j))) }

// loadAccounts derives the accounts of an existing chain.
func (c *Chain) loadAccounts(v view) error {
	n := int(fromBE(v.meta(metaAccounts)))
	if c.cfg.Accounts > n {
		return fmt.Errorf("the chain was made with %d accounts, not %d: ask for as many, or start a new one in an empty directory", n, c.cfg.Accounts)
	}
	for i := range n {
		key, err := account(c.cfg.Seed, i)
		if err != nil {
			return err
		}
		c.accounts = append(c.accounts, key)
	}
	return nil
}
