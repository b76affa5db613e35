package lightclient

import (
	"context"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/eventstream"
)

// ErrBadEvents says that the events that a node listed are not those that the
// head of the stream commits to: one is missing, added, altered or moved.
var ErrBadEvents = errors.New("events do not fit the stream's head")

// A Stream follows the authenticated events of a package. Its state is small:
// keep Head to go on later with [ResumeStream]. Not for concurrent use.
type Stream struct {
	client *Client
	id     sui.Address
	head   eventstream.Head
}

// Stream follows a stream from its beginning. id is the first id of the package
// that emits the events.
func (c *Client) Stream(id sui.Address) *Stream { return &Stream{client: c, id: id} }

// ResumeStream follows a stream from where another follower was.
func (c *Client) ResumeStream(id sui.Address, head eventstream.Head) *Stream {
	return &Stream{client: c, id: id, head: head.Clone()}
}

// Head is how far the stream is verified.
func (s *Stream) Head() eventstream.Head { return s.head.Clone() }

// Next returns the events since the last call, when they are verified to be all
// there are up to the newest settlement that the node knows; none when there is
// no newer one. After an error the stream is where it was.
func (s *Stream) Next(ctx context.Context) ([]StreamEvent, error) {
	from := uint64(0)
	if s.head.Events > 0 {
		from = s.head.Checkpoint + 1
	}
	settled, err := s.client.source.Settlements(ctx, s.id, from)
	if err != nil {
		return nil, fmt.Errorf("list settlements: %w", err)
	}
	if len(settled) == 0 {
		return nil, nil
	}
	last := settled[len(settled)-1]
	want, err := s.headAt(ctx, last)
	if err != nil {
		return nil, err
	}
	events, err := s.client.source.Events(ctx, s.id, from, last+1)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	head := s.head.Clone()
	if err := Fold(&head, events); err != nil {
		return nil, err
	}
	if !head.Equal(&want) {
		return nil, fmt.Errorf("%w: at checkpoint %d it counts %d events, the node listed %d", ErrBadEvents, last, want.Events, head.Events)
	}
	s.head = head
	return events, nil
}

// headAt fetches the head as a verified checkpoint left it.
func (s *Stream) headAt(ctx context.Context, checkpoint uint64) (eventstream.Head, error) {
	cp, err := s.client.Checkpoint(ctx, checkpoint)
	if err != nil {
		return eventstream.Head{}, err
	}
	obj, err := s.client.Object(ctx, cp, eventstream.HeadID(s.id))
	if err != nil {
		return eventstream.Head{}, err
	}
	return eventstream.ParseHead(obj, s.id)
}

// Fold adds events to a head, one root for each checkpoint.
func Fold(head *eventstream.Head, events []StreamEvent) error {
	for len(events) > 0 {
		at := events[0].Checkpoint
		if head.Events > 0 && at <= head.Checkpoint {
			return fmt.Errorf("%w: one of checkpoint %d comes after checkpoint %d", ErrBadEvents, at, head.Checkpoint)
		}
		var batch []eventstream.Commitment
		for len(events) > 0 && events[0].Checkpoint == at {
			ev := &events[0]
			batch = append(batch, eventstream.Commitment{
				Checkpoint: at, Transaction: ev.Transaction, Event: ev.Index, Digest: eventstream.EventDigest(&ev.Event),
			})
			events = events[1:]
		}
		head.Fold(eventstream.Root(batch), uint64(len(batch)), at)
	}
	return nil
}
