// Package storage is a storage node with Walrus' node HTTP API, for the devnet
// and for tests. A client that speaks to Walrus' nodes speaks to it.
//
// Start with [Start]. What a node may store and sign it learns from a
// [Registry]: [Follow] fills one from the chain, [NewRegistry] makes an empty
// one that the caller fills.
//
// A node keeps these promises, also over a crash or a full disk:
//
//   - It acknowledges metadata and slivers only after they are verified
//     against the blob id and durably on disk: written to a temporary file,
//     synced, renamed, and the directory synced.
//   - It signs a confirmation only for a blob that is registered on chain and
//     not expired, and only while it holds the metadata and every sliver of
//     its shards; slivers that were written by an earlier process are
//     verified again first.
//
// Files below Config.Dir:
//
//	key                                      BLS secret key, 64 hex digits, mode 0600
//	blobs/<blob id, 64 hex digits>/metadata  BCS BlobMetadata
//	blobs/<…>/<pair>.primary, .secondary     BCS SliverData, see Node.SliverPath
//
// Served, with Walrus' envelopes and reasons: metadata, slivers, their status,
// confirmations, blob status and health. Recovery and decoding symbols,
// inconsistency proofs, shard synchronisation and uploads ahead of the
// registration (pending=true) answer 501 UNIMPLEMENTED.
//
// Nodes of Walrus serve TLS with a key that the committee pins. This one
// serves plain HTTP (1.1, and 2 with prior knowledge) and belongs on a
// loopback address; pinned TLS is not there yet.
package storage
