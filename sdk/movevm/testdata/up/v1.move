/// Version 1 of a package that is upgraded.
module up::up;

public struct A has copy, drop, store { x: u64 }
public enum E has copy, drop { P, Q { y: u8 } }
public fun version(): u64 { 1 }
public fun make(x: u64): A { A { x } }
public fun read(a: &A): u64 { a.x }
public fun pick<T: copy + drop>(t: &T): T { *t }
public fun e(): E { E::Q { y: 1 } }
entry fun only_entry(_: u64) {}
fun hidden(): u64 { 5 }
public(package) fun inside(): u64 { hidden() }
