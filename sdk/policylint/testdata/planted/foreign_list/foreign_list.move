// SPDX-License-Identifier: Apache-2.0

/// Planted bug: the list of members is not compared with the policy, so anybody
/// brings a list of his own.
module fixture::foreign_list;

const ENoAccess: u64 = 1;
const EWrongCap: u64 = 2;

public struct Policy has key {
    id: UID,
    owner: address,
}

public struct Members has key {
    id: UID,
    policy: ID,
    owner: address,
    list: vector<address>,
}

public fun create(ctx: &mut TxContext) {
    let policy = Policy { id: object::new(ctx), owner: ctx.sender() };
    transfer::share_object(Members {
        id: object::new(ctx),
        policy: object::id(&policy),
        owner: ctx.sender(),
        list: vector[],
    });
    transfer::share_object(policy)
}

public fun add(members: &mut Members, who: address, ctx: &TxContext) {
    assert!(members.owner == ctx.sender(), EWrongCap);
    members.list.push_back(who)
}

entry fun seal_approve(id: vector<u8>, policy: &Policy, members: &Members, ctx: &TxContext) {
    let prefix = policy.id.to_bytes();
    assert!(id.length() > prefix.length(), ENoAccess);
    prefix.length().do!(|i| assert!(id[i] == prefix[i], ENoAccess));
    assert!(members.list.contains(&ctx.sender()), ENoAccess)
}
