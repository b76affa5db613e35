-- Events of floe_storage: committees and blobs. Ids are text as the tools print
-- them, since people query these tables: objects 0x and 64 hex digits, blob ids
-- base64url. Each row names the event that it was made of.

CREATE TABLE storage_committee (
    checkpoint bigint      NOT NULL,
    ts         timestamptz NOT NULL,
    epoch      bigint      NOT NULL,
    tx_index   integer     NOT NULL,
    event_seq  integer     NOT NULL,
    n_shards   integer     NOT NULL,
    node_names text[]      NOT NULL,
    CONSTRAINT storage_committee_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT storage_committee_event_fkey FOREIGN KEY (checkpoint, tx_index, event_seq) REFERENCES event
);
COMMENT ON TABLE storage_committee IS 'Changes of the storage committee.';
COMMENT ON COLUMN storage_committee.epoch IS 'Committee epoch that began.';
COMMENT ON COLUMN storage_committee.node_names IS 'Members in the order of the bits of a certificate''s bitmap.';

CREATE TABLE blob_registration (
    checkpoint    bigint        NOT NULL,
    ts            timestamptz   NOT NULL,
    epoch         bigint        NOT NULL,
    end_epoch     bigint        NOT NULL,
    tx_index      integer       NOT NULL,
    event_seq     integer       NOT NULL,
    encoding_type smallint      NOT NULL,
    deletable     boolean       NOT NULL,
    size          numeric(20,0) NOT NULL,
    object_id     text          NOT NULL,
    blob_id       text          NOT NULL,
    CONSTRAINT blob_registration_pkey PRIMARY KEY (object_id),
    CONSTRAINT blob_registration_event_fkey FOREIGN KEY (checkpoint, tx_index, event_seq) REFERENCES event
);
COMMENT ON TABLE blob_registration IS 'Blob objects: from its registration on, storage nodes accept a blob''s slivers.';
COMMENT ON COLUMN blob_registration.epoch IS 'Committee epoch of the registration.';
COMMENT ON COLUMN blob_registration.end_epoch IS 'First committee epoch in which the blob is no longer stored.';
COMMENT ON COLUMN blob_registration.size IS 'Unencoded size in bytes (u64).';
COMMENT ON COLUMN blob_registration.object_id IS 'The Blob object; one blob may be registered several times.';
CREATE INDEX blob_registration_by_blob ON blob_registration (blob_id);

CREATE TABLE blob_certificate (
    checkpoint bigint      NOT NULL,
    ts         timestamptz NOT NULL,
    epoch      bigint      NOT NULL,
    end_epoch  bigint      NOT NULL,
    tx_index   integer     NOT NULL,
    event_seq  integer     NOT NULL,
    weight     integer     NOT NULL,
    deletable  boolean     NOT NULL,
    object_id  text        NOT NULL,
    blob_id    text        NOT NULL,
    signers    integer[]   NOT NULL,
    CONSTRAINT blob_certificate_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT blob_certificate_event_fkey FOREIGN KEY (checkpoint, tx_index, event_seq) REFERENCES event
);
COMMENT ON TABLE blob_certificate IS 'Certificates: a quorum of the storage committee stores the blob.';
COMMENT ON COLUMN blob_certificate.epoch IS 'Committee epoch of the certificate.';
COMMENT ON COLUMN blob_certificate.weight IS 'Shards that the signers hold.';
COMMENT ON COLUMN blob_certificate.signers IS 'Positions of the signers in the committee, ascending.';
CREATE INDEX blob_certificate_by_blob ON blob_certificate (blob_id);
CREATE INDEX blob_certificate_by_object ON blob_certificate (object_id);

---- create above / drop below ----

DROP TABLE blob_certificate;
DROP TABLE blob_registration;
DROP TABLE storage_committee;
