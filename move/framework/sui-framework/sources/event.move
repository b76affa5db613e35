/// Facts that a transaction leaves behind for those who watch the chain.
module sui::event;

use std::type_name;
use sui::accumulator;
use sui::accumulator_settlement::EventStreamHead;

/// Emits an event. Only the module that defines `T` can.
public native fun emit<T: copy + drop>(event: T);

/// Emits an event and adds it to the stream of the package that defines `T`,
/// named by the package's first id. The head of the stream, on chain, commits
/// to all its events, so a light client notices when one is missing or altered.
/// Only the module that defines `T` can.
public fun emit_authenticated<T: copy + drop>(event: T) {
    let stream_id = type_name::original_id<T>();
    let accumulator_addr = accumulator::accumulator_address<EventStreamHead>(stream_id);
    emit_authenticated_impl<EventStreamHead, T>(accumulator_addr, stream_id, event)
}

native fun emit_authenticated_impl<StreamHeadT, T: copy + drop>(
    accumulator_id: address,
    stream: address,
    event: T,
);

#[test_only]
/// How many events the transaction has emitted.
public native fun num_events(): u32;

#[test_only]
/// The events of a type that the transaction has emitted, first to last.
public native fun events_by_type<T: copy + drop>(): vector<T>;
