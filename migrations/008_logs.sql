-- Logs of inferences, anchors of key servers' release logs, and what became of
-- blobs. One row per event, never changed; see the remarks in 005_policies.sql.

CREATE TABLE inference_log (
    checkpoint bigint      NOT NULL,
    ts         timestamptz NOT NULL,
    tx_index   integer     NOT NULL,
    event_seq  integer     NOT NULL,
    log_id     text        NOT NULL,
    cap_id     text        NOT NULL,
    name       text        NOT NULL,
    service_id text,
    CONSTRAINT inference_log_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE inference_log IS 'Logs of inferences.';
COMMENT ON COLUMN inference_log.service_id IS 'The version of kind inference service that it belongs to.';
CREATE INDEX inference_log_by_id ON inference_log (log_id);

CREATE TABLE inference_log_head (
    checkpoint      bigint        NOT NULL,
    ts              timestamptz   NOT NULL,
    tx_index        integer       NOT NULL,
    event_seq       integer       NOT NULL,
    log_id          text          NOT NULL,
    previous_size   numeric(20,0) NOT NULL,
    tree_size       numeric(20,0) NOT NULL,
    root            text          NOT NULL,
    committed_at_ms numeric(20,0) NOT NULL,
    CONSTRAINT inference_log_head_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE inference_log_head IS 'How logs of inferences grew: RFC 6962 tree heads.';
CREATE INDEX inference_log_head_by_log ON inference_log_head (log_id, checkpoint, tx_index, event_seq);

CREATE TABLE inference_leaf (
    checkpoint bigint        NOT NULL,
    ts         timestamptz   NOT NULL,
    tx_index   integer       NOT NULL,
    event_seq  integer       NOT NULL,
    log_id     text          NOT NULL,
    tree_size  numeric(20,0) NOT NULL,
    leaf       numeric(20,0) NOT NULL,
    leaf_hash  text          NOT NULL,
    CONSTRAINT inference_leaf_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE inference_leaf IS 'Entries that were shown on chain to be in a log.';
CREATE INDEX inference_leaf_by_log ON inference_leaf (log_id, leaf);

CREATE TABLE anchor (
    checkpoint bigint      NOT NULL,
    ts         timestamptz NOT NULL,
    tx_index   integer     NOT NULL,
    event_seq  integer     NOT NULL,
    anchor_id  text        NOT NULL,
    origin     text        NOT NULL,
    public_key text        NOT NULL,
    CONSTRAINT anchor_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE anchor IS 'Release logs whose roots are anchored on chain, by the name that stands in their checkpoints.';
CREATE INDEX anchor_by_id ON anchor (anchor_id);

CREATE TABLE anchor_root (
    checkpoint     bigint        NOT NULL,
    ts             timestamptz   NOT NULL,
    tx_index       integer       NOT NULL,
    event_seq      integer       NOT NULL,
    anchor_id      text          NOT NULL,
    previous_size  numeric(20,0) NOT NULL,
    tree_size      numeric(20,0) NOT NULL,
    root           text          NOT NULL,
    signature      text          NOT NULL,
    anchored_at_ms numeric(20,0) NOT NULL,
    CONSTRAINT anchor_root_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE anchor_root IS 'Anchored roots; sizes never shrink.';
CREATE INDEX anchor_root_by_anchor ON anchor_root (anchor_id, checkpoint, tx_index, event_seq);

CREATE TABLE anchor_misbehaviour (
    checkpoint       bigint        NOT NULL,
    ts               timestamptz   NOT NULL,
    tx_index         integer       NOT NULL,
    event_seq        integer       NOT NULL,
    anchor_id        text          NOT NULL,
    tree_size        numeric(20,0) NOT NULL,
    first_root       text          NOT NULL,
    first_signature  text          NOT NULL,
    second_root      text          NOT NULL,
    second_signature text          NOT NULL,
    reporter         text          NOT NULL,
    CONSTRAINT anchor_misbehaviour_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE anchor_misbehaviour IS 'Proofs that an operator signed two different roots for one size.';
CREATE INDEX anchor_misbehaviour_by_anchor ON anchor_misbehaviour (anchor_id);

CREATE TABLE blob_change (
    checkpoint         bigint      NOT NULL,
    ts                 timestamptz NOT NULL,
    tx_index           integer     NOT NULL,
    event_seq          integer     NOT NULL,
    epoch              bigint      NOT NULL,
    end_epoch          bigint      NOT NULL,
    previous_end_epoch bigint,
    was_certified      boolean,
    object_id          text        NOT NULL,
    blob_id            text        NOT NULL,
    action             text        NOT NULL,
    CONSTRAINT blob_change_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT blob_change_known CHECK (action IN ('extended', 'deleted', 'expired'))
);
COMMENT ON TABLE blob_change IS 'What became of registered blobs.';
COMMENT ON COLUMN blob_change.epoch IS 'Committee epoch in which it happened.';
COMMENT ON COLUMN blob_change.was_certified IS 'Of a deleted blob.';
CREATE INDEX blob_change_by_object ON blob_change (object_id, checkpoint, tx_index, event_seq);
CREATE INDEX blob_change_by_blob ON blob_change (blob_id);

-- These are written like all of the above: without a look-up for each row of what
-- the same transaction has just written.
ALTER TABLE event DROP CONSTRAINT event_type_id_fkey;
ALTER TABLE blob_certificate DROP CONSTRAINT blob_certificate_event_fkey;
ALTER TABLE blob_registration DROP CONSTRAINT blob_registration_event_fkey;

---- create above / drop below ----

ALTER TABLE blob_registration ADD CONSTRAINT blob_registration_event_fkey FOREIGN KEY (checkpoint, tx_index, event_seq) REFERENCES event;
ALTER TABLE blob_certificate ADD CONSTRAINT blob_certificate_event_fkey FOREIGN KEY (checkpoint, tx_index, event_seq) REFERENCES event;
ALTER TABLE event ADD CONSTRAINT event_type_id_fkey FOREIGN KEY (type_id) REFERENCES event_type (type_id);
DROP TABLE blob_change;
DROP TABLE anchor_misbehaviour;
DROP TABLE anchor_root;
DROP TABLE anchor;
DROP TABLE inference_leaf;
DROP TABLE inference_log_head;
DROP TABLE inference_log;
