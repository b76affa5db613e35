-- Receipt logs of committees' members, beside those of key servers: each log is one of
-- (key_server_id, member), where an empty member stands for the server's own. And what
-- the logs' signed checkpoints showed.

ALTER TABLE key_decision_policy DROP CONSTRAINT key_decision_policy_decision_fkey;
ALTER TABLE key_decision_policy DROP CONSTRAINT key_decision_policy_pkey;
ALTER TABLE key_decision DROP CONSTRAINT key_decision_pkey;
ALTER TABLE receipt_watermark DROP CONSTRAINT receipt_watermark_pkey;
DROP INDEX key_decision_policy_by_policy;

ALTER TABLE receipt_watermark ADD COLUMN member text NOT NULL DEFAULT '';
ALTER TABLE receipt_watermark ADD COLUMN checked_size bigint NOT NULL DEFAULT 0;
ALTER TABLE receipt_watermark ADD COLUMN tree bytea;
ALTER TABLE receipt_watermark ALTER COLUMN member DROP DEFAULT;
ALTER TABLE receipt_watermark ALTER COLUMN checked_size DROP DEFAULT;
ALTER TABLE receipt_watermark ADD CONSTRAINT receipt_watermark_pkey PRIMARY KEY (key_server_id, member);
COMMENT ON COLUMN receipt_watermark.member IS 'Address of the committee''s member whose log it is; empty for the log of an independent key server.';
COMMENT ON COLUMN receipt_watermark.checked_size IS 'The log''s size in the last signed checkpoint whose root was that of the receipts that were read.';
COMMENT ON COLUMN receipt_watermark.tree IS 'Roots of the complete subtrees over all receipts that were read (RFC 6962), 32 bytes each, largest first; empty when receipts are missing, null before it was computed.';

ALTER TABLE key_decision ADD COLUMN member text NOT NULL DEFAULT '';
ALTER TABLE key_decision ALTER COLUMN member DROP DEFAULT;
ALTER TABLE key_decision ADD CONSTRAINT key_decision_pkey PRIMARY KEY (key_server_id, member, seq);
COMMENT ON COLUMN key_decision.member IS 'Address of the committee''s member who decided; empty for an independent key server.';
COMMENT ON COLUMN key_decision.verified IS 'Whether signature, place in the log, and numbers of the policies held when the receipt was read; when false, the other columns are only what it claims.';

ALTER TABLE key_decision_policy ADD COLUMN member text NOT NULL DEFAULT '';
ALTER TABLE key_decision_policy ALTER COLUMN member DROP DEFAULT;
ALTER TABLE key_decision_policy ADD CONSTRAINT key_decision_policy_pkey PRIMARY KEY (key_server_id, member, seq, policy_id);
ALTER TABLE key_decision_policy ADD CONSTRAINT key_decision_policy_decision_fkey FOREIGN KEY (key_server_id, member, seq) REFERENCES key_decision (key_server_id, member, seq);
COMMENT ON COLUMN key_decision_policy.member IS 'As in key_decision.';
CREATE INDEX key_decision_policy_by_policy ON key_decision_policy (policy_id, key_server_id, member, seq);

CREATE TABLE receipt_fault (
    times         bigint NOT NULL,
    tree_size     bigint,
    key_server_id text   NOT NULL,
    member        text   NOT NULL,
    kind          text   NOT NULL,
    problem       text   NOT NULL,
    evidence      text,
    CONSTRAINT receipt_fault_pkey PRIMARY KEY (key_server_id, member, kind),
    CONSTRAINT receipt_fault_server_fkey FOREIGN KEY (key_server_id) REFERENCES key_server (key_server_id),
    CONSTRAINT receipt_fault_known CHECK (kind IN ('root', 'signature', 'withheld', 'order'))
);
COMMENT ON TABLE receipt_fault IS 'What logs did that an honest one does not, the first of each kind. It was seen by this index, and one that is built later need not see it again. Receipts that do not verify are in key_decision; servers that are down are in /v1/status.';
COMMENT ON COLUMN receipt_fault.times IS 'How often this kind was seen.';
COMMENT ON COLUMN receipt_fault.kind IS 'root: a signed checkpoint is of other receipts than were read. signature: a checkpoint is not signed with a key of the log. withheld: receipts that a signed checkpoint covers are not given out. order: receipts are not numbered as asked.';
COMMENT ON COLUMN receipt_fault.tree_size IS 'Size in the checkpoint.';
COMMENT ON COLUMN receipt_fault.evidence IS 'The signed checkpoint.';

-- The logs that there are to read: of independent key servers, of committees' members,
-- and of those who were members. left_at is when somebody left.
CREATE VIEW receipt_log AS
WITH naming AS (
    SELECT DISTINCT key_server_id, checkpoint, tx_index, event_seq, ts FROM committee_member
), served AS ( -- each time that somebody was named, until the next naming
    SELECT m.*, next.checkpoint AS until_checkpoint, next.tx_index AS until_tx_index, next.event_seq AS until_event_seq, next.ts AS until_ts
    FROM committee_member m
    LEFT JOIN LATERAL (
        SELECT n.* FROM naming n
        WHERE n.key_server_id = m.key_server_id AND (n.checkpoint, n.tx_index, n.event_seq) > (m.checkpoint, m.tx_index, m.event_seq)
        ORDER BY n.checkpoint, n.tx_index, n.event_seq LIMIT 1
    ) next ON true
), last_served AS (
    SELECT DISTINCT ON (key_server_id, member) * FROM served
    ORDER BY key_server_id, member, checkpoint DESC, tx_index DESC, event_seq DESC, party_id
)
SELECT k.key_server_id, '' AS member, NULL::integer AS party_id, k.name, k.url, NULL::timestamptz AS left_at
FROM key_server k WHERE k.url <> ''
UNION ALL
SELECT s.key_server_id, s.member, s.party_id, s.name,
    coalesce((SELECT c.url FROM committee_change c
        WHERE c.key_server_id = s.key_server_id AND c.action = 'member moved' AND c.party_id = s.party_id
          AND (c.checkpoint, c.tx_index, c.event_seq) > (s.checkpoint, s.tx_index, s.event_seq)
          AND (s.until_checkpoint IS NULL OR (c.checkpoint, c.tx_index, c.event_seq) < (s.until_checkpoint, s.until_tx_index, s.until_event_seq))
        ORDER BY c.checkpoint DESC, c.tx_index DESC, c.event_seq DESC LIMIT 1), s.url),
    coalesce(s.until_ts, (SELECT r.ts FROM committee_change r
        WHERE r.key_server_id = s.key_server_id AND r.action = 'rotated' AND r.version > s.version
        ORDER BY r.checkpoint, r.tx_index, r.event_seq LIMIT 1))
FROM last_served s JOIN key_server k USING (key_server_id);
COMMENT ON VIEW receipt_log IS 'Receipt logs: of key servers and of those who are or were members of committees, each at the URL that was last given.';

---- create above / drop below ----

DROP VIEW receipt_log;
DROP TABLE receipt_fault;
DROP INDEX key_decision_policy_by_policy;
ALTER TABLE key_decision_policy DROP CONSTRAINT key_decision_policy_decision_fkey;
ALTER TABLE key_decision_policy DROP CONSTRAINT key_decision_policy_pkey;
ALTER TABLE key_decision DROP CONSTRAINT key_decision_pkey;
ALTER TABLE receipt_watermark DROP CONSTRAINT receipt_watermark_pkey;
DELETE FROM key_decision_policy WHERE member <> '';
DELETE FROM key_decision WHERE member <> '';
DELETE FROM receipt_watermark WHERE member <> '';
ALTER TABLE key_decision_policy DROP COLUMN member;
ALTER TABLE key_decision DROP COLUMN member;
ALTER TABLE receipt_watermark DROP COLUMN tree, DROP COLUMN checked_size, DROP COLUMN member;
ALTER TABLE receipt_watermark ADD CONSTRAINT receipt_watermark_pkey PRIMARY KEY (key_server_id);
ALTER TABLE key_decision ADD CONSTRAINT key_decision_pkey PRIMARY KEY (key_server_id, seq);
ALTER TABLE key_decision_policy ADD CONSTRAINT key_decision_policy_pkey PRIMARY KEY (key_server_id, seq, policy_id);
ALTER TABLE key_decision_policy ADD CONSTRAINT key_decision_policy_decision_fkey FOREIGN KEY (key_server_id, seq) REFERENCES key_decision (key_server_id, seq);
CREATE INDEX key_decision_policy_by_policy ON key_decision_policy (policy_id, key_server_id, seq);
