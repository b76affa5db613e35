// SPDX-License-Identifier: Apache-2.0

/// Legal holds on versions: k of n holders, named when a version is recorded, stop
/// it and all that was made from it.
///
/// As long as a hold stands, the version can't be sold, what was paid can be
/// refunded, and policies that demand it or a descendant release no key: at once,
/// without anybody else's doing. Its owner can neither place nor lift it; for the
/// owner's own holds see `lineage::place_hold`. A hold that is lifted stands for 3
/// more days, and then until somebody ends it.
module floe_catalog::legal_hold;

use floe_catalog::hold_events;
use floe_catalog::lineage::Lineage;
use sui::clock::Clock;

// === Errors ===

/// There is no hold, or it stands still.
const EStands: u64 = 0;

// === Constants ===

/// From lifting a hold to its end: 3 days.
const RELEASE_DELAY_MS: u64 = 259_200_000;

// === Public Functions ===

/// Votes to place a hold on a version, or to lift it, for one of its holders.
public fun vote(lineage: &mut Lineage, version: ID, place: bool, clock: &Clock, ctx: &TxContext) {
    lineage.check_version();
    let now_ms = clock.timestamp_ms();
    let ends_at_ms = now_ms + RELEASE_DELAY_MS;
    let dataset = lineage.node(version).dataset();
    let holder = ctx.sender();
    let has_changed = lineage.legal_hold_mut(version).vote(holder, place, ends_at_ms);
    hold_events::emit_legal_hold_voted(version, dataset, holder, place, now_ms);
    if (!has_changed) return;
    if (place) {
        hold_events::emit_legal_hold_placed(version, dataset, now_ms)
    } else {
        hold_events::emit_legal_hold_lifted(version, dataset, ends_at_ms)
    }
}

/// Ends a hold that was lifted 3 days ago. Anybody may.
public fun end(lineage: &mut Lineage, version: ID, clock: &Clock) {
    lineage.check_version();
    let now_ms = clock.timestamp_ms();
    let dataset = lineage.node(version).dataset();
    assert!(lineage.legal_hold_mut(version).end(now_ms), EStands);
    hold_events::emit_legal_hold_ended(version, dataset, now_ms);
}
