package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/sdk/sui"
)

// fillPage is how many events Fill holds at a time.
const fillPage = 5_000

// Fill makes the rows of events that an earlier version of the index kept raw only,
// because there was no table for them: a migration that adds tables lists their events
// in event_to_fill. It is all done or not at all, and no work when nothing is listed.
// It returns how many events it read.
func (w *Writer) Fill(ctx context.Context, d *decode.Decoder) (int, error) {
	events := 0
	err := pgx.BeginFunc(ctx, w.conn, func(tx pgx.Tx) error {
		types, err := collect[eventType](ctx, tx, "types_to_fill")
		if err != nil {
			return err
		}
		for _, t := range types {
			n, err := fillType(ctx, tx, d, t)
			if err != nil {
				return fmt.Errorf("%s: %w", t.Tag, err)
			}
			events += n
		}
		_, err = tx.Exec(ctx, query("filled"))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("fill new tables: %w", w.s.explain(err))
	}
	return events, nil
}

type eventType struct {
	ID  int32
	Tag string
}

// rawEvent is an event as a row.
type rawEvent struct {
	Checkpoint        int64
	Time              time.Time
	TxIndex, Sequence int32
	Sender, Package   []byte
	Module            string
	Contents          []byte
}

func fillType(ctx context.Context, tx pgx.Tx, d *decode.Decoder, t eventType) (int, error) {
	tag, err := sui.ParseStructTag(t.Tag)
	if err != nil {
		return 0, err
	}
	last, n := rawEvent{Checkpoint: -1}, 0
	for {
		page, err := collect[rawEvent](ctx, tx, "events_to_fill", t.ID, last.Checkpoint, last.TxIndex, last.Sequence, fillPage)
		if err != nil || len(page) == 0 {
			return n, err
		}
		var events []*decode.Event
		for _, r := range page {
			e := &decode.Event{Checkpoint: r.Checkpoint, Time: r.Time, TxIndex: r.TxIndex, Sequence: r.Sequence,
				Raw: sui.Event{Type: tag, Sender: sui.Address(r.Sender), Package: sui.Address(r.Package), Module: r.Module, Contents: r.Contents}}
			if e.Typed, e.Problem = d.Typed(e.Raw); e.Problem != "" {
				if _, err := tx.Exec(ctx, query("mark_undecoded"), e.Checkpoint, e.TxIndex, e.Sequence, e.Problem); err != nil {
					return n, err
				}
			}
			events = append(events, e)
		}
		if err := copyFacts(ctx, tx, events); err != nil {
			return n, err
		}
		last, n = page[len(page)-1], n+len(page)
	}
}
