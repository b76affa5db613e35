/// Binary Canonical Serialization, the form in which values are stored, hashed
/// and sent.
module std::bcs;

/// The value's bytes. Aborts with 0x1C5 if its type has none.
public native fun to_bytes<MoveValue>(v: &MoveValue): vector<u8>;
