// SPDX-License-Identifier: Apache-2.0

/// Ballots that everybody may open once all voters have voted.
module fixture::voting;

const ENotAVoter: u64 = 1;
const EVotedAlready: u64 = 2;
const ENoVoters: u64 = 3;
const ENotOver: u64 = 4;

public struct Vote has key {
    id: UID,
    voters: vector<address>,
    voted: vector<address>,
    ballots: vector<vector<u8>>,
}

public fun create(voters: vector<address>, ctx: &mut TxContext) {
    assert!(!voters.is_empty(), ENoVoters);
    transfer::share_object(Vote { id: object::new(ctx), voters, voted: vector[], ballots: vector[] })
}

public fun cast(vote: &mut Vote, ballot: vector<u8>, ctx: &TxContext) {
    let voter = ctx.sender();
    assert!(vote.voters.contains(&voter), ENotAVoter);
    assert!(!vote.voted.contains(&voter), EVotedAlready);
    vote.voted.push_back(voter);
    vote.ballots.push_back(ballot)
}

entry fun seal_approve(id: vector<u8>, vote: &Vote) {
    assert!(id == vote.id.to_bytes(), ENotOver);
    assert!(vote.voted.length() == vote.voters.length(), ENotOver)
}
