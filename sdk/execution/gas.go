package execution

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/floe-data/floe/sdk/sui"
)

// Gas figures of protocol version 95. Amounts are MIST, sizes bytes.
const (
	maxBudget       = 50_000 * sui.MistPerSUI
	maxGasPrice     = 100_000
	minUnits        = 1000 // a transaction costs so many units at least, and must afford them
	unitStep        = 1000 // units are charged in steps
	internalUnits   = 1000 // internal units make one unit
	readUnits       = 15   // internal, per byte of an input object
	publishUnits    = 80   // internal, per byte of a module
	storageUnits    = 100  // per byte stored
	storagePrice    = 76   // MIST per storage unit
	rebateRate      = 9900 // of 10000: what is given back of a storage fee
	simulatedCoin   = 1_000_000_000_000_000
	failedRGPFactor = 100 // the price of a failed transaction is at most so many reference prices
)

// mockCoinID is the coin that pays for simulations without a payment.
var mockCoinID = func() (id sui.Address) {
	for i := range id {
		id[i] = 0xff
	}
	return id
}()

// assumeGas fills in the gas data that a simulation may leave out.
func (in *inputs) assumeGas(env Env, opt Options) error {
	if !opt.Simulate {
		return nil
	}
	tx := *in.tx
	gas := &tx.Gas
	if gas.Owner.IsZero() {
		gas.Owner = tx.Sender
	}
	if gas.Price == 0 {
		gas.Price = env.ReferenceGasPrice
	}
	if gas.Budget == 0 {
		gas.Budget = maxBudget
	}
	in.tx = &tx
	return nil
}

// loadGas reads and checks the coins that pay.
func (in *inputs) loadGas(st State, env Env, opt Options) error {
	gas := in.tx.Gas
	if err := checkGasData(gas, env); err != nil {
		return err
	}
	if len(gas.Payment) == 0 {
		if !opt.Simulate {
			return refuse("no gas payment: name coins of the gas owner; address balances are not enabled")
		}
		coin := GenesisCoin(mockCoinID, gas.Owner, simulatedCoin)
		in.gas = []*sui.Object{coin}
		in.maxSeen = max(in.maxSeen, coin.Move.Version)
		return nil
	}
	seen := map[sui.Address]bool{}
	for _, o := range in.objects {
		if o != nil {
			seen[o.obj.ID()] = true
		}
	}
	var total uint64
	for _, ref := range gas.Payment {
		if seen[ref.ID] {
			return refuseObject(ref.ID, "it is used twice: as gas and as an input")
		}
		seen[ref.ID] = true
		coin, err := loadCoin(st, ref, gas.Owner, opt)
		if err != nil {
			return err
		}
		balance, err := coin.CoinBalance()
		if err != nil {
			return err
		}
		sum, carry := bits.Add64(total, balance, 0)
		if carry != 0 {
			return refuse("the gas coins overflow a balance")
		}
		total = sum
		in.gas = append(in.gas, coin)
		in.use(coin)
	}
	if total < gas.Budget && !opt.SkipChecks {
		return refuse("the gas coins hold %d MIST, the budget is %d: add coins or lower the budget", total, gas.Budget)
	}
	return nil
}

func checkGasData(gas sui.GasData, env Env) error {
	if gas.Price < env.ReferenceGasPrice {
		return refuse("gas price %d is below the reference price %d", gas.Price, env.ReferenceGasPrice)
	}
	if gas.Price > maxGasPrice {
		return refuse("gas price %d is above %d", gas.Price, maxGasPrice)
	}
	if least := gas.Price * minUnits; gas.Budget < least {
		return refuse("gas budget %d is below the least, %d", gas.Budget, least)
	}
	if gas.Budget > maxBudget {
		return refuse("gas budget %d is above the largest, %d", gas.Budget, uint64(maxBudget))
	}
	if len(gas.Payment) > maxGasCoins {
		return refuse("%d gas coins, more than %d", len(gas.Payment), maxGasCoins)
	}
	return nil
}

func loadCoin(st State, ref sui.ObjectRef, owner sui.Address, opt Options) (*sui.Object, error) {
	coin, err := st.Object(ref.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, refuseObject(ref.ID, "the gas coin does not exist or was spent")
	}
	if err != nil {
		return nil, fmt.Errorf("load gas coin: %w", err)
	}
	if coin.Move == nil || !coin.Move.Type.Equal(sui.SUICoinType()) {
		return nil, refuseObject(ref.ID, "gas is paid with coins of SUI only")
	}
	if want := coin.Ref(); ref != want {
		return nil, refuseObject(ref.ID, "gas coin version %d with digest %s is not the newest: that is version %d with digest %s",
			ref.Version, ref.Digest, want.Version, want.Digest)
	}
	if coin.Owner != sui.AddressOwner(owner) && !opt.SkipChecks {
		return nil, refuseObject(ref.ID, "the gas coin's owner is %s, not the gas owner %s", coin.Owner, owner)
	}
	return coin, nil
}

// smash returns the gas coin with the balance of all payment coins, less what
// is held back, and the coins that vanish into it.
func (in *inputs) smash(hold uint64) (coin *sui.Object, gone []*sui.Object) {
	var total uint64
	for _, c := range in.gas {
		balance, _ := c.CoinBalance() // checked when it was loaded
		total += balance
	}
	coin = in.gas[0].Clone()
	setBalance(coin, total-min(hold, total))
	return coin, in.gas[1:]
}

func setBalance(coin *sui.Object, balance uint64) {
	binary.LittleEndian.PutUint64(coin.Move.Contents[32:], balance)
}

// computation is the fee for the work done, in MIST, at most the budget.
func (r *run) computation(failed bool) uint64 {
	price := r.in.tx.Gas.Price
	if failed {
		price = min(price, failedRGPFactor*r.env.ReferenceGasPrice)
	}
	return min(price*bucket(r.units()), r.in.tx.Gas.Budget)
}

// bucket rounds units up to a step.
func bucket(units uint64) uint64 {
	return max(minUnits, (units+unitStep-1)/unitStep*unitStep)
}

// units is the work so far. Sui weighs instructions by tables of its own; here
// an instruction, and a unit of a native's work, is one internal unit.
func (r *run) units() uint64 { return (r.bytesUnits + r.session.Used().Fuel) / internalUnits }

// storageFee is what an object of the given size costs to store.
func storageFee(o *sui.Object) uint64 { return o.StorageSize() * storageUnits * storagePrice }

// refundable splits the storage fees of replaced objects into what is given
// back and what is kept.
func refundable(fees uint64) (rebate, kept uint64) {
	rebate = (fees*rebateRate + 5000) / 10000
	return rebate, fees - rebate
}
