/// Objects in every position, for tests of the object runtime.
module objs::objs;

use sui::dynamic_field as df;
use sui::dynamic_object_field as dof;
use sui::event;
use sui::transfer::Receiving;

public struct O has key, store { id: UID, n: u64 }
public struct Holder has key { id: UID, inner: Inner, list: vector<O> }
public struct Inner has store { deep: Option<O> }
public struct Made has copy, drop { id: ID, n: u64 }
public struct OBJS has drop {}
public struct Witnessed has key { id: UID, ok: bool }

fun init(w: OBJS, ctx: &mut TxContext) {
    transfer::transfer(Witnessed { id: object::new(ctx), ok: sui::types::is_one_time_witness(&w) }, ctx.sender());
}

public fun new(n: u64, ctx: &mut TxContext): O {
    let o = O { id: object::new(ctx), n };
    event::emit(Made { id: object::id(&o), n });
    o
}
public fun make(n: u64, to: address, ctx: &mut TxContext) { transfer::transfer(new(n, ctx), to) }
public fun share(o: O) { transfer::share_object(o) }
public fun freeze_it(o: O) { transfer::freeze_object(o) }
public fun give(o: O, to: address) { transfer::public_transfer(o, to) }
public fun bump(o: &mut O): u64 { o.n = o.n + 1; o.n }
public fun destroy(o: O) { let O { id, n: _ } = o; id.delete() }
public fun make_and_destroy(ctx: &mut TxContext) { destroy(new(0, ctx)) }

public fun hold(o: O, p: O, ctx: &mut TxContext) {
    transfer::share_object(Holder { id: object::new(ctx), inner: Inner { deep: option::some(o) }, list: vector[p] })
}
public fun held_field(h: &mut Holder): u64 { *df::borrow<u8, u64>(&h.inner.deep.borrow().id, 1) }
public fun unhold(h: Holder, to: address) {
    let Holder { id, inner: Inner { deep }, mut list } = h;
    id.delete();
    transfer::transfer(deep.destroy_some(), to);
    destroy(list.pop_back());
    list.destroy_empty();
}

public fun field(o: &mut O, v: u64) { df::add(&mut o.id, 1u8, v) }
public fun field_value(o: &O): u64 { *df::borrow<u8, u64>(&o.id, 1) }
public fun field_wrong_type(o: &O): bool { *df::borrow<u8, bool>(&o.id, 1) }
public fun field_set(o: &mut O, v: u64) { *df::borrow_mut(&mut o.id, 1u8) = v }
public fun field_same(o: &mut O) { let r: &mut u64 = df::borrow_mut(&mut o.id, 1u8); *r = *r }
public fun field_replace(o: &mut O): u64 { let v: u64 = df::remove(&mut o.id, 1u8); df::add(&mut o.id, 1u8, v + 1); v }
public fun put(o: &mut O, c: O) { dof::add(&mut o.id, b"c", c) }
public fun put_nested(o: &mut O, c: O) { dof::add(&mut dof::borrow_mut<vector<u8>, O>(&mut o.id, b"c").id, b"c", c) }
public fun nested_bump(o: &mut O): u64 { bump(dof::borrow_mut(&mut dof::borrow_mut<vector<u8>, O>(&mut o.id, b"c").id, b"c")) }
public fun get(o: &mut O): O { dof::remove(&mut o.id, b"c") }
public fun take(o: &mut O, r: Receiving<O>): O { transfer::receive(&mut o.id, r) }
