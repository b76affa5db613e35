// Package walrus speaks Walrus: it encodes a blob into slivers with RedStuff
// RS2, names it by its blob id, stores it on a committee of storage nodes,
// gathers their confirmations into a certificate for the chain, and reads it
// back while trusting no single node.
//
// Start with [Encode] and [NewClient]. For the id alone use [ComputeBlobID].
// To run storage nodes on one machine use package sdk/devnet/storage.
//
// A blob of n shards is a matrix of P×S symbols (P = n-2f rows, S = n-f
// columns, f = (n-1)/3). Every row and every column is extended to n symbols.
// Primary sliver i is row i, secondary sliver c is column c, pair i holds
// primary sliver i and secondary sliver n-1-i, and pair i lives on shard
// (i + rotation) mod n, where the rotation comes from the blob id.
//
// What is implemented, and where:
//
//	parameters, sizes, pairs, shards      params.go
//	blob ids                              blobid.go
//	Reed-Solomon codes over GF(2^16)      code.go, pack.go, lagrange.go
//	encoding                              encode.go
//	slivers and their verification        sliver.go
//	decoding from either axis             decode.go
//	metadata (BCS)                        metadata.go
//	Merkle trees and proofs               merkle.go
//	recovery symbols                      recovery.go
//	quilts                                quilt.go
//	BLS12-381 signatures, min-pk          bls.go
//	confirmations, quorums, certificates  certificate.go
//	storage nodes' HTTP API               node.go, envelope.go
//	client: store, read, check, status    client.go, store.go, read.go, gather.go, check.go, report.go
//	blob id of a file                     file.go
//
// Not implemented: the retired RaptorQ encoding (refused by name),
// inconsistency proofs, shard synchronisation, byte-range reads, and pinning
// of a node's TLS key.
//
// The formats follow MystenLabs/walrus; testdata/walrus_vectors.json, made
// with @mysten/walrus-wasm 0.3.0, checks them byte for byte.
package walrus
