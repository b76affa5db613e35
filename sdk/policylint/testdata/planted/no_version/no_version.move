// SPDX-License-Identifier: Apache-2.0

/// Planted bug: there is a version object, and the decision does not take it.
module fixture::no_version;

const ENoAccess: u64 = 1;

const VERSION: u64 = 1;

public struct PackageVersion has key {
    id: UID,
    version: u64,
}

public struct Note has key {
    id: UID,
    reader: address,
}

fun init(ctx: &mut TxContext) {
    transfer::share_object(PackageVersion { id: object::new(ctx), version: VERSION })
}

public fun version(self: &PackageVersion): u64 { self.version }

public fun create(reader: address, ctx: &mut TxContext) {
    transfer::share_object(Note { id: object::new(ctx), reader })
}

entry fun seal_approve(id: vector<u8>, note: &Note, ctx: &TxContext) {
    let prefix = note.id.to_bytes();
    assert!(id.length() > prefix.length(), ENoAccess);
    prefix.length().do!(|i| assert!(id[i] == prefix[i], ENoAccess));
    assert!(ctx.sender() == note.reader, ENoAccess)
}
