package contract

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// ErrUnknownEvent says that an event is not of our contracts.
var ErrUnknownEvent = errors.New("unknown event")

// DecodeEvent decodes an event of our contracts into a pointer to one of the
// event types, for example *[BlobCertified]. The event's type decides, not the
// function that was called. Events of other packages, and unknown ones, give
// [ErrUnknownEvent].
func DecodeEvent(ev sui.Event, p Packages) (any, error) {
	name, ours := p.Name(ev.Type.Address)
	make, known := events[name][ev.Type.Module+"::"+ev.Type.Name]
	if !ours || !known || len(ev.Type.Params) != 0 {
		return nil, fmt.Errorf("decode event %s: %w", ev.Type.Short(), ErrUnknownEvent)
	}
	v := make()
	if err := bcs.Unmarshal(ev.Contents, v); err != nil {
		return nil, fmt.Errorf("decode event %s: %w", ev.Type.Short(), err)
	}
	return v, nil
}
