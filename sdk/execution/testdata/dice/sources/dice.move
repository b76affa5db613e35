/// What a transaction can do with randomness.
module dice::dice;

use sui::event;
use sui::random::{Random, RandomGenerator};

public struct Rolled has copy, drop { eyes: u8, word: u256, bytes: vector<u8> }

/// Rolls twice with one generator and once with another.
entry fun roll(r: &Random, ctx: &mut TxContext) {
    let mut g = r.new_generator(ctx);
    event::emit(rolled(&mut g));
    event::emit(rolled(&mut g));
    let mut other = r.new_generator(ctx);
    event::emit(rolled(&mut other));
}

fun rolled(g: &mut RandomGenerator): Rolled {
    Rolled { eyes: g.generate_u8_in_range(1, 6), word: g.generate_u256(), bytes: g.generate_bytes(3) }
}
