package execution

import (
	"fmt"

	"github.com/floe-data/floe/sdk/sui"
)

// ChangeEpochTransaction is the system transaction that ends an epoch. gas is
// that of the whole epoch, startMS when the next one begins.
func ChangeEpochTransaction(next, protocolVersion uint64, gas sui.GasUsed, startMS uint64) *sui.TransactionData {
	return sui.SystemTransaction(sui.EndOfEpochKind(&sui.ChangeEpoch{
		Epoch: next, ProtocolVersion: protocolVersion, Gas: gas, StartMS: startMS,
	}))
}

// changeEpoch executes the system transaction that ends an epoch. As nobody
// stakes, the system state at 0x5 only gets a new version; on Sui its Move code
// pays rewards and computes the next committee.
func changeEpoch(st State, env Env, tx *sui.TransactionData, c *sui.ChangeEpoch) (*Result, error) {
	if err := checkSystem(tx); err != nil {
		return nil, err
	}
	switch {
	case c.Epoch != env.Epoch+1:
		return nil, refuse("epoch %d does not follow epoch %d", c.Epoch, env.Epoch)
	case c.StartMS < env.EpochStartMS:
		return nil, refuse("epoch %d would begin at %d ms, before epoch %d", c.Epoch, c.StartMS, env.Epoch)
	case len(c.SystemPackages) > 0:
		return nil, refuse("upgrades of system packages are not there")
	}
	before, err := st.Object(sui.SystemStateID)
	if err != nil {
		return nil, fmt.Errorf("read the system state: %w", err)
	}
	return systemResult(env, tx, systemChange{before, before.Clone()}), nil
}
