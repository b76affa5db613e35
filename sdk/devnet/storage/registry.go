package storage

import (
	"context"
	"slices"
	"sync"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// A Registry says what the chain says. Implementations are safe for concurrent
// use and answer from memory.
type Registry interface {
	// Blob returns the registrations of a blob, and whether there is any.
	Blob(ctx context.Context, id walrus.BlobID) (Registration, bool, error)
	// Epoch returns the current epoch of the storage committee.
	Epoch() uint32
	// Changed returns a channel that is closed at the next change.
	Changed() <-chan struct{}
	// Changes returns how many changes there have been.
	Changes() uint64
}

// A Registration is the sum of the Blob objects on chain that have one blob
// id.
type Registration struct {
	Size    uint64 // of the unencoded blob, in bytes
	Objects []BlobObject
}

// A BlobObject is one Blob object on chain.
type BlobObject struct {
	ID             sui.Address
	EndEpoch       uint32 // the first epoch without the blob
	Deletable      bool
	CertifiedEpoch *uint32
	Event          walrus.EventID // of the latest change
}

// live returns the objects that have not expired, permanent or deletable.
func (r Registration) live(epoch uint32, deletable bool) []BlobObject {
	var out []BlobObject
	for _, o := range r.Objects {
		if o.EndEpoch > epoch && o.Deletable == deletable {
			out = append(out, o)
		}
	}
	return out
}

// Status returns what a node answers about the blob in the given epoch.
func (r Registration) Status(epoch uint32) walrus.BlobStatus {
	permanent, deletable := r.live(epoch, false), r.live(epoch, true)
	s := walrus.BlobStatus{State: walrus.StatusNonexistent}
	if len(permanent) > 0 {
		s.State = walrus.StatePermanent
	} else if len(deletable) > 0 {
		s.State = walrus.StateDeletable
	}
	for _, o := range permanent {
		certified := o.CertifiedEpoch != nil
		if certified && !s.Certified || certified == s.Certified && o.EndEpoch > s.EndEpoch {
			s.EndEpoch, s.Certified, s.Event = o.EndEpoch, certified, o.Event
		}
	}
	for _, o := range deletable {
		s.DeletableTotal++
		if o.CertifiedEpoch != nil {
			s.DeletableCertified++
		}
	}
	for _, o := range append(permanent, deletable...) {
		if o.CertifiedEpoch != nil && (s.InitialCertifiedEpoch == nil || *o.CertifiedEpoch < *s.InitialCertifiedEpoch) {
			s.InitialCertifiedEpoch = o.CertifiedEpoch
		}
	}
	return s
}

// MemoryRegistry is a Registry in memory.
type MemoryRegistry struct {
	mu      sync.Mutex
	epoch   uint32
	blobs   map[walrus.BlobID]Registration
	changed chan struct{}
	changes uint64
}

var _ Registry = (*MemoryRegistry)(nil)

// NewRegistry returns an empty registry in epoch 0.
func NewRegistry() *MemoryRegistry {
	return &MemoryRegistry{blobs: make(map[walrus.BlobID]Registration), changed: make(chan struct{})}
}

// Blob implements Registry.
func (r *MemoryRegistry) Blob(_ context.Context, id walrus.BlobID) (Registration, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	reg, ok := r.blobs[id]
	reg.Objects = append([]BlobObject(nil), reg.Objects...)
	return reg, ok, nil
}

// Epoch implements Registry.
func (r *MemoryRegistry) Epoch() uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.epoch
}

// Changed implements Registry.
func (r *MemoryRegistry) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// Changes implements Registry.
func (r *MemoryRegistry) Changes() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changes
}

// SetEpoch records a new committee's epoch.
func (r *MemoryRegistry) SetEpoch(epoch uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.epoch = epoch
	r.announce()
}

// Register records a Blob object, new or changed.
func (r *MemoryRegistry) Register(id walrus.BlobID, size uint64, o BlobObject) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.announce()
	reg := r.blobs[id]
	reg.Size = size
	for i := range reg.Objects {
		if reg.Objects[i].ID == o.ID {
			reg.Objects[i] = o
			r.blobs[id] = reg
			return
		}
	}
	reg.Objects = append(reg.Objects, o)
	r.blobs[id] = reg
}

// Certify records that an object was certified; an unknown one is ignored.
func (r *MemoryRegistry) Certify(id walrus.BlobID, object sui.Address, epoch, endEpoch uint32, event walrus.EventID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.announce()
	reg := r.blobs[id]
	for i := range reg.Objects {
		if o := &reg.Objects[i]; o.ID == object {
			if o.CertifiedEpoch == nil {
				o.CertifiedEpoch = &epoch
			}
			o.EndEpoch, o.Event = endEpoch, event
		}
	}
}

// Extend records the new end of an object; an unknown one is ignored.
func (r *MemoryRegistry) Extend(id walrus.BlobID, object sui.Address, endEpoch uint32, event walrus.EventID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.announce()
	reg := r.blobs[id]
	for i := range reg.Objects {
		if o := &reg.Objects[i]; o.ID == object {
			o.EndEpoch, o.Event = endEpoch, event
		}
	}
}

// Delete forgets an object; an unknown one is ignored.
func (r *MemoryRegistry) Delete(id walrus.BlobID, object sui.Address) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.announce()
	reg, ok := r.blobs[id]
	if !ok {
		return
	}
	reg.Objects = slices.DeleteFunc(slices.Clone(reg.Objects), func(o BlobObject) bool { return o.ID == object })
	if len(reg.Objects) == 0 {
		delete(r.blobs, id)
		return
	}
	r.blobs[id] = reg
}

// announce wakes those who wait; r.mu is held.
func (r *MemoryRegistry) announce() {
	r.changes++
	close(r.changed)
	r.changed = make(chan struct{})
}
