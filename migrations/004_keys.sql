-- Events of floe_key_server, and the decisions that key servers publish in
-- their receipt logs.

CREATE TABLE key_server (
    checkpoint         bigint      NOT NULL,
    ts                 timestamptz NOT NULL,
    version            bigint      NOT NULL,
    updated_checkpoint bigint      NOT NULL,
    tx_index           integer     NOT NULL,
    event_seq          integer     NOT NULL,
    key_type           smallint    NOT NULL,
    key_server_id      text        NOT NULL,
    name               text        NOT NULL,
    url                text        NOT NULL,
    public_key         text        NOT NULL,
    CONSTRAINT key_server_pkey PRIMARY KEY (key_server_id),
    CONSTRAINT key_server_event_fkey FOREIGN KEY (checkpoint, tx_index, event_seq) REFERENCES event
);
COMMENT ON TABLE key_server IS 'Key servers as they stand; their history is in event.';
COMMENT ON COLUMN key_server.checkpoint IS 'Checkpoint of the first registration.';
COMMENT ON COLUMN key_server.version IS 'Layout of the on-chain record: 1 or 2.';
COMMENT ON COLUMN key_server.updated_checkpoint IS 'Checkpoint of the last change.';
COMMENT ON COLUMN key_server.key_type IS '0 = Boneh-Franklin on BLS12-381.';
COMMENT ON COLUMN key_server.url IS 'Where the server answers now. Empty for a committee server, which has no one URL.';
COMMENT ON COLUMN key_server.public_key IS 'Compressed G2 point, 192 hex digits.';

CREATE TABLE receipt_watermark (
    seq           bigint NOT NULL,
    key_server_id text   NOT NULL,
    hash          text   NOT NULL,
    CONSTRAINT receipt_watermark_pkey PRIMARY KEY (key_server_id),
    CONSTRAINT receipt_watermark_server_fkey FOREIGN KEY (key_server_id) REFERENCES key_server (key_server_id)
);
COMMENT ON TABLE receipt_watermark IS 'How far each receipt log was read: written in the same transaction as its decisions.';
COMMENT ON COLUMN receipt_watermark.seq IS 'Sequence number of the last receipt that was read.';
COMMENT ON COLUMN receipt_watermark.hash IS 'SHA-256 of that receipt, base64url; the next one must name it.';

CREATE TABLE key_decision (
    seq                  bigint      NOT NULL,
    decided_at           timestamptz,
    checkpoint           bigint,
    verified             boolean     NOT NULL,
    key_server_id        text        NOT NULL,
    policy_id            text,
    package_id           text,
    decision             text        NOT NULL,
    reason               text,
    rule                 text,
    requester_commitment text,
    request_hash         text,
    previous             text,
    hash                 text        NOT NULL,
    kid                  text,
    jwt                  text        NOT NULL,
    problem              text,
    CONSTRAINT key_decision_pkey PRIMARY KEY (key_server_id, seq),
    CONSTRAINT key_decision_server_fkey FOREIGN KEY (key_server_id) REFERENCES key_server (key_server_id),
    CONSTRAINT key_decision_known CHECK (decision IN ('release', 'refuse', 'unreadable')),
    CONSTRAINT key_decision_verified_or_why CHECK (verified = (problem IS NULL)),
    CONSTRAINT key_decision_verified_is_whole CHECK (NOT verified OR
        decision <> 'unreadable' AND decided_at IS NOT NULL AND requester_commitment IS NOT NULL AND kid IS NOT NULL)
);
COMMENT ON TABLE key_decision IS 'What key servers decided, yes and no, from their signed receipts.';
COMMENT ON COLUMN key_decision.seq IS 'Position in the server''s receipt log, from 1.';
COMMENT ON COLUMN key_decision.decided_at IS 'Time of the decision by the server''s clock.';
COMMENT ON COLUMN key_decision.checkpoint IS 'Newest checkpoint that the server knew of when it decided; null when the policy was not evaluated.';
COMMENT ON COLUMN key_decision.verified IS 'Whether signature and place in the log held when the receipt was read; when false, the other columns are only what it claims.';
COMMENT ON COLUMN key_decision.policy_id IS 'The policy, or the first of several: see key_decision_policy.';
COMMENT ON COLUMN key_decision.package_id IS 'First version of the policy package: the namespace of the keys.';
COMMENT ON COLUMN key_decision.decision IS 'release or refuse; unreadable when the receipt could not be parsed.';
COMMENT ON COLUMN key_decision.reason IS 'Machine code of a refusal.';
COMMENT ON COLUMN key_decision.rule IS 'The rule that a refusal rests on, for people.';
COMMENT ON COLUMN key_decision.requester_commitment IS 'Salted hash of the requester; only the requester holds the opening.';
COMMENT ON COLUMN key_decision.previous IS 'Hash of the receipt before, as the receipt names it; null in the first.';
COMMENT ON COLUMN key_decision.hash IS 'SHA-256 of jwt, base64url.';
COMMENT ON COLUMN key_decision.jwt IS 'The receipt itself.';
COMMENT ON COLUMN key_decision.problem IS 'Why the receipt did not verify; null when it did.';
CREATE INDEX key_decision_by_time ON key_decision (decided_at);

CREATE TABLE key_decision_policy (
    seq           bigint NOT NULL,
    policy_seq    bigint NOT NULL,
    key_server_id text   NOT NULL,
    policy_id     text   NOT NULL,
    previous      text,
    CONSTRAINT key_decision_policy_pkey PRIMARY KEY (key_server_id, seq, policy_id),
    CONSTRAINT key_decision_policy_decision_fkey FOREIGN KEY (key_server_id, seq) REFERENCES key_decision (key_server_id, seq)
);
COMMENT ON TABLE key_decision_policy IS 'The policies that each decision is about: almost always one.';
COMMENT ON COLUMN key_decision_policy.policy_seq IS 'Position among the server''s receipts for this policy, from 1.';
COMMENT ON COLUMN key_decision_policy.previous IS 'Hash of the receipt before for this policy.';
CREATE INDEX key_decision_policy_by_policy ON key_decision_policy (policy_id, key_server_id, seq);

---- create above / drop below ----

DROP TABLE key_decision_policy;
DROP TABLE key_decision;
DROP TABLE receipt_watermark;
DROP TABLE key_server;
