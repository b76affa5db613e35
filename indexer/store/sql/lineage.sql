WITH own AS (
    SELECT version_id FROM lineage_node WHERE dataset_id = $1
    UNION
    SELECT version_id FROM dataset_version WHERE dataset_id = $1
), related AS (
    SELECT version_id, 'self' AS relation, 0 AS steps FROM own
    UNION ALL
    SELECT d.version_id, 'descendant', min(d.steps) FROM own, descendants(own.version_id, $2) d
    WHERE d.version_id NOT IN (SELECT version_id FROM own) GROUP BY d.version_id
    UNION ALL
    SELECT a.version_id, 'ancestor', min(a.steps) FROM own, ancestors(own.version_id, $2) a
    WHERE a.version_id NOT IN (SELECT version_id FROM own) GROUP BY a.version_id
), shown AS (
    SELECT * FROM related ORDER BY relation = 'self' DESC, steps, version_id LIMIT $3
)
SELECT s.version_id, s.relation, s.steps, n.dataset_id, n.number::text, n.kind, n.depth::text, n.policy_id,
    EXISTS (SELECT FROM lineage_revocation r WHERE r.version_id = s.version_id) AS revoked,
    coalesce((SELECT h.action <> 'released' FROM version_hold h WHERE h.version_id = s.version_id
        ORDER BY h.checkpoint DESC, h.tx_index DESC, h.event_seq DESC LIMIT 1), false)
    OR coalesce((SELECT h.action = 'placed' OR h.action = 'lifted' AND h.at_ms > (SELECT extract(epoch FROM ts) * 1000 FROM watermark)
        FROM version_legal_hold h WHERE h.version_id = s.version_id AND h.action IN ('placed', 'lifted', 'ended')
        ORDER BY h.checkpoint DESC, h.tx_index DESC, h.event_seq DESC LIMIT 1), false) AS held,
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', e.parent_id, 'weight_bps', e.weight_bps) ORDER BY e.position)
        FROM lineage_edge e WHERE e.child_id = s.version_id), '[]') AS parents
FROM shown s LEFT JOIN LATERAL (SELECT * FROM lineage_node n WHERE n.version_id = s.version_id LIMIT 1) n ON true
ORDER BY s.relation = 'self' DESC, s.steps, s.relation, s.version_id
