package chain

import (
	"errors"
	"fmt"
	"math"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/sui"
)

// parseCommand reads one command of a programmable transaction.
func parseCommand(in *pb.Command) (out sui.Command, err error) {
	switch c := in.GetCommand().(type) {
	case *pb.Command_MoveCall:
		out.MoveCall, err = parseMoveCall(c.MoveCall)
	case *pb.Command_TransferObjects:
		t := new(sui.TransferObjects)
		t.Objects, t.Recipient, err = parseManyAndOne(c.TransferObjects.GetObjects(), c.TransferObjects.GetAddress())
		out.TransferObjects = t
	case *pb.Command_SplitCoins:
		s := new(sui.SplitCoins)
		s.Amounts, s.Coin, err = parseManyAndOne(c.SplitCoins.GetAmounts(), c.SplitCoins.GetCoin())
		out.SplitCoins = s
	case *pb.Command_MergeCoins:
		m := new(sui.MergeCoins)
		m.Coins, m.Into, err = parseManyAndOne(c.MergeCoins.GetCoinsToMerge(), c.MergeCoins.GetCoin())
		out.MergeCoins = m
	case *pb.Command_Publish:
		p := &sui.Publish{Modules: c.Publish.GetModules()}
		p.Dependencies, err = parseAddresses("dependencies", c.Publish.GetDependencies())
		out.Publish = p
	case *pb.Command_MakeMoveVector:
		out.MakeMoveVec, err = parseMakeMoveVec(c.MakeMoveVector)
	case *pb.Command_Upgrade:
		out.Upgrade, err = parseUpgrade(c.Upgrade)
	default:
		err = errors.New("command is missing or unknown")
	}
	return out, err
}

func parseMoveCall(in *pb.MoveCall) (*sui.MoveCall, error) {
	out := &sui.MoveCall{Module: in.GetModule(), Function: in.GetFunction()}
	var err error
	if out.Package, err = parseAddress("package", in.GetPackage()); err != nil {
		return nil, err
	}
	if !sui.IsIdentifier(out.Module) || !sui.IsIdentifier(out.Function) {
		return nil, fmt.Errorf("%q::%q is not a function name", clip(out.Module), clip(out.Function))
	}
	if len(in.TypeArguments) > maxArguments {
		return nil, fmt.Errorf("%d type arguments; at most %d are allowed", len(in.TypeArguments), maxArguments)
	}
	for i, s := range in.TypeArguments {
		t, err := sui.ParseTypeTag(s)
		if err != nil {
			return nil, fmt.Errorf("type_arguments[%d]: %w", i, err)
		}
		out.TypeArguments = append(out.TypeArguments, t)
	}
	out.Arguments, err = parseArguments(in.Arguments)
	return out, err
}

func parseMakeMoveVec(in *pb.MakeMoveVector) (*sui.MakeMoveVec, error) {
	out := new(sui.MakeMoveVec)
	if in.GetElementType() != "" {
		t, err := sui.ParseTypeTag(in.GetElementType())
		if err != nil {
			return nil, fmt.Errorf("element_type: %w", err)
		}
		out.Type = &t
	}
	var err error
	out.Elements, err = parseArguments(in.GetElements())
	return out, err
}

func parseUpgrade(in *pb.Upgrade) (*sui.Upgrade, error) {
	out := &sui.Upgrade{Modules: in.GetModules()}
	var err error
	if out.Dependencies, err = parseAddresses("dependencies", in.GetDependencies()); err != nil {
		return nil, err
	}
	if out.Package, err = parseAddress("package", in.GetPackage()); err != nil {
		return nil, err
	}
	out.Ticket, err = parseArgument(in.GetTicket())
	return out, err
}

func parseManyAndOne(many []*pb.Argument, one *pb.Argument) ([]sui.Argument, sui.Argument, error) {
	list, err := parseArguments(many)
	if err != nil {
		return nil, sui.Argument{}, err
	}
	single, err := parseArgument(one)
	return list, single, err
}

func parseArguments(in []*pb.Argument) (out []sui.Argument, err error) {
	if len(in) > maxArguments {
		return nil, fmt.Errorf("%d arguments; at most %d are allowed", len(in), maxArguments)
	}
	for i, a := range in {
		arg, err := parseArgument(a)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i, err)
		}
		out = append(out, arg)
	}
	return out, nil
}

func parseArgument(in *pb.Argument) (sui.Argument, error) {
	if max(in.GetInput(), in.GetResult(), in.GetSubresult()) > math.MaxUint16 {
		return sui.Argument{}, errors.New("index is larger than 16 bits")
	}
	switch in.GetKind() {
	case pb.Argument_GAS:
		return sui.Argument{Kind: sui.ArgGasCoin}, nil
	case pb.Argument_INPUT:
		if in.Input == nil {
			return sui.Argument{}, errors.New("missing input")
		}
		return sui.Argument{Kind: sui.ArgInput, Index: uint16(*in.Input)}, nil
	case pb.Argument_RESULT:
		if in.Result == nil {
			return sui.Argument{}, errors.New("missing result")
		}
		if in.Subresult != nil {
			return sui.Argument{Kind: sui.ArgNestedResult, Index: uint16(*in.Result), Sub: uint16(*in.Subresult)}, nil
		}
		return sui.Argument{Kind: sui.ArgResult, Index: uint16(*in.Result)}, nil
	}
	return sui.Argument{}, errors.New("kind is missing or unknown")
}

func parseAddresses(field string, in []string) (out []sui.Address, err error) {
	if len(in) > maxArguments {
		return nil, fmt.Errorf("%d %s; at most %d are allowed", len(in), field, maxArguments)
	}
	for i, s := range in {
		a, err := parseAddress(fmt.Sprintf("%s[%d]", field, i), s)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}
