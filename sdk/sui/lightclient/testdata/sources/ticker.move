/// Emits authenticated events, for tests.
module ticker::ticker;

use sui::event;

public struct Ticked has copy, drop {
    count: u64,
}

/// A plain event, which is in no stream.
public struct Noted has copy, drop {
    count: u64,
}

/// Emits authenticated events with the counts from, from + 1, … and a plain one
/// between them.
public fun tick(from: u64, times: u64) {
    let mut i = 0;
    while (i < times) {
        event::emit_authenticated(Ticked { count: from + i });
        event::emit(Noted { count: from + i });
        i = i + 1;
    }
}
