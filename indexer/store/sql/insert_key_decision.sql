-- The decision with its policies.
WITH decision AS (
    INSERT INTO key_decision (key_server_id, member, seq, decided_at, checkpoint, verified, policy_id, package_id, decision, reason, rule,
                              requester_commitment, request_hash, previous, hash, kid, jwt, problem)
    VALUES ($1, $2, $3, $4, $5, $6, ($7::text[])[1], $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
    RETURNING key_server_id, member, seq
)
INSERT INTO key_decision_policy (key_server_id, member, seq, policy_id, policy_seq, previous)
SELECT d.key_server_id, d.member, d.seq, p.policy_id, p.policy_seq, p.previous
FROM decision d, unnest($7::text[], $8::bigint[], $9::text[]) AS p (policy_id, policy_seq, previous)
ON CONFLICT DO NOTHING
