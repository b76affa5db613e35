package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strconv"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/walrus"
)

// putMetadata stores metadata of a registered blob: 201 new, 200 there already.
func (n *Node) putMetadata(w http.ResponseWriter, r *http.Request) error {
	id, err := blobID(r)
	if err != nil {
		return err
	}
	if err := n.checkRegistered(r, id); err != nil {
		return err
	}
	b, err := readBody(w, r, walrus.MaxMetadataSize(n.params.N()), walrus.ReasonInvalidMetadata)
	if err != nil {
		return err
	}
	m := new(walrus.Metadata)
	if err := bcs.Unmarshal(b, m); errors.Is(err, walrus.ErrEncodingType) {
		return invalid(walrus.ReasonUnsupportedEncoding, "%v", err)
	} else if err != nil {
		return invalid(walrus.ReasonInvalidMetadata, "%v", err)
	}
	if err := m.Verify(id, n.params.N()); err != nil {
		return invalid(walrus.ReasonInvalidMetadata, "%v", err)
	}
	created, err := n.store.putMetadata(id, m)
	if err != nil {
		return fmt.Errorf("put metadata: %w", err)
	}
	return stored(w, created, "metadata")
}

// stored answers 201 for what is new and 200 for what was there.
func stored(w http.ResponseWriter, created bool, what string) error {
	if created {
		return writeJSON(w, http.StatusCreated, what+" successfully stored")
	}
	return writeJSON(w, http.StatusOK, what+" already stored")
}

// checkRegistered refuses blobs that the chain does not know or that have
// expired, and uploads ahead of the registration.
func (n *Node) checkRegistered(r *http.Request, id walrus.BlobID) error {
	reg, _, err := n.registry.Blob(r.Context(), id)
	if err != nil {
		return fmt.Errorf("look up registration: %w", err)
	}
	epoch := n.registry.Epoch()
	if len(reg.live(epoch, false))+len(reg.live(epoch, true)) > 0 {
		return nil
	}
	if r.URL.Query().Get("pending") == "true" {
		return unimplemented(nil, nil)
	}
	return notRegistered(id, epoch)
}

func notRegistered(id walrus.BlobID, epoch uint32) error {
	return notReady(walrus.ReasonNotRegistered, "blob %s is not registered on chain in epoch %d, or this node has not seen it yet; register it and try again", id, epoch)
}

func (n *Node) getMetadata(w http.ResponseWriter, r *http.Request) error {
	id, err := blobID(r)
	if err != nil {
		return err
	}
	m, err := n.storedMetadata(id)
	if err != nil {
		return err
	}
	return writeBCS(w, bcs.Marshal(&walrus.MetadataWithID{ID: id, Metadata: *m}))
}

func (n *Node) storedMetadata(id walrus.BlobID) (*walrus.Metadata, error) {
	m, err := n.store.metadata(id)
	return m, absent(err, notFound(walrus.ReasonMetadataNotFound, "metadata of blob %s is not stored here", id))
}

func (n *Node) metadataStatus(w http.ResponseWriter, r *http.Request) error {
	id, err := blobID(r)
	if err != nil {
		return err
	}
	_, err = n.store.metadata(id)
	if errors.Is(err, fs.ErrNotExist) {
		return writeJSON(w, http.StatusOK, walrus.StatusNonexistent)
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, walrus.StatusStored)
}

// sliverKey reads the path of a sliver, which must belong to one of the node's
// shards.
func (n *Node) sliverKey(r *http.Request) (sliverKey, error) {
	var k sliverKey
	id, err := blobID(r)
	if err != nil {
		return k, err
	}
	pair, err := strconv.ParseUint(r.PathValue("pair"), 10, 16)
	if err != nil {
		return k, invalid("", "sliver pair %.20q is not a number", r.PathValue("pair"))
	}
	if int(pair) >= n.params.N() {
		return k, invalid(walrus.ReasonIndexOutOfRange, "sliver pair %d is not below %d", pair, n.params.N())
	}
	axis, err := walrus.ParseAxis(r.PathValue("axis"))
	if err != nil {
		return k, invalid("", "%v", err)
	}
	if shard := n.params.ShardOfPair(id, int(pair)); !slices.Contains(n.shards, shard) {
		return k, notReady(walrus.ReasonShardNotAssigned, "sliver pair %d of blob %s lives on shard %d, which is not this node's", pair, id, shard)
	}
	return sliverKey{id, int(pair), axis}, nil
}

// putSliver stores a sliver whose blob's metadata is stored: 201 new, 200
// there already.
func (n *Node) putSliver(w http.ResponseWriter, r *http.Request) error {
	k, err := n.sliverKey(r)
	if err != nil {
		return err
	}
	if err := n.checkRegistered(r, k.id); err != nil {
		return err
	}
	m, err := n.store.metadata(k.id)
	if err != nil {
		return absent(err, notReady(walrus.ReasonMetadataNotFound, "metadata of blob %s is not stored here; put it first", k.id))
	}
	size, err := n.params.SliverSize(k.axis, m.Size)
	if err != nil {
		return err
	}
	select {
	case n.writes <- struct{}{}:
		defer func() { <-n.writes }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	const frame = 5 + 2 + 2 // length, symbol size, index
	b, err := readBody(w, r, size+frame, walrus.ReasonSliverTooLarge)
	if err != nil {
		return err
	}
	if _, err := parseSliver(n.params, k, b, m); errors.Is(err, errIndexMismatch) {
		return invalid(walrus.ReasonSliverIndexMismatch, "%v", err)
	} else if err != nil {
		return invalid(walrus.ReasonInvalidSliver, "%v", err)
	}
	created, err := n.store.putSliver(k, b)
	if err != nil {
		return fmt.Errorf("put sliver: %w", err)
	}
	return stored(w, created, "sliver")
}

func (n *Node) getSliver(w http.ResponseWriter, r *http.Request) error {
	k, err := n.sliverKey(r)
	if err != nil {
		return err
	}
	b, err := n.store.sliver(k)
	if err != nil {
		return absent(err, notFound(walrus.ReasonSliverNotFound, "%s sliver of pair %d of blob %s is not stored here", k.axis, k.pair, k.id))
	}
	return writeBCS(w, b)
}

func (n *Node) sliverStatus(w http.ResponseWriter, r *http.Request) error {
	k, err := n.sliverKey(r)
	if err != nil {
		return err
	}
	has, err := n.store.hasSliver(k)
	if err != nil {
		return err
	}
	if !has {
		return writeJSON(w, http.StatusOK, walrus.StatusNonexistent)
	}
	return writeJSON(w, http.StatusOK, walrus.StatusStored)
}

// blobStatus answers what the chain says.
func (n *Node) blobStatus(w http.ResponseWriter, r *http.Request) error {
	id, err := blobID(r)
	if err != nil {
		return err
	}
	reg, _, err := n.registry.Blob(r.Context(), id)
	if err != nil {
		return fmt.Errorf("look up registration: %w", err)
	}
	return writeJSON(w, http.StatusOK, reg.Status(n.registry.Epoch()))
}
