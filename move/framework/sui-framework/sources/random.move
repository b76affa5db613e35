/// Randomness that validators make together and nobody can foresee.
module sui::random;

use std::bcs;
use sui::hmac::hmac_sha3_256;
use sui::versioned::{Self, Versioned};

/// The sender is not the system.
const ENotSystemAddress: u64 = 0;
/// The object is of another version of the framework.
const EWrongInnerVersion: u64 = 1;
/// The update is not the next one.
const EInvalidRandomnessUpdate: u64 = 2;
/// The range is empty.
const EInvalidRange: u64 = 3;
/// There are more bytes wanted than can be made.
#[allow(unused_const)]
const EInvalidLength: u64 = 4;

const CURRENT_VERSION: u64 = 1;
const BLOCK_LENGTH: u64 = 32;
const U16_MAX: u64 = 0xFFFF;

/// The one source, a shared object at 0x8. Transactions take it as `&Random`
/// and may do nothing after that but transfer and merge.
public struct Random has key {
    id: UID,
    inner: Versioned,
}

/// What the source holds.
public struct RandomInner has store {
    version: u64,
    epoch: u64,
    randomness_round: u64,
    random_bytes: vector<u8>,
}

/// Makes random values from one seed.
public struct RandomGenerator has drop {
    seed: vector<u8>,
    counter: u16,
    buffer: vector<u8>,
}

/// Makes the source at genesis.
#[allow(unused_function)]
fun create(ctx: &mut TxContext) {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    let inner = RandomInner {
        version: CURRENT_VERSION,
        epoch: ctx.epoch(),
        randomness_round: 0,
        random_bytes: vector[],
    };
    transfer::share_object(Random {
        id: object::randomness_state(),
        inner: versioned::create(CURRENT_VERSION, inner, ctx),
    })
}

/// Sets the bytes of the next round; the system calls it.
#[allow(unused_function)]
fun update_randomness_state(
    self: &mut Random,
    new_round: u64,
    new_bytes: vector<u8>,
    ctx: &TxContext,
) {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    let epoch = ctx.epoch();
    let inner = self.load_inner_mut();
    let first = inner.randomness_round == 0 && inner.epoch == 0 && inner.random_bytes.is_empty();
    if (first) {
        assert!(new_round == 0, EInvalidRandomnessUpdate)
    } else if (epoch > inner.epoch) {
        assert!(new_round == 0, EInvalidRandomnessUpdate)
    } else {
        assert!(new_round == inner.randomness_round + 1, EInvalidRandomnessUpdate)
    };
    inner.epoch = epoch;
    inner.randomness_round = new_round;
    inner.random_bytes = new_bytes
}

/// A generator of its own for this call.
public fun new_generator(r: &Random, ctx: &mut TxContext): RandomGenerator {
    let inner = r.load_inner();
    let seed = hmac_sha3_256(&inner.random_bytes, &bcs::to_bytes(&ctx.fresh_object_address()));
    RandomGenerator { seed, counter: 0, buffer: vector[] }
}

/// Random bytes.
public fun generate_bytes(g: &mut RandomGenerator, num_of_bytes: u16): vector<u8> {
    vector::tabulate!(num_of_bytes as u64, |_| g.next_byte())
}

/// A random `u256`.
public fun generate_u256(g: &mut RandomGenerator): u256 {
    g.next_number(32)
}

/// A random `u128`.
public fun generate_u128(g: &mut RandomGenerator): u128 {
    g.next_number(16) as u128
}

/// A random `u64`.
public fun generate_u64(g: &mut RandomGenerator): u64 {
    g.next_number(8) as u64
}

/// A random `u32`.
public fun generate_u32(g: &mut RandomGenerator): u32 {
    g.next_number(4) as u32
}

/// A random `u16`.
public fun generate_u16(g: &mut RandomGenerator): u16 {
    g.next_number(2) as u16
}

/// A random `u8`.
public fun generate_u8(g: &mut RandomGenerator): u8 {
    g.next_byte()
}

/// A random truth value.
public fun generate_bool(g: &mut RandomGenerator): bool {
    g.next_byte() & 1 == 1
}

/// A random `u128` from `min` to `max`, both included.
public fun generate_u128_in_range(g: &mut RandomGenerator, min: u128, max: u128): u128 {
    g.in_range(min as u256, max as u256, 24) as u128
}

/// A random `u64` from `min` to `max`, both included.
public fun generate_u64_in_range(g: &mut RandomGenerator, min: u64, max: u64): u64 {
    g.in_range(min as u256, max as u256, 16) as u64
}

/// A random `u32` from `min` to `max`, both included.
public fun generate_u32_in_range(g: &mut RandomGenerator, min: u32, max: u32): u32 {
    g.in_range(min as u256, max as u256, 12) as u32
}

/// A random `u16` from `min` to `max`, both included.
public fun generate_u16_in_range(g: &mut RandomGenerator, min: u16, max: u16): u16 {
    g.in_range(min as u256, max as u256, 10) as u16
}

/// A random `u8` from `min` to `max`, both included.
public fun generate_u8_in_range(g: &mut RandomGenerator, min: u8, max: u8): u8 {
    g.in_range(min as u256, max as u256, 9) as u8
}

/// Puts the elements into a random order.
public fun shuffle<T>(g: &mut RandomGenerator, v: &mut vector<T>) {
    let n = v.length();
    assert!(n <= U16_MAX, EInvalidLength);
    let mut i = n;
    while (i > 1) {
        let j = g.generate_u16_in_range(0, (i - 1) as u16) as u64;
        v.swap(i - 1, j);
        i = i - 1;
    }
}

/// A number below `2^(8 * num_bytes)`, reduced to the range. `num_bytes` is 8
/// more than the range needs, so that the reduction shows no bias.
fun in_range(g: &mut RandomGenerator, min: u256, max: u256, num_bytes: u8): u256 {
    assert!(min <= max, EInvalidRange);
    min + g.next_number(num_bytes) % (max - min + 1)
}

fun next_number(g: &mut RandomGenerator, num_bytes: u8): u256 {
    let mut n = 0u256;
    num_bytes.do!(|_| n = (n << 8) | (g.next_byte() as u256));
    n
}

fun next_byte(g: &mut RandomGenerator): u8 {
    if (g.buffer.is_empty()) {
        g.buffer = g.derive_next_block();
    };
    g.buffer.pop_back()
}

fun derive_next_block(g: &mut RandomGenerator): vector<u8> {
    g.counter = g.counter + 1;
    let block = hmac_sha3_256(&g.seed, &bcs::to_bytes(&g.counter));
    assert!(block.length() == BLOCK_LENGTH);
    block
}

fun load_inner(self: &Random): &RandomInner {
    assert!(self.inner.version() == CURRENT_VERSION, EWrongInnerVersion);
    let inner: &RandomInner = self.inner.load_value();
    assert!(inner.version == CURRENT_VERSION, EWrongInnerVersion);
    inner
}

fun load_inner_mut(self: &mut Random): &mut RandomInner {
    assert!(self.inner.version() == CURRENT_VERSION, EWrongInnerVersion);
    let inner: &mut RandomInner = self.inner.load_value_mut();
    assert!(inner.version == CURRENT_VERSION, EWrongInnerVersion);
    inner
}

// === Tests only ===

#[test_only]
/// A generator of another seed with each call.
public fun new_generator_for_testing(): RandomGenerator {
    new_generator_from_seed_for_testing(generate_rand_seed_for_testing())
}

#[test_only]
native fun generate_rand_seed_for_testing(): vector<u8>;

#[test_only]
/// A generator of a given seed, 32 bytes.
public fun new_generator_from_seed_for_testing(seed: vector<u8>): RandomGenerator {
    RandomGenerator { seed, counter: 0, buffer: vector[] }
}

#[test_only]
/// Makes the source; the sender must be 0x0.
public fun create_for_testing(ctx: &mut TxContext) {
    create(ctx)
}

#[test_only]
/// Sets the bytes of the next round; the sender must be 0x0.
public fun update_randomness_state_for_testing(
    self: &mut Random,
    new_round: u64,
    new_bytes: vector<u8>,
    ctx: &TxContext,
) {
    self.update_randomness_state(new_round, new_bytes, ctx)
}
