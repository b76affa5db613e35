package indexer

import (
	"encoding/hex"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

func anchorCreated(anchor sui.Address, origin string, key []byte) sui.Event {
	e := bcs.NewEncoder()
	e.Fixed(anchor[:])
	e.String(origin)
	e.Bytes(key)
	return event("AnchorCreated", e.Data())
}

func rootAnchored(anchor sui.Address, previous, size int, root tlog.Hash) sui.Event {
	e := bcs.NewEncoder()
	e.Fixed(anchor[:])
	e.U64(uint64(previous))
	e.U64(uint64(size))
	e.Bytes(root[:])
	e.Bytes([]byte{1})
	e.U64(1)
	return event("RootAnchored", e.Data())
}

// root is that of a log's first entries, by Go's checksum database.
func (k *keyServer) root(size int) tlog.Hash {
	k.t.Helper()
	var hashes hashList
	for i, jwt := range k.log[:size] {
		stored, err := tlog.StoredHashes(int64(i), receipt.Leaf(jwt), hashes)
		if err != nil {
			k.t.Fatal(err)
		}
		hashes = append(hashes, stored...)
	}
	root, err := tlog.TreeHash(int64(size), hashes)
	if err != nil {
		k.t.Fatal(err)
	}
	return root
}

// A log that the chain knows otherwise is found, whichever comes first to the index;
// what others anchor under its name is not its own.
func TestComparesAnchoredRoots(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	honest, forked := newKeyServer(t, id(0x81)), newKeyServer(t, id(1)) // one of each kind
	for range 9 {
		honest.decide(true, id(0x61))
		forked.decide(true, id(0x61))
	}
	key := func(k *keyServer) []byte { return k.keys[0] }
	origin := func(k *keyServer) string { return receipt.LogOrigin(k.id) }
	node.Append(1, tx(keyServerRegistered(honest.id, honest.srv.URL), keyServerRegistered(id(0x82), ""), membersNamed(id(0x82), 0, committeeContract, forked.at()),
		anchorCreated(id(0x21), origin(honest), key(honest)), anchorCreated(id(0x22), origin(honest), make([]byte, 32)), anchorCreated(id(0x23), origin(forked), key(forked)),
		rootAnchored(id(0x21), 0, 3, honest.root(3)), rootAnchored(id(0x21), 3, 8, honest.root(8)), rootAnchored(id(0x22), 0, 5, tlog.Hash{1}), rootAnchored(id(0x23), 0, 2, forked.root(2))))
	r := index(t, node)
	anchored := func(k *keyServer, size string) {
		t.Helper()
		until(t, "the roots of "+k.id.String()+" up to "+size+" are compared", func() bool {
			st, err := r.index()
			if err != nil || st == nil {
				return false
			}
			rows := r.rows(`SELECT anchored_size FROM receipt_watermark WHERE key_server_id = $1 AND member = '' OR member = $1`, k.id.String())
			return len(rows) == 1 && rows[0] == size
		})
	}
	anchored(honest, "8")
	anchored(forked, "2")
	r.want(`SELECT count(*) FROM receipt_fault`, "0")

	other := newKeyServer(t, id(1))
	for range 7 {
		other.decide(false, id(0x61))
	}
	r.reached(node.Append(2, tx(rootAnchored(id(0x23), 2, 7, other.root(7)), rootAnchored(id(0x21), 8, 9, honest.root(9)))))
	anchored(forked, "7")
	anchored(honest, "9")
	r.want(`SELECT member, kind, tree_size, problem FROM receipt_fault`,
		forked.id.String()+" | anchor | 7 | the root of size 7 that "+id(0x23).String()+" has on chain is of other receipts than those that were given out")
	if got := r.rows(`SELECT encode(anchored_tree, 'hex') FROM receipt_watermark WHERE anchored_size = 9`); len(got) != 1 || got[0][64:] != hex.EncodeToString(leafHash(honest.log[8])) {
		t.Errorf("the tree of 9 entries ends with %v", got)
	}
}

// leafHash is RFC 6962's, of a receipt's entry.
func leafHash(jwt string) []byte {
	h := tlog.RecordHash(receipt.Leaf(jwt))
	return h[:]
}
