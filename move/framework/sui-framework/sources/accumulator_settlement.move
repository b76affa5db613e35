/// What the system does at the end of a checkpoint with the values that its
/// transactions added to accumulators.
module sui::accumulator_settlement;

use sui::accumulator::{Self, AccumulatorRoot};
use sui::bcs;
use sui::hash;

/// Only the system, address 0x0, does this.
const ENotSystemAddress: u64 = 0;

/// The state of a stream of authenticated events.
#[allow(unused_field)]
public struct EventStreamHead has store {
    /// A Merkle mountain range over one root per checkpoint with events of the
    /// stream. The peak at index i covers 2^i roots; 0 where there is none.
    mmr: vector<u256>,
    /// The last checkpoint with events of the stream.
    checkpoint_seq: u64,
    /// How many events the stream has had.
    num_events: u64,
}

/// Adds a checkpoint's events, of which there are `event_count_delta` and whose
/// Merkle root is `new_root`, to a stream.
#[allow(unused_function)]
fun settle_events(
    accumulator_root: &mut AccumulatorRoot,
    stream_id: address,
    new_root: u256,
    event_count_delta: u64,
    checkpoint_seq: u64,
    ctx: &TxContext,
) {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    let name = accumulator::accumulator_key<EventStreamHead>(stream_id);
    if (accumulator_root.root_has_accumulator<EventStreamHead, EventStreamHead>(name)) {
        let head: &mut EventStreamHead = accumulator_root.root_borrow_accumulator_mut(name);
        add_to_mmr(new_root, &mut head.mmr);
        head.num_events = head.num_events + event_count_delta;
        head.checkpoint_seq = checkpoint_seq;
    } else {
        let mut mmr = vector[];
        add_to_mmr(new_root, &mut mmr);
        accumulator_root.root_add_accumulator(
            name,
            EventStreamHead { mmr, checkpoint_seq, num_events: event_count_delta },
        );
    }
}

/// Puts a root into the first free place; the peaks on the way are merged into it.
fun add_to_mmr(new_val: u256, mmr: &mut vector<u256>) {
    let mut carry = new_val;
    let mut i = 0;
    while (i < mmr.length()) {
        let peak = &mut mmr[i];
        if (*peak == 0) {
            *peak = carry;
            return
        };
        carry = hash_two_to_one_u256(*peak, carry);
        *peak = 0;
        i = i + 1;
    };
    mmr.push_back(carry)
}

/// BLAKE2b-256 over both numbers, 32 bytes each, little-endian.
fun hash_two_to_one_u256(left: u256, right: u256): u256 {
    let mut both = bcs::to_bytes(&left);
    both.append(bcs::to_bytes(&right));
    bcs::new(hash::blake2b256(&both)).peel_u256()
}

/// The range over 50, 51, … 57, as Sui's own test has it.
#[test]
fun eight_roots_make_one_peak() {
    let mut mmr = vector[];
    let mut i = 50;
    while (i < 58) {
        add_to_mmr(i, &mut mmr);
        i = i + 1;
    };
    assert!(
        mmr == vector[
            0,
            0,
            0,
            69725770072863840208899320192042305265295220676851872214494910464384102654361,
        ],
    )
}
