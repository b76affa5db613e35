/// Version 2: a private function gone, a constraint relaxed, a type added.
module up::up;

public struct A has copy, drop, store { x: u64 }
public enum E has copy, drop { P, Q { y: u8 } }
public struct B has copy, drop, store { a: A }
public fun version(): u64 { 2 }
public fun make(x: u64): A { A { x: x * 2 } }
public fun read(a: &A): u64 { a.x }
public fun pick<T: copy>(t: &T): T { *t }
public fun e(): E { E::Q { y: 2 } }
public fun wrap(a: A): B { B { a } }
public fun names(): vector<u8> {
    let mut n = std::type_name::with_defining_ids<B>().into_string().into_bytes();
    n.append(std::type_name::with_original_ids<B>().into_string().into_bytes());
    n
}
