package movevm

import "github.com/floe-data/floe/sdk/sui"

// A few maps ids to values. Its first entries need no map, which is all that
// most transactions have.
type few[V any] struct {
	first [16]struct {
		id sui.Address
		v  V
	}
	n    int // entries of first in use
	more map[sui.Address]V
}

func (f *few[V]) get(id sui.Address) (v V, ok bool) {
	for i := range f.first[:f.n] {
		if e := &f.first[i]; e.id == id {
			return e.v, true
		}
	}
	v, ok = f.more[id]
	return v, ok
}

func (f *few[V]) set(id sui.Address, v V) {
	for i := range f.first[:f.n] {
		if e := &f.first[i]; e.id == id {
			e.v = v
			return
		}
	}
	if f.n < len(f.first) {
		f.first[f.n].id, f.first[f.n].v = id, v
		f.n++
		return
	}
	if f.more == nil {
		f.more = map[sui.Address]V{}
	}
	f.more[id] = v
}
