module lab::basic;
use std::vector;
public struct P<T> has copy, drop, store { a: u64, t: T, v: vector<T> }
public struct Empty has copy, drop, store {}
public enum E<T> has copy, drop, store { A, B { x: u16 }, C(bool, T) }
const K: vector<u16> = vector[1, 2, 3];

public fun fib(n: u64): u64 { if (n < 2) n else fib(n - 1) + fib(n - 2) }
public fun sum_loop(n: u64): u64 { let mut i = 0; let mut s = 0; while (i < n) { s = s + i % 7; i = i + 1 }; s }
public fun mk<T: copy + drop>(a: u64, t: T): P<T> { P { a, t, v: vector[t, t] } }
public fun bump<T>(p: &mut P<T>): u64 { p.a = p.a + 1; p.a }
public fun eq<T: copy+drop>(a: T, b: T): bool { a == b }
public fun const3(): vector<u16> { let mut k = K; k.push_back(9); k }
public fun en(i: u8): E<u8> { if (i == 0) E::A else if (i == 1) E::B { x: 258 } else E::C(true, 9) }
public fun match_it(e: &E<u8>): u64 { match (e) { E::A => 1, E::B { x } => (*x as u64), E::C(b, t) => if (*b) (*t as u64) + 100 else 7 } }
public fun mutate(e: &mut E<u8>) { match (e) { E::A => { *e = E::B { x: 1 } }, E::B { x } => { *x = *x + 1 }, E::C(_, t) => { *t = 0 } } }
public fun big(a: u256, b: u256): (u256, u256, u256, u256) { (a + b, a * b, a / b, a % b) }
public fun big128(a: u128, b: u128): (u128, u128, u128, u128) { (a + b, a * b, a / b, a - b) }
public fun shl256(a: u256, n: u8): u256 { a << n }
public fun shr128(a: u128, n: u8): u128 { a >> n }
public fun cast8(a: u256): u8 { (a as u8) }
public fun cast64(a: u128): u64 { (a as u64) }
public fun add8(a: u8, b: u8): u8 { a + b }
public fun sub16(a: u16, b: u16): u16 { a - b }
public fun mul32(a: u32, b: u32): u32 { a * b }
public fun div64(a: u64, b: u64): u64 { a / b }
public fun shl8(a: u8, n: u8): u8 { a << n }
public fun get<T: copy>(v: &vector<T>, i: u64): T { v[i] }
public fun set_byte(v: &mut vector<u8>, i: u64, b: u8) { *(&mut v[i]) = b }
public fun pop(v: &mut vector<u8>): u8 { v.pop_back() }
public fun swap(v: &mut vector<u64>, i: u64, j: u64) { v.swap(i, j) }
public fun struct_loop(n: u64): u64 { let mut p = P { a: 0, t: 1u64, v: vector[] }; let mut i = 0; while (i < n) { let r = &mut p; r.a = r.a + r.t; r.t = i; i = i + 1 }; p.a }
public fun vector_loop(n: u64): u64 { let mut v = vector<u64>[]; let mut i = 0; while (i < n) { v.push_back(i); if (i % 3 == 0) { v.pop_back(); }; i = i + 1 }; v.length() }
public fun abort_with(c: u64) { abort c }
public fun depth(n: u64): u64 { if (n == 0) 0 else 1 + depth(n - 1) }
public fun deep(n: u64) { if (n > 0) deep(n - 1) }
public fun forever() { loop {} }
public fun hog(): vector<vector<u64>> { let mut v = vector[vector[1u64,2,3,4,5,6,7,8]]; loop { let c = *(&v[0]); v.push_back(c); } }
public fun doubling(): vector<vector<u8>> { let mut v: vector<vector<u8>> = vector[b"0123456789abcdef"]; let mut k = 0; while (k < 60) { let n = v.length(); let mut i = 0; while (i < n) { let c = *(&v[i]); v.push_back(c); i = i + 1 }; k = k + 1 }; v }
public fun empty(): Empty { Empty {} }
public fun unpack(p: P<u8>): (u64, u8, vector<u8>) { let P { a, t, v } = p; (a, t, v) }
public fun refeq(a: &P<u8>, b: &P<u8>): bool { a == b }
fun pick<T>(c: bool, a: &mut T, b: &mut T): &mut T { if (c) a else b }
public fun picked(c: bool): (u64, u64) { let mut x = 1; let mut y = 2; *pick(c, &mut x, &mut y) = 10; (x, y) }
public struct N<T> has copy, drop { t: T }
public fun nest(): u64 { let n = N { t: N { t: N { t: vector[N { t: 5u64 }] } } }; let c = n; let N { t: N { t: N { t: v } } } = c; v[0].t + n.t.t.t.length() }
public fun addr(a: address): (bool, address) { (a == @0x2, @0xfee) }
