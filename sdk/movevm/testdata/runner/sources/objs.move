module diff::objs;
use diff::ops;
use sui::dynamic_field as df;
use sui::dynamic_object_field as dof;
use sui::table;
public struct O has key, store { id: UID, n: u64 }
public struct V has store, drop { a: u64, b: vector<u8> }
public struct OBJS has drop {}
public fun new(ctx: &mut TxContext): O { O { id: object::new(ctx), n: 0 } }
public fun end(o: O) { transfer::share_object(o) }
public fun add<K: copy + drop + store>(o: &mut O, k: K, v: u64): u64 { df::add(&mut o.id, k, V { a: v, b: b"x" }); 3 }
public fun exists<K: copy + drop + store>(o: &mut O, k: K, _: u64): u64 { if (df::exists_(&o.id, k)) 1 else 2 }
public fun exists_ty<K: copy + drop + store>(o: &mut O, k: K, _: u64): u64 { (if (df::exists_with_type<K, V>(&o.id, k)) 1 else 2) + (if (df::exists_with_type<K, u64>(&o.id, k)) 10 else 20) }
public fun borrow<K: copy + drop + store>(o: &mut O, k: K, _: u64): u64 { df::borrow<K, V>(&o.id, k).a }
public fun bump<K: copy + drop + store>(o: &mut O, k: K, n: u64): u64 { let v = df::borrow_mut<K, V>(&mut o.id, k); v.a = v.a + n; v.b.push_back(n as u8); ops::fold_of(v) }
public fun remove<K: copy + drop + store>(o: &mut O, k: K, n: u64): u64 { if (n % 5 == 0) { df::remove<K, u64>(&mut o.id, k) } else { let v = df::remove<K, V>(&mut o.id, k); ops::fold_of(&v) } }
public fun ids(n: u64, ctx: &mut TxContext): u64 { let mut h = 0; let mut i = 0; while (i <= n) { let u = object::new(ctx); h = h * 31 + ops::fold(u.to_bytes()); u.delete(); i = i + 1 }; h % 4294967291 }
public fun dof(n: u64, ctx: &mut TxContext): u64 {
    let mut o = new(ctx); let c = new(ctx); let id = object::id(&c);
    dof::add(&mut o.id, n, c);
    let mut h = if (dof::exists_(&o.id, n)) 1 else 0;
    if (n == 3) { dof::add(&mut o.id, n, new(ctx)) };
    dof::borrow_mut<u64, O>(&mut o.id, n).n = 55;
    h = h * 10 + dof::borrow<u64, O>(&o.id, n).n;
    if (dof::id(&o.id, n) == option::some(id)) h = h + 1000;
    let c: O = dof::remove(&mut o.id, if (n == 2) 9 else n);
    h = h + c.n; end(c); end(o); h
}
public fun table(n: u64, ctx: &mut TxContext): u64 { let mut t = table::new<u64, u64>(ctx); let mut i = 0; while (i < n) { t.add(i, i * i); i = i + 1 }; let mut h = t.length(); let mut j = 0; while (j < n) { h = h + t.remove(j); j = j + 2 }; h = h * 1000 + t.length(); if (n == 14) t.destroy_empty() else transfer::public_share_object(t); h }
public fun transfers(n: u64, ctx: &mut TxContext): u64 { let o = new(ctx); let s = ctx.sender(); if (n == 0) transfer::transfer(o, s) else if (n == 1) transfer::freeze_object(o) else if (n == 2) transfer::share_object(o) else transfer::public_transfer(o, @0x5); ops::fold_of(&s) }
public fun otw(n: u64): u64 { if (n == 0) { let x = Fake {}; if (sui::types::is_one_time_witness(&x)) 1 else 0 } else if (n == 1) { let v = V { a: 1, b: vector[] }; if (sui::types::is_one_time_witness(&v)) 1 else 0 } else { if (sui::types::is_one_time_witness(&5u64)) 1 else 0 } }
public struct Fake has drop {}
