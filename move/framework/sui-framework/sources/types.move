/// Facts about types that only the system knows.
module sui::types;

/// Whether the value is its module's one-time witness: a struct named like the
/// module in capitals, with only `drop`, made once when the package is published.
public native fun is_one_time_witness<T: drop>(value: &T): bool;
