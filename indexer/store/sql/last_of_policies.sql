-- The last receipt about each of the policies $3 in a log.
SELECT p.policy_id, p.policy_seq, d.hash
FROM unnest($3::text[]) AS w (id)
CROSS JOIN LATERAL (
    SELECT policy_id, policy_seq, seq FROM key_decision_policy
    WHERE policy_id = w.id AND key_server_id = $1 AND member = $2
    ORDER BY seq DESC LIMIT 1
) p
JOIN key_decision d ON d.key_server_id = $1 AND d.member = $2 AND d.seq = p.seq
