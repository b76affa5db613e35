/// The size of addresses; `sui::address` has the rest.
module std::address;

/// The number of bytes in an address: 32.
public fun length(): u64 {
    32
}
