/// A package that uses the types and functions of another.
module user::user;

use lab::lab::{Self, Box};

public struct Holder has key, store { id: UID, box: Box }

public fun hold(value: u64, ctx: &mut TxContext): Holder {
    Holder { id: object::new(ctx), box: lab::new_box(value, ctx) }
}

public fun peek(h: &Holder): u64 { lab::value(&h.box) }

public fun hidden_of_lab(): u64 { lab::use_hidden() }
