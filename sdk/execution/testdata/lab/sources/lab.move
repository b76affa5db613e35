/// Something of everything that a transaction can meet.
module lab::lab;

use std::ascii;
use std::string::String;
use sui::clock::Clock;
use sui::dynamic_field as df;
use sui::dynamic_object_field as dof;
use sui::event;
use sui::transfer::Receiving;

const EPlain: u64 = 7;
#[error]
const ETooBig: vector<u8> = b"the value is too big";

/// One-time witness.
public struct LAB has drop {}

public struct Counter has key { id: UID, value: u64 }
public struct Admin has key, store { id: UID }
public struct Box has key, store { id: UID, value: u64 }
public struct Wrapper has key, store { id: UID, box: Box }
public struct Hot { value: u64 }
public struct Pair has copy, drop { a: u64, b: u64 }
public struct Token has copy { value: u64 }
public struct Incremented has copy, drop { counter: ID, by: u64 }

fun init(otw: LAB, ctx: &mut TxContext) {
    assert!(sui::types::is_one_time_witness(&otw));
    transfer::share_object(Counter { id: object::new(ctx), value: 0 });
    transfer::transfer(Admin { id: object::new(ctx) }, ctx.sender());
}

public fun increment(c: &mut Counter, by: u64) {
    c.value = c.value + by;
    event::emit(Incremented { counter: object::id(c), by });
}

public fun count(c: &Counter): u64 { c.value }

public fun reshare(c: Counter) { transfer::share_object(c) }

public fun keep_counter(c: Counter, to: address) { transfer::transfer(c, to) }

public fun pass_counter(c: Counter): Counter { c }

public fun delete_counter(c: Counter) { let Counter { id, value: _ } = c; id.delete(); }

public fun new_box(value: u64, ctx: &mut TxContext): Box { Box { id: object::new(ctx), value } }

public fun value(b: &Box): u64 { b.value }

public fun value_ref(b: &Box): &u64 { &b.value }

public fun set(b: &mut Box, value: u64) { b.value = value }

entry fun private_set(b: &mut Box, value: u64) { b.value = value }

fun hidden(): u64 { 42 }

public fun use_hidden(): u64 { hidden() }

public fun swap(a: &mut Box, b: &mut Box) {
    let t = a.value;
    a.value = b.value;
    b.value = t;
}

public fun add(a: &mut Box, b: &Box) { a.value = a.value + b.value }

public fun destroy(b: Box) { let Box { id, value: _ } = b; id.delete(); }

public fun make_and_destroy(ctx: &mut TxContext) { destroy(new_box(1, ctx)) }

public fun wrap(box: Box, ctx: &mut TxContext): Wrapper { Wrapper { id: object::new(ctx), box } }

public fun unwrap(w: Wrapper): Box {
    let Wrapper { id, box } = w;
    id.delete();
    box
}

public fun unwrap_and_destroy(w: Wrapper) { destroy(unwrap(w)) }

public fun add_field(c: &mut Counter, key: u64, value: u64) { df::add(&mut c.id, key, value) }

public fun read_field(c: &Counter, key: u64): u64 { *df::borrow(&c.id, key) }

public fun bump_field(c: &mut Counter, key: u64) {
    let v: &mut u64 = df::borrow_mut(&mut c.id, key);
    *v = *v + 1;
}

public fun remove_field(c: &mut Counter, key: u64): u64 { df::remove(&mut c.id, key) }

public fun attach(c: &mut Counter, name: String, b: Box) { dof::add(&mut c.id, name, b) }

public fun attached(c: &Counter, name: String): u64 { dof::borrow<String, Box>(&c.id, name).value }

public fun detach(c: &mut Counter, name: String): Box { dof::remove(&mut c.id, name) }

public fun receive(parent: &mut Box, sent: Receiving<Box>): Box { transfer::receive(&mut parent.id, sent) }

public fun hot(value: u64): Hot { Hot { value } }

public fun cool(h: Hot): u64 { let Hot { value } = h; value }

public fun pair(a: u64, b: u64): Pair { Pair { a, b } }

public fun sum(p: Pair): u64 { p.a + p.b }

public fun two(ctx: &mut TxContext): (Box, u64) { (new_box(5, ctx), 6) }

public fun token(): Token { Token { value: 1 } }

public fun eat(t: Token): u64 { let Token { value } = t; value }

public fun now(clock: &Clock): u64 { clock.timestamp_ms() }

public fun text(s: String, a: ascii::String, o: Option<u64>, v: vector<u16>, id: ID, big: u256): u64 {
    assert!(id.to_address() != @0x0 && big > 0);
    s.length() + a.length() + (if (o.is_some()) 100 else 0) + v.length() * 1000
}

public fun total(boxes: vector<Box>): u64 {
    let mut sum = 0;
    boxes.destroy!(|b| { sum = sum + b.value; destroy(b) });
    sum
}

public fun fail_plain() { abort EPlain }

public fun fail_clever(value: u64) { assert!(value < 10, ETooBig) }

public fun fail_bare() { assert!(false) }

public fun divide(a: u64, b: u64): u64 { a / b }

public fun spin(mut n: u64): u64 {
    let mut s = 0;
    while (n > 0) { s = s ^ n; n = n - 1 };
    s
}

public fun only_store<T: store>(_: vector<T>): u64 { abort 0 }

public fun who(ctx: &TxContext): address { ctx.sender() }

public fun derive(c: &mut Counter, key: u64): Box {
    Box { id: sui::derived_object::claim(&mut c.id, key), value: key }
}

public fun derived(c: &Counter, key: u64): bool { sui::derived_object::exists(&c.id, key) }

entry fun private_cool(h: Hot): u64 { cool(h) }

entry fun private_look(h: &Hot) { h.value; }
