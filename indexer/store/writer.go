package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// Watermark is the last indexed checkpoint.
type Watermark struct {
	Checkpoint int64
	Time       time.Time
	Digest     sui.Digest
}

// Watermark returns how far the index is; nil when it is empty.
func (s *Store) Watermark(ctx context.Context) (*Watermark, error) {
	w, err := watermark(ctx, s.pool)
	if err != nil {
		return nil, fmt.Errorf("read watermark: %w", s.explain(err))
	}
	return w, nil
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func watermark(ctx context.Context, q querier) (*Watermark, error) {
	var w Watermark
	var digest []byte
	err := q.QueryRow(ctx, query("watermark")).Scan(&w.Checkpoint, &w.Time, &digest)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	w.Digest = sui.Digest(digest)
	return &w, nil
}

// A Writer adds checkpoints. It holds one connection with an advisory lock for
// as long as it lives, and writes through that connection only: whoever loses
// the connection has lost the lock and cannot write any more.
type Writer struct {
	s     *Store
	conn  *pgx.Conn
	types map[string]int32 // event_type, by tag
	mark  *Watermark
}

// Writer takes the lock of the schema, or returns [ErrBusy].
func (s *Store) Writer(ctx context.Context) (*Writer, error) {
	cfg := s.pool.Config().ConnConfig
	// A connection whose other end is gone gives the lock back within a minute.
	cfg.RuntimeParams["tcp_keepalives_idle"], cfg.RuntimeParams["tcp_keepalives_interval"], cfg.RuntimeParams["tcp_keepalives_count"] = "30", "10", "3"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open writer: %w", s.explain(err))
	}
	w := &Writer{s: s, conn: conn}
	if err := w.prepare(ctx); err != nil {
		w.Close()
		return nil, fmt.Errorf("open writer: %w", s.explain(err))
	}
	return w, nil
}

// Close gives the lock back.
func (w *Writer) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	_ = w.conn.Close(ctx)
}

// Watermark returns the last checkpoint that was written; nil for none.
func (w *Writer) Watermark() *Watermark { return w.mark }

func (w *Writer) prepare(ctx context.Context) error {
	var locked bool
	if err := w.conn.QueryRow(ctx, query("writer"), w.s.lock()).Scan(&locked); err != nil {
		return err
	}
	if !locked {
		return fmt.Errorf("%w (schema %s at %s): stop it, or give this one another schema", ErrBusy, w.s.schema, w.s.where)
	}
	rows, err := w.conn.Query(ctx, query("event_types"))
	if err != nil {
		return err
	}
	w.types = map[string]int32{}
	var tag string
	var id int32
	if _, err := pgx.ForEachRow(rows, []any{&tag, &id}, func() error { w.types[tag] = id; return nil }); err != nil {
		return err
	}
	w.mark, err = watermark(ctx, w.conn)
	return err
}

// Apply adds consecutive checkpoints, all or none: raw events, typed rows and
// the watermark in one transaction.
func (w *Writer) Apply(ctx context.Context, batch []*decode.Rows) error {
	if len(batch) == 0 {
		return nil
	}
	types := maps.Clone(w.types)
	last := batch[len(batch)-1]
	mark := &Watermark{Checkpoint: last.Sequence, Time: last.Time, Digest: last.Digest}
	err := pgx.BeginFunc(ctx, w.conn, func(tx pgx.Tx) error {
		if err := w.advance(ctx, tx, mark); err != nil {
			return err
		}
		return insertBatch(ctx, tx, batch, types)
	})
	if err != nil {
		return fmt.Errorf("apply checkpoints %d to %d: %w", batch[0].Sequence, last.Sequence, w.s.explain(err))
	}
	w.types, w.mark = types, mark
	return nil
}

func (w *Writer) advance(ctx context.Context, tx pgx.Tx, mark *Watermark) error {
	var from *int64
	if w.mark != nil {
		from = &w.mark.Checkpoint
	}
	var changed int
	if err := tx.QueryRow(ctx, query("advance"), from, mark.Checkpoint, mark.Time, mark.Digest[:]).Scan(&changed); err != nil {
		return fmt.Errorf("advance watermark: %w", err)
	}
	if changed != 1 {
		return fmt.Errorf("advance watermark: %w: it moved", ErrBusy)
	}
	return nil
}

func insertBatch(ctx context.Context, tx pgx.Tx, batch []*decode.Rows, types map[string]int32) error {
	var events []*decode.Event
	for _, rows := range batch {
		for i := range rows.Events {
			events = append(events, &rows.Events[i])
		}
	}
	if err := insertUpgrades(ctx, tx, batch); err != nil {
		return fmt.Errorf("insert package versions: %w", err)
	}
	if len(events) == 0 {
		return nil
	}
	if err := insertCheckpoints(ctx, tx, batch); err != nil {
		return fmt.Errorf("insert checkpoints: %w", err)
	}
	if err := insertEventTypes(ctx, tx, events, types); err != nil {
		return fmt.Errorf("insert event types: %w", err)
	}
	if err := copyEvents(ctx, tx, events, types); err != nil {
		return fmt.Errorf("copy events: %w", err)
	}
	if err := copyFacts(ctx, tx, events); err != nil {
		return err
	}
	if err := insertRegistrations(ctx, tx, events); err != nil {
		return fmt.Errorf("insert blob registrations: %w", err)
	}
	return insertTyped(ctx, tx, events)
}

// copyFacts adds the rows that depend on no other row, a table at a time.
func copyFacts(ctx context.Context, tx pgx.Tx, events []*decode.Event) error {
	rows := map[string][][]any{}
	for _, e := range events {
		facts(e, func(table string, values ...any) {
			rows[table] = append(rows[table], append([]any{e.Checkpoint, e.Time, e.TxIndex, e.Sequence}, values...))
		})
	}
	for _, t := range factTables {
		if len(rows[t.name]) == 0 {
			continue
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, slices.Concat(position, t.columns), pgx.CopyFromRows(rows[t.name])); err != nil {
			return fmt.Errorf("copy %s: %w", t.name, err)
		}
	}
	return nil
}

// insertRegistrations adds the batch's blob registrations by one statement.
func insertRegistrations(ctx context.Context, tx pgx.Tx, events []*decode.Event) error {
	var r struct {
		checkpoints, epochs, ends []int64
		times                     []time.Time
		txs, seqs                 []int32
		encodings                 []int16
		blobs, sizes, objects     []string
		deletable                 []bool
	}
	byPlace := map[[3]int64]*decode.Event{}
	for _, e := range events {
		v, ok := e.Typed.(*contract.BlobRegistered)
		if !ok {
			continue
		}
		r.checkpoints, r.times, r.txs, r.seqs = append(r.checkpoints, e.Checkpoint), append(r.times, e.Time), append(r.txs, e.TxIndex), append(r.seqs, e.Sequence)
		r.epochs, r.ends, r.encodings = append(r.epochs, int64(v.Epoch)), append(r.ends, int64(v.EndEpoch)), append(r.encodings, int16(v.EncodingType))
		r.blobs, r.sizes, r.objects = append(r.blobs, v.BlobID.String()), append(r.sizes, decimal(v.Size)), append(r.objects, v.ObjectID.String())
		r.deletable = append(r.deletable, v.Deletable)
		byPlace[[3]int64{e.Checkpoint, int64(e.TxIndex), int64(e.Sequence)}] = e
	}
	if len(byPlace) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, query("insert_blob_registrations"), r.checkpoints, r.times, r.txs, r.seqs, r.epochs, r.blobs, r.sizes, r.encodings, r.ends, r.deletable, r.objects)
	if err != nil {
		return err
	}
	var at [3]int64
	if _, err := pgx.ForEachRow(rows, []any{&at[0], &at[1], &at[2]}, func() error { delete(byPlace, at); return nil }); err != nil {
		return err
	}
	for _, e := range byPlace {
		if err := markRefused(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// markRefused notes with the raw event why it has no typed row.
func markRefused(ctx context.Context, tx pgx.Tx, e *decode.Event) error {
	const why = "contradicts earlier events: exists already, or what it changes does not exist"
	if _, err := tx.Exec(ctx, query("mark_undecoded"), e.Checkpoint, e.TxIndex, e.Sequence, why); err != nil {
		return fmt.Errorf("mark event: %w", err)
	}
	return nil
}

func insertUpgrades(ctx context.Context, tx pgx.Tx, batch []*decode.Rows) error {
	for _, rows := range batch {
		for _, u := range rows.Upgrades {
			if _, err := tx.Exec(ctx, query("insert_package_version"), rows.Sequence, rows.Time, u.TxIndex, num(u.Version), u.Package.String(), u.Original.String()); err != nil {
				return err
			}
		}
	}
	return nil
}

func insertCheckpoints(ctx context.Context, tx pgx.Tx, batch []*decode.Rows) error {
	var sequences, epochs []int64
	var times []time.Time
	var digests [][]byte
	for _, r := range batch {
		if len(r.Events) > 0 {
			sequences, times, epochs, digests = append(sequences, r.Sequence), append(times, r.Time), append(epochs, r.Epoch), append(digests, r.Digest[:])
		}
	}
	_, err := tx.Exec(ctx, query("insert_checkpoints"), sequences, times, epochs, digests)
	return err
}

func insertEventTypes(ctx context.Context, tx pgx.Tx, events []*decode.Event, types map[string]int32) error {
	for _, e := range events {
		t := e.Raw.Type
		tag := t.String()
		if _, known := types[tag]; known {
			continue
		}
		var id int32
		if err := tx.QueryRow(ctx, query("insert_event_type"), t.Address.String(), t.Module, t.Name, tag).Scan(&id); err != nil {
			return err
		}
		types[tag] = id
	}
	return nil
}

var eventColumns = []string{"checkpoint", "ts", "tx_index", "event_seq", "type_id", "tx_digest", "sender", "package", "contents", "module", "decode_error"}

func copyEvents(ctx context.Context, tx pgx.Tx, events []*decode.Event, types map[string]int32) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"event"}, eventColumns, pgx.CopyFromSlice(len(events), func(i int) ([]any, error) {
		e := events[i]
		var problem *string
		if e.Problem != "" {
			problem = &e.Problem
		}
		contents := e.Raw.Contents
		if contents == nil {
			contents = []byte{}
		}
		return []any{e.Checkpoint, e.Time, e.TxIndex, e.Sequence, types[e.Raw.Type.String()], e.TxDigest[:], e.Raw.Sender[:], e.Raw.Package[:],
			contents, e.Raw.Module, problem}, nil
	}))
	return err
}

// insertTyped derives the typed rows, in the order of the chain. A row that
// the tables refuse, because the chain's history contradicts it, leaves its
// reason with the raw event.
func insertTyped(ctx context.Context, tx pgx.Tx, events []*decode.Event) error {
	b := &pgx.Batch{}
	var queued []*decode.Event
	for _, e := range events {
		if name, args := statement(e); name != "" {
			b.Queue(query(name), args...)
			queued = append(queued, e)
		}
	}
	if len(queued) == 0 {
		return nil
	}
	results := tx.SendBatch(ctx, b)
	var refused []*decode.Event
	for _, e := range queued {
		tag, err := results.Exec()
		if err != nil {
			_ = results.Close()
			return fmt.Errorf("insert %s of checkpoint %d: %w", e.Raw.Type.Name, e.Checkpoint, err)
		}
		if tag.RowsAffected() == 0 {
			refused = append(refused, e)
		}
	}
	if err := results.Close(); err != nil {
		return err
	}
	for _, e := range refused {
		if err := markRefused(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// statement names the statement that derives a row which depends on earlier
// ones, with its arguments; "" for an event without one. See facts for the
// others.
func statement(e *decode.Event) (name string, args []any) {
	args = []any{e.Checkpoint, e.Time, e.TxIndex, e.Sequence}
	with := func(more ...any) []any { return append(args, more...) }
	switch v := e.Typed.(type) {
	case *contract.CommitteeChanged:
		return "insert_storage_committee", with(int64(v.Epoch), int32(v.NShards), v.NodeNames)
	case *contract.DatasetCreated:
		return "insert_dataset", with(v.DatasetID.String(), v.CapID.String(), v.Name, v.Owner.String())
	case *contract.VersionPublished:
		return "insert_dataset_version", with(v.DatasetID.String(), v.VersionID.String(), int64(v.Number), hex.EncodeToString(v.ManifestDigest),
			v.ManifestBlobID.String(), v.PolicyID.String(), texts(v.BlobIDs))
	case *contract.PolicyCreated:
		return "insert_policy", with(v.PolicyID.String(), v.CapID.String(), v.Owner.String(), optionalDecimal(v.NotBeforeMS), optionalDecimal(v.NotAfterMS))
	case *contract.AccessGranted:
		return "insert_policy_grant", with(v.PolicyID.String(), v.Member.String())
	case *contract.AccessRevoked:
		return "revoke_policy_grant", with(v.PolicyID.String(), v.Member.String())
	case *contract.KeyServerRegistered:
		return "upsert_key_server", with(v.KeyServerID.String(), v.Name, v.URL, int16(v.KeyType), hex.EncodeToString(v.PublicKey), int64(v.Version))
	case *contract.KeyServerUpdated:
		return "update_key_server", []any{e.Checkpoint, v.KeyServerID.String(), v.URL}
	}
	return "", nil
}

// decimal is the text of a u64, which does not fit PostgreSQL's bigint.
func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

func optionalDecimal(n *uint64) *string {
	if n == nil {
		return nil
	}
	s := decimal(*n)
	return &s
}

func int32s(in []uint16) []int32 {
	out := make([]int32, len(in))
	for i, v := range in {
		out[i] = int32(v)
	}
	return out
}

func texts(ids []walrus.BlobID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}
