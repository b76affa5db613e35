/// Proof that a call comes from the module that defines a type.
module std::internal;

/// Held only by callers that the module of `T` let have it.
public struct Permit<phantom T> has drop {}

/// A permit for `T`; the verifier lets only the module that defines `T` call it.
public fun permit<T>(): Permit<T> {
    Permit {}
}
