/// The time on chain.
module sui::clock;

/// The sender is not the system.
const ENotSystemAddress: u64 = 0;

/// The one clock, a shared object at 0x6. Transactions take it as `&Clock`.
public struct Clock has key {
    id: UID,
    timestamp_ms: u64,
}

/// Milliseconds since 1970, as of the checkpoint that the transaction is in.
public fun timestamp_ms(clock: &Clock): u64 {
    clock.timestamp_ms
}

/// Makes the clock at genesis.
#[allow(unused_function)]
fun create(ctx: &TxContext) {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    transfer::share_object(Clock { id: object::clock(), timestamp_ms: 0 })
}

/// Sets the time; the system calls it at every commit.
#[allow(unused_function)]
fun consensus_commit_prologue(clock: &mut Clock, timestamp_ms: u64, ctx: &TxContext) {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    clock.timestamp_ms = timestamp_ms
}

// === Tests only ===

#[test_only]
/// A clock that stands at 0.
public fun create_for_testing(ctx: &mut TxContext): Clock {
    Clock { id: object::new(ctx), timestamp_ms: 0 }
}

#[test_only]
/// Shares a clock.
public fun share_for_testing(clock: Clock) {
    transfer::share_object(clock)
}

#[test_only]
/// Lets time pass.
public fun increment_for_testing(clock: &mut Clock, tick: u64) {
    clock.timestamp_ms = clock.timestamp_ms + tick
}

#[test_only]
/// Sets the time, never back.
public fun set_for_testing(clock: &mut Clock, timestamp_ms: u64) {
    assert!(timestamp_ms >= clock.timestamp_ms);
    clock.timestamp_ms = timestamp_ms
}

#[test_only]
/// Destroys a clock.
public fun destroy_for_testing(clock: Clock) {
    let Clock { id, timestamp_ms: _ } = clock;
    id.delete()
}
