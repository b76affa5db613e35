-- Events of floe_access and floe_catalog: policies with the history of their
-- grants, datasets with their versions.

CREATE TABLE policy (
    checkpoint    bigint        NOT NULL,
    ts            timestamptz   NOT NULL,
    tx_index      integer       NOT NULL,
    event_seq     integer       NOT NULL,
    policy_id     text          NOT NULL,
    cap_id        text          NOT NULL,
    owner         text          NOT NULL,
    not_before_ms numeric(20,0),
    not_after_ms  numeric(20,0),
    CONSTRAINT policy_pkey PRIMARY KEY (policy_id),
    CONSTRAINT policy_event_fkey FOREIGN KEY (checkpoint, tx_index, event_seq) REFERENCES event
);
COMMENT ON TABLE policy IS 'Access policies: who may decrypt, and when.';
COMMENT ON COLUMN policy.cap_id IS 'The capability that manages the members.';
COMMENT ON COLUMN policy.owner IS 'Address that may always decrypt.';
COMMENT ON COLUMN policy.not_before_ms IS 'First moment at which keys are released, Unix ms (u64); null is unbounded.';
COMMENT ON COLUMN policy.not_after_ms IS 'Last moment at which keys are released, Unix ms (u64); null is unbounded.';

CREATE TABLE policy_grant (
    checkpoint         bigint      NOT NULL,
    ts                 timestamptz NOT NULL,
    revoked_checkpoint bigint,
    revoked_ts         timestamptz,
    tx_index           integer     NOT NULL,
    event_seq          integer     NOT NULL,
    revoked_tx_index   integer,
    revoked_event_seq  integer,
    policy_id          text        NOT NULL,
    member             text        NOT NULL,
    CONSTRAINT policy_grant_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT policy_grant_event_fkey FOREIGN KEY (checkpoint, tx_index, event_seq) REFERENCES event,
    CONSTRAINT policy_grant_revoked_fkey FOREIGN KEY (revoked_checkpoint, revoked_tx_index, revoked_event_seq) REFERENCES event,
    CONSTRAINT policy_grant_revoked_whole CHECK (
        (revoked_checkpoint IS NULL) = (revoked_ts IS NULL) AND
        (revoked_checkpoint IS NULL) = (revoked_tx_index IS NULL) AND
        (revoked_checkpoint IS NULL) = (revoked_event_seq IS NULL))
);
COMMENT ON TABLE policy_grant IS 'Who was on a policy''s allow-list, from when to when. As of checkpoint c: checkpoint <= c and (revoked_checkpoint is null or > c).';
COMMENT ON COLUMN policy_grant.ts IS 'Time of the grant.';
COMMENT ON COLUMN policy_grant.revoked_ts IS 'Time of the revocation; null while the grant stands.';
-- At most one standing grant per member: the contract refuses a second.
CREATE UNIQUE INDEX policy_grant_standing ON policy_grant (policy_id, member) WHERE revoked_checkpoint IS NULL;
CREATE INDEX policy_grant_by_policy ON policy_grant (policy_id, checkpoint, tx_index, event_seq);

CREATE TABLE dataset (
    checkpoint bigint      NOT NULL,
    ts         timestamptz NOT NULL,
    tx_index   integer     NOT NULL,
    event_seq  integer     NOT NULL,
    dataset_id text        NOT NULL,
    cap_id     text        NOT NULL,
    owner      text        NOT NULL,
    name       text        NOT NULL,
    CONSTRAINT dataset_pkey PRIMARY KEY (dataset_id),
    CONSTRAINT dataset_event_fkey FOREIGN KEY (checkpoint, tx_index, event_seq) REFERENCES event
);
COMMENT ON TABLE dataset IS 'Datasets.';
COMMENT ON COLUMN dataset.cap_id IS 'The capability that publishes versions.';
COMMENT ON COLUMN dataset.owner IS 'Address that created the dataset.';
-- Pages, newest first.
CREATE UNIQUE INDEX dataset_by_age ON dataset (checkpoint, tx_index, event_seq);

CREATE TABLE dataset_version (
    checkpoint       bigint      NOT NULL,
    ts               timestamptz NOT NULL,
    number           bigint      NOT NULL,
    tx_index         integer     NOT NULL,
    event_seq        integer     NOT NULL,
    version_id       text        NOT NULL,
    dataset_id       text        NOT NULL,
    policy_id        text        NOT NULL,
    manifest_digest  text        NOT NULL,
    manifest_blob_id text        NOT NULL,
    CONSTRAINT dataset_version_pkey PRIMARY KEY (version_id),
    CONSTRAINT dataset_version_number_key UNIQUE (dataset_id, number),
    CONSTRAINT dataset_version_event_fkey FOREIGN KEY (checkpoint, tx_index, event_seq) REFERENCES event
);
COMMENT ON TABLE dataset_version IS 'Published versions; immutable on chain.';
COMMENT ON COLUMN dataset_version.number IS '1 for the first version of a dataset.';
COMMENT ON COLUMN dataset_version.policy_id IS 'The policy that guards the version''s keys.';
COMMENT ON COLUMN dataset_version.manifest_digest IS 'SHA-256 of the canonical manifest, 64 hex digits.';
CREATE INDEX dataset_version_by_policy ON dataset_version (policy_id);

CREATE TABLE dataset_blob (
    position   integer NOT NULL,
    version_id text    NOT NULL,
    blob_id    text    NOT NULL,
    CONSTRAINT dataset_blob_pkey PRIMARY KEY (version_id, position),
    CONSTRAINT dataset_blob_version_fkey FOREIGN KEY (version_id) REFERENCES dataset_version (version_id)
);
COMMENT ON TABLE dataset_blob IS 'The blobs of each version, the manifest''s included, in the order on chain.';
CREATE INDEX dataset_blob_by_blob ON dataset_blob (blob_id);

---- create above / drop below ----

DROP TABLE dataset_blob;
DROP TABLE dataset_version;
DROP TABLE dataset;
DROP TABLE policy_grant;
DROP TABLE policy;
