/// Depends on the first version.
module user::user;

use up::up::{Self, A};

public struct Keep has drop, store { a: A }
public fun version(): u64 { up::version() }
public fun keep(x: u64): Keep { Keep { a: up::make(x) } }
public fun value(k: &Keep): u64 { up::read(&up::pick(&k.a)) }
