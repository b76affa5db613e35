// SPDX-License-Identifier: Apache-2.0

/// Interface of Walrus' module of this name: see the README.
module walrus::storage_resource;

/// Storage for a time. `end_epoch` is exclusive.
public struct Storage has key, store {
    id: UID,
    start_epoch: u32,
    end_epoch: u32,
    storage_size: u64,
}

/// First epoch in which nothing is stored any more.
public(package) fun end_epoch(self: &Storage): u32 { self.end_epoch }

// === Test-Only Helpers ===

#[test_only]
public fun new_for_testing(end_epoch: u32, ctx: &mut TxContext): Storage {
    Storage { id: object::new(ctx), start_epoch: 0, end_epoch, storage_size: 0 }
}
