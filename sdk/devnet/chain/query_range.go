package chain

import (
	"bytes"
	"cmp"
	"encoding/binary"

	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// A lane is the kind of item that a query counts; cursors are of one lane.
type lane byte

const (
	laneCheckpoints lane = iota + 1
	laneTransactions
	laneEvents
)

// A position is a place in the ledger: before the item with these numbers.
type position struct {
	checkpoint uint64
	tx, event  uint32 // in the checkpoint; in the transaction
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.checkpoint, q.checkpoint), cmp.Compare(p.tx, q.tx), cmp.Compare(p.event, q.event))
}

// after is the position behind the item at p.
func (l lane) after(p position) position {
	switch l {
	case laneCheckpoints:
		return position{checkpoint: p.checkpoint + 1}
	case laneTransactions:
		return position{p.checkpoint, p.tx + 1, 0}
	}
	return position{p.checkpoint, p.tx, p.event + 1}
}

// A cursor is opaque to clients: version, lane, kind (0 a position, 1 the item
// at a position), checkpoint u64, transaction u32, event u32, big-endian.
const cursorVersion = 1

func (l lane) cursor(p position, item bool) []byte {
	b := []byte{cursorVersion, byte(l), 0}
	if item {
		b[2] = 1
	}
	b = binary.BigEndian.AppendUint64(b, p.checkpoint)
	b = binary.BigEndian.AppendUint32(b, p.tx)
	return binary.BigEndian.AppendUint32(b, p.event)
}

func (l lane) parseCursor(field string, b []byte) (p position, item bool, err error) {
	if len(b) != 19 || !bytes.Equal(b[:2], []byte{cursorVersion, byte(l)}) || b[2] > 1 {
		return p, false, invalid("invalid %s: send a cursor of this method, as it came", field)
	}
	be := binary.BigEndian
	return position{be.Uint64(b[3:]), be.Uint32(b[11:]), be.Uint32(b[15:])}, b[2] == 1, nil
}

const (
	defaultQueryLimit = 50
	maxQueryLimit     = 1000
)

// A queryRange is what a query covers: the items from lo up to, without, hi.
type queryRange struct {
	lane   lane
	lo, hi position
	limit  int
	desc   bool
	reason rpcpb.QueryEndReason // why it ends when nothing is left
}

// A listRequest is what the requests of all lanes have.
type listRequest interface {
	GetOptions() *rpcpb.QueryOptions
	GetEndCheckpoint() uint64
	GetStartCheckpoint() uint64
}

// newQueryRange resolves a request against the number of checkpoints there
// are. endSet tells an end of 0 from none.
func newQueryRange(l lane, req listRequest, endSet bool, tip uint64) (*queryRange, error) {
	start, end, opt := req.GetStartCheckpoint(), req.GetEndCheckpoint(), req.GetOptions()
	if endSet && end < start {
		return nil, invalid("end_checkpoint %d is before start_checkpoint %d", end, start)
	}
	q := &queryRange{lane: l, lo: position{checkpoint: start}, hi: position{checkpoint: tip}, limit: queryLimit(opt)}
	switch opt.GetOrdering() {
	case rpcpb.Ordering_ORDERING_ASCENDING:
	case rpcpb.Ordering_ORDERING_DESCENDING:
		q.desc = true
	default:
		return nil, invalid("invalid options.ordering %d", opt.GetOrdering())
	}
	high := rpcpb.QueryEndReason_QUERY_END_REASON_LEDGER_TIP
	if endSet && end <= tip {
		high, q.hi.checkpoint = rpcpb.QueryEndReason_QUERY_END_REASON_CHECKPOINT_BOUND, end
	}
	low := rpcpb.QueryEndReason_QUERY_END_REASON_CHECKPOINT_BOUND
	cursors, err := q.applyCursors(opt, &low, &high)
	if err != nil {
		return nil, err
	}
	q.reason = high
	if q.desc {
		q.reason = low
	}
	switch {
	case q.lo.checkpoint >= tip:
		q.reason, q.hi = rpcpb.QueryEndReason_QUERY_END_REASON_LEDGER_TIP, position{checkpoint: tip}
	case q.empty() && cursors:
		q.reason = rpcpb.QueryEndReason_QUERY_END_REASON_CURSOR_BOUND
	}
	return q, nil
}

// applyCursors narrows the range and says whether it did.
func (q *queryRange) applyCursors(opt *rpcpb.QueryOptions, low, high *rpcpb.QueryEndReason) (narrowed bool, err error) {
	if opt.GetAfter() != nil {
		p, item, err := q.lane.parseCursor("options.after", opt.After)
		if err != nil {
			return false, err
		}
		if item {
			p = q.lane.after(p)
		}
		if p.compare(q.lo) >= 0 {
			q.lo, *low, narrowed = p, rpcpb.QueryEndReason_QUERY_END_REASON_CURSOR_BOUND, true
		}
	}
	if opt.GetBefore() != nil {
		p, _, err := q.lane.parseCursor("options.before", opt.Before)
		if err != nil {
			return false, err
		}
		if p.compare(q.hi) <= 0 {
			q.hi, *high, narrowed = p, rpcpb.QueryEndReason_QUERY_END_REASON_CURSOR_BOUND, true
		}
	}
	return narrowed, nil
}

func queryLimit(opt *rpcpb.QueryOptions) int {
	if opt == nil || opt.Limit == nil {
		return defaultQueryLimit
	}
	return int(min(max(*opt.Limit, 1), maxQueryLimit))
}

func (q *queryRange) empty() bool { return q.lo.compare(q.hi) >= 0 }

func (q *queryRange) contains(p position) bool { return q.lo.compare(p) <= 0 && p.compare(q.hi) < 0 }

// first and last are the checkpoints of the range, in its order.
func (q *queryRange) first() uint64 {
	if q.desc {
		return q.highest()
	}
	return q.lo.checkpoint
}

func (q *queryRange) last() uint64 {
	if q.desc {
		return q.lo.checkpoint
	}
	return q.highest()
}

// highest is the last checkpoint that has a part in a range that is not empty.
func (q *queryRange) highest() uint64 {
	if q.hi.tx == 0 && q.hi.event == 0 {
		return q.hi.checkpoint - 1
	}
	return q.hi.checkpoint
}

// watermark is that of a frame with the item at p: what came before the item's
// checkpoint has all been answered; of checkpoints, the item's too.
func (q *queryRange) watermark(p position) *rpcpb.Watermark {
	w := &rpcpb.Watermark{Cursor: q.lane.cursor(p, true)}
	switch {
	case q.lane == laneCheckpoints:
		w.Checkpoint = ptr(p.checkpoint)
	case p.checkpoint == q.first(): // still in the first checkpoint
	case q.desc:
		w.Checkpoint = ptr(p.checkpoint + 1)
	default:
		w.Checkpoint = ptr(p.checkpoint - 1)
	}
	return w
}

// covered is the watermark behind a checkpoint of which all has been answered.
func (q *queryRange) covered(checkpoint uint64) *rpcpb.Watermark {
	p := position{checkpoint: checkpoint + 1}
	if q.desc {
		p = position{checkpoint: checkpoint}
	}
	return &rpcpb.Watermark{Cursor: q.lane.cursor(p, false), Checkpoint: &checkpoint}
}

// end is the watermark of a range that is exhausted. A bound by cursor lies
// inside a checkpoint, of which nothing is claimed.
func (q *queryRange) end() *rpcpb.Watermark {
	bound := q.hi
	if q.desc && !q.empty() {
		bound = q.lo
	}
	w := &rpcpb.Watermark{Cursor: q.lane.cursor(bound, false)}
	if q.empty() {
		return w
	}
	last := q.last()
	switch {
	case q.reason != rpcpb.QueryEndReason_QUERY_END_REASON_CURSOR_BOUND:
		w.Checkpoint = &last
	case last != q.first() && q.desc:
		w.Checkpoint = ptr(last + 1)
	case last != q.first():
		w.Checkpoint = ptr(last - 1)
	}
	return w
}
