// Package dataset publishes and opens datasets: a folder becomes encrypted,
// erasure-coded, certified blobs under a policy on chain, and comes back byte
// for byte for those whom the policy allows.
//
// Start with [Publish] and [Open]. The life of a publish is
//
//	file -> manifest -> sealed envelope -> slivers -> confirmations -> certificate -> transaction
//
// and publish.go tells it from top to bottom; open.go tells the way back.
//
// # What is public
//
// The ciphertext of every blob is public for ever, and so are the manifest's
// descriptive fields, the number of files and the size of each ciphertext,
// which is the size of the plaintext plus a few hundred bytes. Paths and exact
// sizes are public only when the owner says so. Digests of plaintext are never
// public: the manifest holds salted commitments, whose salts are in the sealed
// index.
//
// # What opening proves
//
// [Open] trusts no server: the version object comes from the chain, the
// manifest must hash to what that object says, every blob is verified sliver
// by sliver against its id, and every file must match the commitment in the
// manifest.
package dataset
