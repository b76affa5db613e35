// Package rpcpb holds the messages of sui.rpc.v2 and sui.forking.v1alpha that
// are newer than the generated stubs of sui-go-sdk: range queries over the
// ledger, filtered subscriptions, proofs of objects, and control of a development
// chain's time and epochs.
//
// Two Go copies of one protobuf package cannot be linked into a program, so
// these messages live in a protobuf package of their own. On the wire they are
// Sui's: call them by the real paths, for example [ListEvents]. The messages
// inside them (Checkpoint, ExecutedTransaction, Event) are those of the stubs.
package rpcpb

//go:generate go run ../../../../scripts/protogen query.proto
//go:generate go run ../../../../scripts/protogen proof.proto

// The paths of the methods whose messages are here.
const (
	ListCheckpoints       = "/sui.rpc.v2.LedgerService/ListCheckpoints"             // server stream
	ListTransactions      = "/sui.rpc.v2.LedgerService/ListTransactions"            // server stream
	ListEvents            = "/sui.rpc.v2.LedgerService/ListEvents"                  // server stream
	SubscribeCheckpoints  = "/sui.rpc.v2.SubscriptionService/SubscribeCheckpoints"  // server stream
	SubscribeTransactions = "/sui.rpc.v2.SubscriptionService/SubscribeTransactions" // server stream
	SubscribeEvents       = "/sui.rpc.v2.SubscriptionService/SubscribeEvents"       // server stream
	AdvanceClock          = "/sui.forking.v1alpha.ForkingService/AdvanceClock"
	AdvanceCheckpoint     = "/sui.forking.v1alpha.ForkingService/AdvanceCheckpoint"
	GetStatus             = "/sui.forking.v1alpha.ForkingService/GetStatus"
	GetObjectProof        = "/sui.rpc.v2alpha.ProofService/GetCheckpointObjectProof"
	AdvanceEpoch          = "/floe.devnet.v1.ControlService/AdvanceEpoch" // not of Sui
)
