package execution

import (
	"slices"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// changes are the objects that a transaction touches, and its events.
type changes struct {
	list     []change            // by first mention
	index    map[sui.Address]int // of list, when it is long
	loaded   []sui.ObjectRef
	received []sui.Digest // transactions that received objects come from
	events   []sui.Event
	streamed []movevm.StreamedEvent
}

// A change is an object as it was, as it is, and what happened to its id.
type change struct {
	id               sui.Address
	before, after    *sui.Object // nil where there is none
	created, deleted bool
}

func newChanges() *changes { return &changes{list: make([]change, 0, 2)} }

// longList is where a map begins to be faster.
const longList = 16

// at returns the change of an object, which the next call may move.
func (c *changes) at(id sui.Address) *change {
	if i, ok := c.place(id); ok {
		return &c.list[i]
	}
	c.list = append(c.list, change{id: id})
	switch {
	case c.index != nil:
		c.index[id] = len(c.list) - 1
	case len(c.list) == longList:
		c.index = make(map[sui.Address]int, 2*longList)
		for i := range c.list {
			c.index[c.list[i].id] = i
		}
	}
	return &c.list[len(c.list)-1]
}

func (c *changes) place(id sui.Address) (i int, ok bool) {
	if c.index != nil {
		i, ok = c.index[id]
		return i, ok
	}
	i = slices.IndexFunc(c.list, func(ch change) bool { return ch.id == id })
	return i, i >= 0
}

// maxObjectSize bounds the contents of an object (protocol version 95).
const maxObjectSize = 250 << 10

// checkSizes refuses objects that are too big to store.
func (c *changes) checkSizes() error {
	var worst *change // of those that are too big, the first by id
	for i := range c.list {
		ch := &c.list[i]
		if ch.after == nil || ch.after.Move == nil || len(ch.after.Move.Contents) <= maxObjectSize {
			continue
		}
		if worst == nil || ch.id.Compare(worst.id) < 0 {
			worst = ch
		}
	}
	if worst != nil {
		return tooBig(sui.FailMoveObjectTooBig, uint64(len(worst.after.Move.Contents)), maxObjectSize)
	}
	return nil
}

// record writes the changes into a result, ascending by id.
func (c *changes) record(res *Result) {
	slices.SortFunc(c.list, func(a, b change) int { return a.id.Compare(b.id) })
	c.index = nil
	res.Effects.Changed = make([]sui.ChangedObject, 0, len(c.list)+len(c.streamed))
	for i := range c.list {
		ch := &c.list[i]
		if ch.before != nil {
			res.Inputs = append(res.Inputs, ch.before)
		}
		switch {
		case ch.after != nil:
			res.Written = append(res.Written, ch.after)
		case ch.before != nil:
			res.Deleted = append(res.Deleted, ch.id)
		}
		if ch.before != nil && byConsensus(ch.before) && (ch.after == nil || !byConsensus(ch.after)) {
			res.Ended = append(res.Ended, ch.id)
		}
		res.Effects.Changed = append(res.Effects.Changed, ch.effect())
	}
}

// effect is the change as the effects tell it.
func (ch *change) effect() sui.ChangedObject {
	out := sui.ChangedObject{ID: ch.id}
	if o := ch.before; o != nil {
		out.Input, out.InputVersion, out.InputDigest, out.InputOwner = sui.StateExist, o.Version(), o.Digest(), o.Owner
	}
	switch o := ch.after; {
	case o != nil && o.Package != nil:
		out.Output, out.OutputVersion, out.OutputDigest = sui.StatePackageWrite, o.Version(), o.Digest()
	case o != nil:
		out.Output, out.OutputDigest, out.OutputOwner = sui.StateExist, o.Digest(), o.Owner
	}
	switch {
	case ch.created:
		out.Operation = sui.IDCreated
	case ch.deleted && ch.after == nil:
		out.Operation = sui.IDDeleted
	}
	return out
}
