module diff::data;
use diff::ops;
public struct S<T> has copy, drop, store { a: u8, t: T, v: vector<T> }
public enum E<T> has copy, drop, store { A, B { x: u16 }, C(bool, T), D { v: vector<E2<T>> } }
public enum E2<T> has copy, drop, store { X(T), Y(u256) }
public struct Box<T> has copy, drop, store { t: T }
const WORDS: vector<vector<u8>> = vector[b"alpha", b"beta", b""];
public fun s<T: copy + drop>(a: u8, t: T): S<T> { S { a, t, v: vector[t, t] } }
public fun e<T: copy + drop>(i: u8, t: T): E<T> { if (i == 0) E::A else if (i == 1) E::B { x: 513 } else if (i == 2) E::C(true, t) else E::D { v: vector[E2::X(t), E2::Y(1 << 200)] } }
public fun churn<T: copy + drop>(v: vector<T>, x: T, n: u64, i: u64): u64 {
    let mut w = v; let mut k = 0;
    while (k < n) { w.push_back(x); let l = w.length(); w.swap(k % l, 0); k = k + 1 };
    let y = w.pop_back(); *(&mut w[i]) = y;
    let c = w; w.push_back(*(&c[0]));
    (ops::fold_of(&w) * 3 + ops::fold_of(&c) * 5 + ops::fold_of(&v) + (if (c == v) 1 else 0)) % 4294967291
}
public fun pair_eq<T: copy + drop>(a: T, b: T): u64 { let x = &a; let y = &b; (if (x == y) 1 else 0) + (if (Box { t: a } == Box { t: b }) 2 else 0) + (if (vector[a, b] != vector[b, a]) 4 else 0) }
public fun nested<T: copy + drop>(a: T, b: T, n: u64): u64 {
    let mut x = Box { t: Box { t: vector[a, b] } }; let y = x;
    let r = &mut x.t.t; let mut i = 0; while (i < n) { r.push_back(a); i = i + 1 };
    let Box { t: Box { t: inner } } = y;
    (ops::fold_of(&x) + 7 * ops::fold_of(&inner)) % 4294967291
}
public fun by_ref<T: copy + drop>(a: T, b: T, c: bool): u64 { let mut x = a; let mut y = b; set(pick(&mut x, &mut y, c), b); ops::fold_of(&x) + ops::fold_of(&y) }
fun pick<T>(a: &mut T, b: &mut T, c: bool): &mut T { if (c) a else b }
fun set<T: drop>(r: &mut T, t: T) { *r = t }
public fun enum_walk(i: u8, t: u64, j: u8): u64 {
    let mut x = e<u64>(i, t); let y = x;
    match (&mut x) { E::A => { x = e<u64>(j, t) }, E::B { x: f } => *f = *f + 1, E::C(b, u) => { *b = !*b; *u = *u / 3 }, E::D { v } => { v.push_back(E2::X(t)); match (&mut v[0]) { E2::X(q) => *q = *q + 1, E2::Y(_) => () } } };
    let tag = match (y) { E::A => 1, E::B { x } => (x as u64), E::C(b, u) => if (b) u else 0, E::D { v } => v.length() };
    (ops::fold_of(&x) + tag) % 4294967291
}
public fun enum_unpack_wrong(i: u8, j: u8): u64 { let x = e<u8>(i, j); match (x) { E::A if (j > 1) => 9, E::A => 1, E::B { x } if ((*x as u8) == j) => 2, E::C(_, t) if (*t == j) => 3, _ => 4 } }
public fun destroy_len(n: u64, m: u64): u64 { let mut v = vector[]; let mut i = 0; while (i < n) { v.push_back(i as u8); i = i + 1 }; let mut k = 0; while (k < m) { v.pop_back(); k = k + 1 }; v.destroy_empty(); n }
public fun recurse(n: u64): u64 { if (n == 0) 0 else 1 + recurse(n - 1) }
public fun tail(n: u64): u64 { if (n == 0) 7 else tail(n - 1) }
public fun sieve(n: u64): u64 { let mut v = vector[]; let mut i = 0; while (i < n) { v.push_back(true); i = i + 1 }; let mut c = 0; let mut p = 2; while (p < n) { if (v[p]) { c = c + 1; let mut q = p * p; while (q < n) { *(&mut v[q]) = false; q = q + p } }; p = p + 1 }; c }
public fun collatz(mut n: u64): u64 { let mut c = 0; while (n != 1) { n = if (n & 1 == 0) n >> 1 else 3 * n + 1; c = c + 1 }; c }
public fun matrix(n: u64): u64 { let mut m = vector[]; let mut i = 0; while (i < n) { let mut r = vector[]; let mut j = 0; while (j < n) { r.push_back((i * j + 1) as u128); j = j + 1 }; m.push_back(r); i = i + 1 }; let t = m; let mut s = 0u128; let mut i = 0; while (i < n) { let mut j = 0; while (j < n) { s = s + m[i][j] * t[j][i]; j = j + 1 }; i = i + 1 }; let w = WORDS; (s % 4294967291 as u64) + w.length() + ops::fold_of(&w) }
public fun abort_plain(): u64 { abort 77 }
public fun assert_false(n: u64): u64 { assert!(n == 4, 12); n }
