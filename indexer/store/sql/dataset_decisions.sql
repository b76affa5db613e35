-- The newest decisions about the policies of a dataset.
SELECT k.key_server_id, s.name, k.member,
       (SELECT m.name FROM committee_member m WHERE m.key_server_id = k.key_server_id AND m.member = k.member
        ORDER BY m.checkpoint DESC, m.tx_index DESC, m.event_seq DESC LIMIT 1),
       k.seq, p.policy_id, k.decision, k.reason, k.rule, k.requester_commitment,
       k.checkpoint, k.decided_at, k.verified, k.problem, k.jwt
FROM key_decision_policy p
JOIN key_decision k USING (key_server_id, member, seq)
JOIN key_server s USING (key_server_id)
WHERE p.policy_id IN (SELECT policy_id FROM dataset_version WHERE dataset_id = $1)
ORDER BY k.decided_at DESC NULLS LAST, k.key_server_id, k.member, k.seq DESC
LIMIT $2
