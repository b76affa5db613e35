package lightclient

import (
	"errors"
	"fmt"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/floe-data/floe/sdk/sui"
)

// The fields of sui.rpc.v2.Event that the stubs do not know.
const (
	eventCheckpoint       = 7
	eventTransactionIndex = 9
	eventIndex            = 10
)

// parseEvent reads an event with its place.
func parseEvent(in *pb.Event) (ev StreamEvent, err error) {
	if ev.Package, err = sui.ParseAddress(in.GetPackageId()); err != nil {
		return ev, fmt.Errorf("read event: package: %w", err)
	}
	if ev.Sender, err = sui.ParseAddress(in.GetSender()); err != nil {
		return ev, fmt.Errorf("read event: sender: %w", err)
	}
	typ, err := sui.ParseStructTag(in.GetEventType())
	if err != nil {
		return ev, fmt.Errorf("read event: type: %w", err)
	}
	ev.Module, ev.Type, ev.Contents = in.GetModule(), typ, in.GetContents().GetValue()
	found := 0
	for raw := in.ProtoReflect().GetUnknown(); len(raw) > 0; {
		num, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return ev, errors.New("read event: damaged")
		}
		size := protowire.ConsumeFieldValue(num, kind, raw[n:])
		if size < 0 {
			return ev, errors.New("read event: damaged")
		}
		if kind == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(raw[n:])
			switch num {
			case eventCheckpoint:
				ev.Checkpoint, found = v, found|1
			case eventTransactionIndex:
				ev.Transaction, found = v, found|2
			case eventIndex:
				ev.Index, found = v, found|4
			}
		}
		raw = raw[n+size:]
	}
	if found != 7 {
		return ev, errors.New("read event: the node does not say where it is")
	}
	return ev, nil
}
