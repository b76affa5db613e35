-- The newest $3 decisions about the policies of the newest $2 versions of a dataset:
-- the newest of each log, by the index, then the newest of those.
SELECT k.key_server_id, s.name, k.member,
       (SELECT m.name FROM committee_member m WHERE m.key_server_id = k.key_server_id AND m.member = k.member
        ORDER BY m.checkpoint DESC, m.tx_index DESC, m.event_seq DESC LIMIT 1),
       k.seq, p.policy_id, k.decision, k.reason, k.rule, k.requester_commitment,
       k.checkpoint, k.decided_at, k.verified, k.problem, k.jwt
FROM (SELECT DISTINCT policy_id FROM (SELECT policy_id FROM dataset_version WHERE dataset_id = $1 ORDER BY number DESC LIMIT $2) v) guards
CROSS JOIN receipt_watermark w
CROSS JOIN LATERAL (
    SELECT * FROM key_decision_policy p
    WHERE p.policy_id = guards.policy_id AND p.key_server_id = w.key_server_id AND p.member = w.member
    ORDER BY p.seq DESC LIMIT $3
) p
JOIN key_decision k ON k.key_server_id = p.key_server_id AND k.member = p.member AND k.seq = p.seq
JOIN key_server s ON s.key_server_id = k.key_server_id
ORDER BY k.decided_at DESC NULLS LAST, k.key_server_id, k.member, k.seq DESC
LIMIT $3
