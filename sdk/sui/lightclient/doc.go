// Package lightclient verifies what a Sui node says, given the committee of
// validators: that a checkpoint is signed by a quorum, that its transactions and
// objects are those it commits to, and that the authenticated events of a
// package are all there and unaltered.
//
// [Client] fetches and verifies checkpoints, and with [Client.ObjectState] what
// one of them did to an object; [Stream] follows a package's events.
// [Committee.Verify], [Proof.Verify] and [AbsenceProof.Verify] check single steps,
// without a network. The node can still withhold what is newest; how fresh the answer is
// shows the sequence number of its checkpoint.
//
// A committee is of one epoch. The client follows its hand-over: the last
// checkpoint of an epoch, signed by a quorum, names the next committee. So the
// committee of one epoch that is known for sure, of the first for example, is
// enough; a committee that was at work long ago should not be trusted, as nobody
// guards its keys any more.
package lightclient
