-- What was made from what, with whose consent, and what may no longer be used.
-- One row per event (or per element of a list in it), never changed; see the
-- remarks in 005_policies.sql.

CREATE TABLE lineage_node (
    checkpoint       bigint        NOT NULL,
    ts               timestamptz   NOT NULL,
    tx_index         integer       NOT NULL,
    event_seq        integer       NOT NULL,
    kind             smallint      NOT NULL,
    depth            numeric(20,0) NOT NULL,
    version_id       text          NOT NULL,
    dataset_id       text          NOT NULL,
    number           numeric(20,0) NOT NULL,
    previous_id      text,
    policy_id        text          NOT NULL,
    manifest_digest  text          NOT NULL,
    licence_digest   text          NOT NULL,
    croissant_digest text          NOT NULL,
    origin_digest    text,
    passed_on_bps    integer       NOT NULL,
    refund_window_ms numeric(20,0) NOT NULL,
    recorded_at_ms   numeric(20,0) NOT NULL,
    CONSTRAINT lineage_node_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE lineage_node IS 'Versions of datasets that have their place in the lineage.';
COMMENT ON COLUMN lineage_node.kind IS '0 dataset, 1 transform, 2 training, 3 model, 4 inference service.';
COMMENT ON COLUMN lineage_node.depth IS 'Edges on the longest way to a version without parents.';
COMMENT ON COLUMN lineage_node.previous_id IS 'The version before in the same dataset.';
COMMENT ON COLUMN lineage_node.passed_on_bps IS 'The part of income that goes to the parents, in 1/10000.';
CREATE INDEX lineage_node_by_version ON lineage_node (version_id);
CREATE INDEX lineage_node_by_dataset ON lineage_node (dataset_id);

CREATE TABLE lineage_edge (
    checkpoint    bigint      NOT NULL,
    ts            timestamptz NOT NULL,
    tx_index      integer     NOT NULL,
    event_seq     integer     NOT NULL,
    position      integer     NOT NULL,
    weight_bps    integer     NOT NULL,
    child_id      text        COLLATE "C" NOT NULL,
    parent_id     text        COLLATE "C" NOT NULL,
    parent_digest text        NOT NULL,
    CONSTRAINT lineage_edge_pkey PRIMARY KEY (checkpoint, tx_index, event_seq, position)
);
COMMENT ON TABLE lineage_edge IS 'Which version was made from which; the weights of a child''s edges sum to 10000.';
COMMENT ON COLUMN lineage_edge.parent_digest IS 'Digest of the parent''s manifest, as the child names it.';
CREATE INDEX lineage_edge_by_parent ON lineage_edge (parent_id, child_id);
CREATE INDEX lineage_edge_by_child ON lineage_edge (child_id, parent_id);

CREATE TABLE lineage_payee (
    checkpoint bigint      NOT NULL,
    ts         timestamptz NOT NULL,
    tx_index   integer     NOT NULL,
    event_seq  integer     NOT NULL,
    position   integer     NOT NULL,
    weight_bps integer     NOT NULL,
    version_id text        NOT NULL,
    payee      text        NOT NULL,
    CONSTRAINT lineage_payee_pkey PRIMARY KEY (checkpoint, tx_index, event_seq, position)
);
COMMENT ON TABLE lineage_payee IS 'Who shares what a version keeps of its income, by which weights.';
CREATE INDEX lineage_payee_by_version ON lineage_payee (version_id);

CREATE TABLE lineage_revocation (
    checkpoint    bigint        NOT NULL,
    ts            timestamptz   NOT NULL,
    tx_index      integer       NOT NULL,
    event_seq     integer       NOT NULL,
    version_id    text          NOT NULL,
    dataset_id    text          NOT NULL,
    consent_id    text,
    reason_digest text          NOT NULL,
    revoked_at_ms numeric(20,0) NOT NULL,
    CONSTRAINT lineage_revocation_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE lineage_revocation IS 'Versions that may no longer be built on, sold or, where policies demand living ancestors, opened; nor what descends from them.';
CREATE INDEX lineage_revocation_by_version ON lineage_revocation (version_id);

CREATE TABLE version_hold (
    checkpoint    bigint        NOT NULL,
    ts            timestamptz   NOT NULL,
    tx_index      integer       NOT NULL,
    event_seq     integer       NOT NULL,
    version_id    text          NOT NULL,
    dataset_id    text          NOT NULL,
    action        text          NOT NULL,
    at_ms         numeric(20,0) NOT NULL,
    reason_digest text,
    CONSTRAINT version_hold_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT version_hold_known CHECK (action IN ('placed', 'release announced', 'released'))
);
COMMENT ON TABLE version_hold IS 'Holds on versions: they cannot be sold, and what was paid can be refunded.';
COMMENT ON COLUMN version_hold.at_ms IS 'When it was placed or released; when a release was announced, from when on it can be.';
CREATE INDEX version_hold_by_version ON version_hold (version_id, checkpoint, tx_index, event_seq);

CREATE TABLE version_legal_hold (
    checkpoint bigint        NOT NULL,
    ts         timestamptz   NOT NULL,
    tx_index   integer       NOT NULL,
    event_seq  integer       NOT NULL,
    version_id text          NOT NULL,
    dataset_id text          NOT NULL,
    action     text          NOT NULL,
    holder     text,
    at_ms      numeric(20,0),
    threshold  numeric(20,0),
    holders    text[],
    CONSTRAINT version_legal_hold_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT version_legal_hold_known CHECK (action IN ('holders named', 'hold voted', 'release voted', 'placed', 'lifted', 'ended'))
);
COMMENT ON TABLE version_legal_hold IS 'Legal holds on versions by named holders, threshold of them.';
COMMENT ON COLUMN version_legal_hold.at_ms IS 'When it happened; of one that was lifted, until when it still stands.';
CREATE INDEX version_legal_hold_by_version ON version_legal_hold (version_id, checkpoint, tx_index, event_seq);

CREATE TABLE origin_statement (
    checkpoint       bigint        NOT NULL,
    ts               timestamptz   NOT NULL,
    tx_index         integer       NOT NULL,
    event_seq        integer       NOT NULL,
    dataset_id       text          NOT NULL,
    blob_object_id   text          NOT NULL,
    blob_id          text          NOT NULL,
    statement_digest text          NOT NULL,
    bound_at_ms      numeric(20,0) NOT NULL,
    CONSTRAINT origin_statement_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE origin_statement IS 'Where data comes from, stated before its manifest was certified.';
CREATE INDEX origin_statement_by_dataset ON origin_statement (dataset_id);

CREATE TABLE consent_event (
    checkpoint    bigint        NOT NULL,
    ts            timestamptz   NOT NULL,
    tx_index      integer       NOT NULL,
    event_seq     integer       NOT NULL,
    consent_id    text          NOT NULL,
    dataset_id    text          NOT NULL,
    action        text          NOT NULL,
    subject       text,
    version_id    text,
    record_digest text,
    ends_at_ms    numeric(20,0),
    at_ms         numeric(20,0),
    version_ids   text[],
    CONSTRAINT consent_event_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT consent_event_known CHECK (action IN ('given', 'attached', 'withdrawn'))
);
COMMENT ON TABLE consent_event IS 'Consents to the use of data: given, attached to versions that depend on them, withdrawn.';
COMMENT ON COLUMN consent_event.version_id IS 'The version that it was attached to.';
COMMENT ON COLUMN consent_event.ends_at_ms IS 'When a consent that was given ends by itself; null is never.';
COMMENT ON COLUMN consent_event.version_ids IS 'All versions that its withdrawal revokes.';
CREATE INDEX consent_event_by_dataset ON consent_event (dataset_id, checkpoint, tx_index, event_seq);
CREATE INDEX consent_event_by_consent ON consent_event (consent_id, checkpoint, tx_index, event_seq);

-- All versions made from a version, with the fewest steps, at most max_steps;
-- the contract's own bound on depth is 16. It goes a step at a time and expands
-- each version once: a recursive query that counts steps would expand it once
-- for every length of a way to it.
CREATE FUNCTION descendants(node text, max_steps integer DEFAULT 64) RETURNS TABLE (version_id text, steps integer)
LANGUAGE plpgsql STABLE ROWS 1000 SET work_mem = '64MB' SET enable_mergejoin = off AS $$
DECLARE
    edge text[] := ARRAY[node];
    seen text[] := ARRAY[node];
    step integer := 0;
BEGIN
    WHILE step < max_steps AND cardinality(edge) > 0 LOOP
        step := step + 1;
        SELECT coalesce(array_agg(n.id), '{}') INTO edge FROM (
            SELECT DISTINCT e.child_id AS id FROM unnest(edge) AS f (id) JOIN lineage_edge e ON e.parent_id = f.id
            WHERE NOT EXISTS (SELECT FROM unnest(seen) AS s (id) WHERE s.id = e.child_id)) n;
        seen := seen || edge;
        RETURN QUERY SELECT f.id, step FROM unnest(edge) AS f (id);
    END LOOP;
END $$;

-- The other way: all versions that a version was made from.
CREATE FUNCTION ancestors(node text, max_steps integer DEFAULT 64) RETURNS TABLE (version_id text, steps integer)
LANGUAGE plpgsql STABLE ROWS 1000 SET work_mem = '64MB' SET enable_mergejoin = off AS $$
DECLARE
    edge text[] := ARRAY[node];
    seen text[] := ARRAY[node];
    step integer := 0;
BEGIN
    WHILE step < max_steps AND cardinality(edge) > 0 LOOP
        step := step + 1;
        SELECT coalesce(array_agg(n.id), '{}') INTO edge FROM (
            SELECT DISTINCT e.parent_id AS id FROM unnest(edge) AS f (id) JOIN lineage_edge e ON e.child_id = f.id
            WHERE NOT EXISTS (SELECT FROM unnest(seen) AS s (id) WHERE s.id = e.parent_id)) n;
        seen := seen || edge;
        RETURN QUERY SELECT f.id, step FROM unnest(edge) AS f (id);
    END LOOP;
END $$;

---- create above / drop below ----

DROP FUNCTION ancestors(text, integer);
DROP FUNCTION descendants(text, integer);
DROP TABLE consent_event;
DROP TABLE origin_statement;
DROP TABLE version_legal_hold;
DROP TABLE version_hold;
DROP TABLE lineage_revocation;
DROP TABLE lineage_payee;
DROP TABLE lineage_edge;
DROP TABLE lineage_node;
