// SPDX-License-Identifier: Apache-2.0

/// Interface of Walrus' module of this name: see the README.
module walrus::system;

use sui::dynamic_field;

/// The storage network. What it holds is in a dynamic field, by version, which only
/// the live package reads.
public struct System has key {
    id: UID,
    version: u64,
    package_id: ID,
    new_package_id: Option<ID>,
}

/// The current epoch.
public fun epoch(self: &System): u32 { *dynamic_field::borrow(&self.id, self.version) }

// === Test-Only Helpers ===

#[test_only]
public fun new_for_testing(epoch: u32, ctx: &mut TxContext): System {
    let mut id = object::new(ctx);
    let package_id = id.to_inner();
    dynamic_field::add(&mut id, 0u64, epoch);
    System { id, version: 0, package_id, new_package_id: option::none() }
}

#[test_only]
public fun set_epoch_for_testing(self: &mut System, epoch: u32) {
    *dynamic_field::borrow_mut(&mut self.id, self.version) = epoch
}
