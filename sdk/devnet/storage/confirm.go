package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// maxWait bounds how long a confirmation waits for the registration.
const maxWait = 10 * time.Second

func (n *Node) confirmPermanent(w http.ResponseWriter, r *http.Request) error {
	return n.confirm(w, r, nil)
}

func (n *Node) confirmDeletable(w http.ResponseWriter, r *http.Request) error {
	object, err := sui.ParseAddress(r.PathValue("object"))
	if err != nil {
		return invalid("", "object id: %v", err)
	}
	return n.confirm(w, r, &object)
}

// confirm signs that this node holds all that it must hold of a registered
// blob in the current epoch.
func (n *Node) confirm(w http.ResponseWriter, r *http.Request, deletable *sui.Address) error {
	id, err := blobID(r)
	if err != nil {
		return err
	}
	epoch, err := n.awaitRegistration(r, id, deletable)
	if err != nil {
		return err
	}
	if err := n.checkComplete(id); err != nil {
		return err
	}
	msg := walrus.Confirmation{Epoch: epoch, BlobID: id, Deletable: deletable}.Message()
	return writeJSON(w, http.StatusOK, map[string]any{
		"signed": walrus.SignedConfirmation{Message: msg, Signature: n.key.Sign(msg)},
	})
}

// awaitRegistration returns the epoch in which the blob is registered as asked.
// With wait_for_registration=true it waits for that up to wait_millis.
func (n *Node) awaitRegistration(r *http.Request, id walrus.BlobID, deletable *sui.Address) (uint32, error) {
	var expired <-chan time.Time
	if q := r.URL.Query(); q.Get("wait_for_registration") == "true" {
		wait, err := strconv.ParseUint(q.Get("wait_millis"), 10, 31)
		if err != nil {
			return 0, invalid("", "wait_millis %.20q is not a number", q.Get("wait_millis"))
		}
		timer := time.NewTimer(min(time.Duration(wait)*time.Millisecond, maxWait))
		defer timer.Stop()
		expired = timer.C
	}
	for {
		changed := n.registry.Changed()
		epoch := n.registry.Epoch()
		reg, _, err := n.registry.Blob(r.Context(), id)
		if err != nil {
			return 0, fmt.Errorf("look up registration: %w", err)
		}
		live := reg.live(epoch, deletable != nil)
		if deletable == nil && len(live) > 0 ||
			slices.ContainsFunc(live, func(o BlobObject) bool { return deletable != nil && o.ID == *deletable }) {
			return epoch, nil
		}
		if expired == nil {
			return 0, notRegistered(id, epoch)
		}
		select {
		case <-changed:
		case <-expired:
			return 0, notRegistered(id, epoch)
		case <-r.Context().Done():
			return 0, r.Context().Err()
		}
	}
}

// checkComplete refuses unless metadata and all slivers of the node's shards
// are on disk and right.
func (n *Node) checkComplete(id walrus.BlobID) error {
	m, err := n.store.metadata(id)
	if err != nil {
		return absent(err, notReady(walrus.ReasonMissingSlivers, "metadata of blob %s is not stored here", id))
	}
	for _, pair := range n.Pairs(id) {
		for _, axis := range []walrus.Axis{walrus.Primary, walrus.Secondary} {
			err := n.store.checkSliver(sliverKey{id, pair, axis}, m)
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, walrus.ErrBadSliver) || errors.Is(err, errIndexMismatch) {
				return notReady(walrus.ReasonMissingSlivers, "%s sliver of pair %d of blob %s is missing or damaged here; put it again", axis, pair, id)
			}
			if err != nil {
				return fmt.Errorf("check sliver: %w", err)
			}
		}
	}
	return nil
}
