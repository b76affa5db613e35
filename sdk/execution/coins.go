package execution

import (
	"encoding/binary"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// balanceAt is the path of a coin's balance: field balance, field value.
var balanceAt = []int{1, 0}

// transferObjects gives objects to an address.
func (cmd *command) transferObjects(c *sui.TransferObjects) error {
	objects := make([]movevm.Value, len(c.Objects))
	for i, arg := range c.Objects {
		v, err := cmd.take(arg, nil)
		if err != nil {
			return at(err, i)
		}
		if !v.Type().Abilities.Has(movevm.Key | movevm.Store) {
			return at(&argError{Kind: sui.ArgInvalidTransferObject}, i)
		}
		objects[i] = v
	}
	to, err := cmd.address(c.Recipient)
	if err != nil {
		return at(err, len(c.Objects))
	}
	for _, v := range objects {
		if err := cmd.run.session.Transfer(v, sui.AddressOwner(to)); err != nil {
			return err
		}
	}
	return nil
}

func (cmd *command) address(arg sui.Argument) (sui.Address, error) {
	t, err := cmd.run.session.LoadType(sui.TypeTag{Kind: sui.KindAddress})
	if err != nil {
		return sui.Address{}, err
	}
	v, err := cmd.take(arg, t)
	if err != nil {
		return sui.Address{}, err
	}
	return v.AddressAt()
}

func (cmd *command) u64(arg sui.Argument) (uint64, error) {
	t, err := cmd.run.session.LoadType(sui.TypeTag{Kind: sui.KindU64})
	if err != nil {
		return 0, err
	}
	v, err := cmd.take(arg, t)
	if err != nil {
		return 0, err
	}
	return v.U64At()
}

// coin lends a coin mutably and returns its slot.
func (cmd *command) coin(arg sui.Argument) (*slot, error) {
	s, err := cmd.lend(arg, nil, true)
	if err != nil {
		return nil, err
	}
	if !s.typ.Is(sui.Framework, "coin", "Coin") {
		return nil, &argError{Kind: sui.ArgTypeMismatch}
	}
	return s, nil
}

// splitCoins takes amounts from a coin, each as a new coin.
func (cmd *command) splitCoins(c *sui.SplitCoins) ([]movevm.Value, error) {
	s, err := cmd.coin(c.Coin)
	if err != nil {
		return nil, at(err, 0)
	}
	amounts := make([]uint64, len(c.Amounts))
	for i, arg := range c.Amounts {
		if amounts[i], err = cmd.u64(arg); err != nil {
			return nil, at(err, i+1)
		}
	}
	coin := s.cell.Value()
	balance, err := coin.U64At(balanceAt...)
	if err != nil {
		return nil, err
	}
	out := make([]movevm.Value, len(amounts))
	for i, amount := range amounts {
		if amount > balance {
			return nil, fail(sui.FailInsufficientCoinBalance)
		}
		balance -= amount
		if out[i], err = cmd.newCoin(s.typ, amount); err != nil {
			return nil, err
		}
	}
	return out, coin.SetU64At(balance, balanceAt...)
}

func (cmd *command) newCoin(t *movevm.Type, amount uint64) (movevm.Value, error) {
	id, err := cmd.run.session.NewObjectID()
	if err != nil {
		return movevm.Value{}, err
	}
	return cmd.run.session.Decode(t, binary.LittleEndian.AppendUint64(id[:], amount))
}

// mergeCoins adds coins to a coin and deletes them.
func (cmd *command) mergeCoins(c *sui.MergeCoins) error {
	s, err := cmd.coin(c.Into)
	if err != nil {
		return at(err, 0)
	}
	into := s.cell.Value()
	balance, err := into.U64At(balanceAt...)
	if err != nil {
		return err
	}
	for i, arg := range c.Coins {
		if arg.Kind == sui.ArgGasCoin {
			return at(&argError{Kind: sui.ArgInvalidGasCoinUsage}, i+1)
		}
		v, err := cmd.take(arg, s.typ)
		if err != nil {
			return at(err, i+1)
		}
		amount, err := v.U64At(balanceAt...)
		if err != nil {
			return err
		}
		if balance+amount < balance {
			return fail(sui.FailCoinBalanceOverflow)
		}
		balance += amount
		id, err := v.ID()
		if err != nil {
			return err
		}
		if err := cmd.run.session.DeleteObjectID(id); err != nil {
			return err
		}
	}
	return into.SetU64At(balance, balanceAt...)
}

// makeMoveVec builds a vector. Without a type the elements must be objects.
func (cmd *command) makeMoveVec(c *sui.MakeMoveVec) ([]movevm.Value, error) {
	var elem *movevm.Type
	if c.Type != nil {
		t, err := cmd.run.session.LoadTypeIn(*c.Type)
		if err != nil {
			return nil, err
		}
		elem = t
	}
	values := make([]movevm.Value, len(c.Elements))
	for i, arg := range c.Elements {
		if arg.Kind == sui.ArgGasCoin {
			return nil, at(&argError{Kind: sui.ArgInvalidGasCoinUsage}, i)
		}
		v, err := cmd.take(arg, elem)
		if err != nil {
			return nil, at(err, i)
		}
		if elem == nil {
			if elem = v.Type(); !elem.Abilities.Has(movevm.Key) {
				return nil, at(&argError{Kind: sui.ArgInvalidMakeMoveVecNonObjectArgument}, i)
			}
		}
		values[i] = v
	}
	v, err := cmd.run.session.Vector(elem, values)
	return []movevm.Value{v}, err
}

// decode makes a value of a framework type from its fields in BCS.
func (r *run) decode(module, name string, fields *bcs.Encoder) (movevm.Value, error) {
	tag := sui.StructTag{Address: sui.Framework, Module: module, Name: name}
	t, err := r.session.LoadType(tag.Tag())
	if err != nil {
		return movevm.Value{}, err
	}
	return r.session.Decode(t, fields.Data())
}
