package sui

import "github.com/floe-data/floe/sdk/bcs"

// MarshalBCS appends the variant and its fields.
func (c Command) MarshalBCS(e *bcs.Encoder) {
	switch {
	case c.MoveCall != nil:
		e.ULEB(0)
		c.MoveCall.encode(e)
	case c.TransferObjects != nil:
		e.ULEB(1)
		encodeSlice(e, c.TransferObjects.Objects)
		e.Value(c.TransferObjects.Recipient)
	case c.SplitCoins != nil:
		e.ULEB(2)
		e.Value(c.SplitCoins.Coin)
		encodeSlice(e, c.SplitCoins.Amounts)
	case c.MergeCoins != nil:
		e.ULEB(3)
		e.Value(c.MergeCoins.Into)
		encodeSlice(e, c.MergeCoins.Coins)
	case c.Publish != nil:
		e.ULEB(4)
		encodeBlobs(e, c.Publish.Modules)
		encodeSlice(e, c.Publish.Dependencies)
	case c.MakeMoveVec != nil:
		e.ULEB(5)
		c.MakeMoveVec.encode(e)
	case c.Upgrade != nil:
		e.ULEB(6)
		encodeBlobs(e, c.Upgrade.Modules)
		encodeSlice(e, c.Upgrade.Dependencies)
		e.Value(c.Upgrade.Package)
		e.Value(c.Upgrade.Ticket)
	default:
		panic("sui: encode command: no field is set")
	}
}

func (m *MoveCall) encode(e *bcs.Encoder) {
	e.Value(m.Package)
	e.String(m.Module)
	e.String(m.Function)
	encodeSlice(e, m.TypeArguments)
	encodeSlice(e, m.Arguments)
}

func (m *MakeMoveVec) encode(e *bcs.Encoder) {
	e.Bool(m.Type != nil)
	if m.Type != nil {
		e.Value(m.Type)
	}
	encodeSlice(e, m.Elements)
}

// UnmarshalBCS reads a command.
func (c *Command) UnmarshalBCS(d *bcs.Decoder) {
	*c = Command{}
	switch d.Variant(7) {
	case 0:
		c.MoveCall = decodeMoveCall(d)
	case 1:
		c.TransferObjects = &TransferObjects{Objects: decodeArguments(d), Recipient: decodeArgument(d)}
	case 2:
		c.SplitCoins = &SplitCoins{Coin: decodeArgument(d), Amounts: decodeArguments(d)}
	case 3:
		c.MergeCoins = &MergeCoins{Into: decodeArgument(d), Coins: decodeArguments(d)}
	case 4:
		c.Publish = &Publish{Modules: decodeBlobs(d), Dependencies: decodeSlice[Address](d, 32)}
	case 5:
		c.MakeMoveVec = decodeMakeMoveVec(d)
	case 6:
		u := &Upgrade{Modules: decodeBlobs(d), Dependencies: decodeSlice[Address](d, 32)}
		d.Value(&u.Package)
		u.Ticket = decodeArgument(d)
		c.Upgrade = u
	}
}

func decodeMoveCall(d *bcs.Decoder) *MoveCall {
	m := new(MoveCall)
	d.Value(&m.Package)
	m.Module, m.Function = decodeString(d), decodeString(d)
	m.TypeArguments = decodeSlice[TypeTag](d, 1)
	m.Arguments = decodeArguments(d)
	return m
}

func decodeMakeMoveVec(d *bcs.Decoder) *MakeMoveVec {
	m := new(MakeMoveVec)
	if d.Option() {
		m.Type = new(TypeTag)
		d.Value(m.Type)
	}
	m.Elements = decodeArguments(d)
	return m
}

func decodeArguments(d *bcs.Decoder) []Argument { return decodeSlice[Argument](d, 1) }

func decodeArgument(d *bcs.Decoder) (a Argument) {
	d.Value(&a)
	return a
}
