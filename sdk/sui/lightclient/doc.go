// Package lightclient verifies what a Sui node says, given the committee of
// validators: that a checkpoint is signed by a quorum, that its transactions and
// objects are those it commits to, and that the authenticated events of a
// package are all there and unaltered.
//
// [Client] fetches and verifies checkpoints; [Stream] follows a package's
// events. [Committee.Verify] and [Proof.Verify] check single steps, without a
// network. The node can still withhold what is newest; how fresh the answer is
// shows the sequence number of its checkpoint.
//
// A committee is of one epoch, and its hand-over to the next is not verified
// here: pass the committee of the epoch.
package lightclient
