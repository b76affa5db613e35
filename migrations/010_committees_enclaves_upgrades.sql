-- Committees of key servers, enclaves, guarded upgrades, and what else was kept raw
-- only. One row per event (or per element of a list in it), never changed; see the
-- remarks in 005_policies.sql.

CREATE TABLE storage_committee_change (
    checkpoint  bigint        NOT NULL,
    ts          timestamptz   NOT NULL,
    tx_index    integer       NOT NULL,
    event_seq   integer       NOT NULL,
    action      text          NOT NULL,
    epoch       bigint,
    n_shards    integer,
    ready_at_ms numeric(20,0),
    delay_ms    numeric(20,0),
    digest      text,
    reporter    text,
    node_names  text[],
    CONSTRAINT storage_committee_change_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT storage_committee_change_known CHECK (action IN ('proposed', 'cancelled', 'delay raised', 'network followed', 'epoch followed'))
);
COMMENT ON TABLE storage_committee_change IS 'Storage committees that were proposed or not to be, and how the storage system came by its epochs without one; storage_committee has those that began.';
COMMENT ON COLUMN storage_committee_change.epoch IS 'Committee epoch that is proposed, cancelled, or followed.';
COMMENT ON COLUMN storage_committee_change.digest IS 'Of the proposed committee, hex.';
COMMENT ON COLUMN storage_committee_change.ready_at_ms IS 'From when on the proposal can be carried out, Unix ms.';
COMMENT ON COLUMN storage_committee_change.delay_ms IS 'How long proposals wait from now on.';
COMMENT ON COLUMN storage_committee_change.reporter IS 'The Move type by whose module another network''s epochs and blobs are reported.';

CREATE TABLE blob_record (
    checkpoint      bigint        NOT NULL,
    ts              timestamptz   NOT NULL,
    tx_index        integer       NOT NULL,
    event_seq       integer       NOT NULL,
    epoch           bigint        NOT NULL,
    certified_epoch bigint        NOT NULL,
    end_epoch       bigint        NOT NULL,
    size            numeric(20,0) NOT NULL,
    encoding_type   smallint      NOT NULL,
    object_id       text          NOT NULL,
    source_id       text          NOT NULL,
    blob_id         text          NOT NULL,
    CONSTRAINT blob_record_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE blob_record IS 'Blobs that the followed network certified and this one recorded.';
COMMENT ON COLUMN blob_record.epoch IS 'Epoch in which it was recorded.';
COMMENT ON COLUMN blob_record.end_epoch IS 'First epoch in which the blob is no longer stored.';
COMMENT ON COLUMN blob_record.source_id IS 'The object that stands for the blob on the followed network.';
CREATE INDEX blob_record_by_blob ON blob_record (blob_id);
CREATE INDEX blob_record_by_object ON blob_record (object_id);

CREATE TABLE enclave_config (
    checkpoint    bigint        NOT NULL,
    ts            timestamptz   NOT NULL,
    tx_index      integer       NOT NULL,
    event_seq     integer       NOT NULL,
    takes_unbound boolean       NOT NULL,
    delay_ms      numeric(20,0) NOT NULL,
    lifetime_ms   numeric(20,0) NOT NULL,
    config_id     text          NOT NULL,
    cap_id        text          NOT NULL,
    name          text          NOT NULL,
    second        text,
    build_digest  text          NOT NULL,
    CONSTRAINT enclave_config_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE enclave_config IS 'Configurations: which images attested enclaves of a service may run.';
COMMENT ON COLUMN enclave_config.cap_id IS 'The capability that proposes and revokes versions.';
COMMENT ON COLUMN enclave_config.second IS 'Who must agree to further versions.';
COMMENT ON COLUMN enclave_config.delay_ms IS 'How long further versions wait, at the beginning.';
COMMENT ON COLUMN enclave_config.lifetime_ms IS 'How long an enclave stays registered.';
COMMENT ON COLUMN enclave_config.takes_unbound IS 'Whether documents are taken that do not name who may register them.';
COMMENT ON COLUMN enclave_config.build_digest IS 'SHA-256 of the recipe of the first version''s image, hex; empty if there is none.';
CREATE INDEX enclave_config_by_id ON enclave_config (config_id);

CREATE TABLE enclave_config_change (
    checkpoint      bigint        NOT NULL,
    ts              timestamptz   NOT NULL,
    tx_index        integer       NOT NULL,
    event_seq       integer       NOT NULL,
    proposal        numeric(20,0),
    config_version  numeric(20,0),
    at_ms           numeric(20,0),
    delay_ms        numeric(20,0),
    config_id       text          NOT NULL,
    action          text          NOT NULL,
    second          text,
    build_digest    text,
    reason_digest   text,
    indices         smallint[],
    register_values text[],
    CONSTRAINT enclave_config_change_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT enclave_config_change_known CHECK (action IN ('proposed', 'agreed', 'cancelled', 'approved', 'revoked', 'config revoked', 'delay raised'))
);
COMMENT ON TABLE enclave_config_change IS 'Versions of configurations, each a measurement: proposed, agreed to by the second person, cancelled, approved, revoked; and what else changed.';
COMMENT ON COLUMN enclave_config_change.at_ms IS 'When it was approved or revoked; of a proposal, from when on it can be approved. Unix ms.';
COMMENT ON COLUMN enclave_config_change.delay_ms IS 'How long proposals wait from now on.';
COMMENT ON COLUMN enclave_config_change.indices IS 'Which registers are compared (PCRs).';
COMMENT ON COLUMN enclave_config_change.register_values IS 'The values that they must have, in the order of indices, hex.';
COMMENT ON COLUMN enclave_config_change.reason_digest IS 'SHA-256 of the reason, hex; empty if there is none.';
COMMENT ON COLUMN enclave_config_change.build_digest IS 'SHA-256 of the recipe of the image, hex; empty if there is none.';
CREATE INDEX enclave_config_change_by_config ON enclave_config_change (config_id, checkpoint, tx_index, event_seq);

CREATE TABLE enclave (
    checkpoint       bigint        NOT NULL,
    ts               timestamptz   NOT NULL,
    tx_index         integer       NOT NULL,
    event_seq        integer       NOT NULL,
    is_bound         boolean       NOT NULL,
    config_version   numeric(20,0) NOT NULL,
    document_at_ms   numeric(20,0) NOT NULL,
    registered_at_ms numeric(20,0) NOT NULL,
    expires_at_ms    numeric(20,0) NOT NULL,
    enclave_id       text          NOT NULL,
    config_id        text          NOT NULL,
    public_key       text          NOT NULL,
    module_id        text          NOT NULL,
    registered_by    text          NOT NULL,
    CONSTRAINT enclave_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE enclave IS 'Enclaves that were shown to run an approved version; enclave_now says what became of them.';
COMMENT ON COLUMN enclave.public_key IS 'Ed25519, hex.';
COMMENT ON COLUMN enclave.module_id IS 'The hypervisor''s name for the enclave, hex.';
COMMENT ON COLUMN enclave.is_bound IS 'Whether the document names who registered it.';
COMMENT ON COLUMN enclave.document_at_ms IS 'When the document was made, Unix ms.';
COMMENT ON COLUMN enclave.expires_at_ms IS 'Until when its signatures count, at the beginning.';
CREATE INDEX enclave_by_id ON enclave (enclave_id);
CREATE INDEX enclave_by_config ON enclave (config_id);

CREATE TABLE enclave_change (
    checkpoint     bigint        NOT NULL,
    ts             timestamptz   NOT NULL,
    tx_index       integer       NOT NULL,
    event_seq      integer       NOT NULL,
    document_at_ms numeric(20,0),
    expires_at_ms  numeric(20,0),
    revoked_at_ms  numeric(20,0),
    enclave_id     text          NOT NULL,
    action         text          NOT NULL,
    predecessor_id text,
    revoked_by     text,
    reason_digest  text,
    CONSTRAINT enclave_change_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT enclave_change_known CHECK (action IN ('renewed', 'succeeded', 'revoked', 'removed'))
);
COMMENT ON TABLE enclave_change IS 'What became of registered enclaves.';
COMMENT ON COLUMN enclave_change.expires_at_ms IS 'Until when its signatures count after it was renewed.';
COMMENT ON COLUMN enclave_change.predecessor_id IS 'The enclave whose key vouched for it.';
COMMENT ON COLUMN enclave_change.reason_digest IS 'SHA-256 of the reason, hex; empty if there is none.';
CREATE INDEX enclave_change_by_enclave ON enclave_change (enclave_id, checkpoint, tx_index, event_seq);

CREATE TABLE enclave_attestation (
    checkpoint        bigint        NOT NULL,
    ts                timestamptz   NOT NULL,
    tx_index          integer       NOT NULL,
    event_seq         integer       NOT NULL,
    kind              smallint      NOT NULL,
    config_version    numeric(20,0) NOT NULL,
    started_at_ms     numeric(20,0) NOT NULL,
    ended_at_ms       numeric(20,0) NOT NULL,
    signed_at_ms      numeric(20,0) NOT NULL,
    attested_at_ms    numeric(20,0) NOT NULL,
    version_id        text          NOT NULL,
    enclave_id        text          NOT NULL,
    config_id         text          NOT NULL,
    parameters_digest text          NOT NULL,
    output_digest     text          NOT NULL,
    CONSTRAINT enclave_attestation_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE enclave_attestation IS 'Enclaves that vouched for a version of the lineage: what they read and did.';
COMMENT ON COLUMN enclave_attestation.kind IS '1 transform, 2 training, 3 model, 4 inference service.';
COMMENT ON COLUMN enclave_attestation.output_digest IS 'SHA-256 of the version''s manifest, hex.';
COMMENT ON COLUMN enclave_attestation.signed_at_ms IS 'When the enclave signed, by its own clock.';
COMMENT ON COLUMN enclave_attestation.attested_at_ms IS 'When the chain took it.';
CREATE INDEX enclave_attestation_by_version ON enclave_attestation (version_id);
CREATE INDEX enclave_attestation_by_enclave ON enclave_attestation (enclave_id);

CREATE TABLE enclave_attestation_input (
    checkpoint bigint      NOT NULL,
    ts         timestamptz NOT NULL,
    tx_index   integer     NOT NULL,
    event_seq  integer     NOT NULL,
    position   integer     NOT NULL,
    version_id text        NOT NULL,
    parent_id  text        NOT NULL,
    blob_ids   text[]      NOT NULL,
    CONSTRAINT enclave_attestation_input_pkey PRIMARY KEY (checkpoint, tx_index, event_seq, position)
);
COMMENT ON TABLE enclave_attestation_input IS 'The versions that an attested run read, and the blobs of each.';
CREATE INDEX enclave_attestation_input_by_version ON enclave_attestation_input (version_id);
CREATE INDEX enclave_attestation_input_by_parent ON enclave_attestation_input (parent_id);

CREATE TABLE enclave_attestation_rule (
    checkpoint bigint        NOT NULL,
    ts         timestamptz   NOT NULL,
    tx_index   integer       NOT NULL,
    event_seq  integer       NOT NULL,
    position   integer       NOT NULL,
    rows_in    numeric(20,0) NOT NULL,
    rows_out   numeric(20,0) NOT NULL,
    version_id text          NOT NULL,
    rule       text          NOT NULL,
    CONSTRAINT enclave_attestation_rule_pkey PRIMARY KEY (checkpoint, tx_index, event_seq, position)
);
COMMENT ON TABLE enclave_attestation_rule IS 'The rules of a filter that an attested run applied: the rows that each saw and those that it kept.';
CREATE INDEX enclave_attestation_rule_by_version ON enclave_attestation_rule (version_id);

CREATE TABLE inference_log_signing (
    checkpoint   bigint        NOT NULL,
    ts           timestamptz   NOT NULL,
    tx_index     integer       NOT NULL,
    event_seq    integer       NOT NULL,
    tree_size    numeric(20,0),
    signed_at_ms numeric(20,0),
    log_id       text          NOT NULL,
    action       text          NOT NULL,
    config_id    text,
    enclave_id   text,
    CONSTRAINT inference_log_signing_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT inference_log_signing_known CHECK (action IN ('bound', 'head signed'))
);
COMMENT ON TABLE inference_log_signing IS 'Logs of inferences that were bound to a configuration, and their heads that enclaves signed.';
COMMENT ON COLUMN inference_log_signing.config_id IS 'The configuration whose enclaves must sign from now on.';
COMMENT ON COLUMN inference_log_signing.signed_at_ms IS 'When, by the enclave''s own clock.';
CREATE INDEX inference_log_signing_by_log ON inference_log_signing (log_id, checkpoint, tx_index, event_seq);

CREATE TABLE upgrade_event (
    checkpoint     bigint        NOT NULL,
    ts             timestamptz   NOT NULL,
    tx_index       integer       NOT NULL,
    event_seq      integer       NOT NULL,
    upgrade_policy smallint,
    delay_ms       numeric(20,0),
    ready_at_ms    numeric(20,0),
    guard_id       text          NOT NULL,
    action         text          NOT NULL,
    package_id     text,
    digest         text,
    CONSTRAINT upgrade_event_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT upgrade_event_known CHECK (action IN ('guarded', 'proposed', 'cancelled', 'committed', 'delay raised', 'restricted', 'ended'))
);
COMMENT ON TABLE upgrade_event IS 'Guarded upgrades of packages: announced, then committed when the delay is over, or cancelled.';
COMMENT ON COLUMN upgrade_event.package_id IS 'The version that is the latest or to be upgraded; of an upgrade that was committed, the new one.';
COMMENT ON COLUMN upgrade_event.upgrade_policy IS 'What upgrades may change, as in sui::package: 0 anything compatible, 128 additions, 192 dependencies.';
COMMENT ON COLUMN upgrade_event.digest IS 'Of the new modules and their dependencies, hex.';
COMMENT ON COLUMN upgrade_event.ready_at_ms IS 'From when on it can be committed, Unix ms.';
COMMENT ON COLUMN upgrade_event.delay_ms IS 'How long proposals wait from now on.';
CREATE INDEX upgrade_event_by_guard ON upgrade_event (guard_id, checkpoint, tx_index, event_seq);

CREATE TABLE committee_member (
    checkpoint         bigint      NOT NULL,
    ts                 timestamptz NOT NULL,
    tx_index           integer     NOT NULL,
    event_seq          integer     NOT NULL,
    version            bigint      NOT NULL,
    threshold          integer     NOT NULL,
    party_id           integer     NOT NULL,
    key_server_id      text        NOT NULL,
    member             text        NOT NULL,
    name               text        NOT NULL,
    url                text        NOT NULL,
    partial_public_key text        NOT NULL,
    CONSTRAINT committee_member_pkey PRIMARY KEY (checkpoint, tx_index, event_seq, party_id)
);
COMMENT ON TABLE committee_member IS 'Members of committees of key servers, as named when the committee got its key and after each rotation; committee_member_now has those of now.';
COMMENT ON COLUMN committee_member.version IS 'Counts rotations.';
COMMENT ON COLUMN committee_member.threshold IS 'How many members answer a request together.';
COMMENT ON COLUMN committee_member.party_id IS 'Position in the committee.';
COMMENT ON COLUMN committee_member.member IS 'The address as which it signs receipts.';
COMMENT ON COLUMN committee_member.url IS 'Where it answered when it was named.';
COMMENT ON COLUMN committee_member.partial_public_key IS 'Of its share: compressed G2 point, hex.';
CREATE INDEX committee_member_by_key_server ON committee_member (key_server_id, checkpoint, tx_index, event_seq);
CREATE INDEX committee_member_by_member ON committee_member (member);

CREATE TABLE committee_change (
    checkpoint    bigint      NOT NULL,
    ts            timestamptz NOT NULL,
    tx_index      integer     NOT NULL,
    event_seq     integer     NOT NULL,
    version       bigint,
    threshold     integer,
    party_id      integer,
    key_server_id text        NOT NULL,
    action        text        NOT NULL,
    url           text,
    CONSTRAINT committee_change_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT committee_change_known CHECK (action IN ('rotated', 'member moved'))
);
COMMENT ON TABLE committee_change IS 'Committees of key servers that rotated, and members that moved to another URL.';
COMMENT ON COLUMN committee_change.version IS 'After the rotation.';
CREATE INDEX committee_change_by_key_server ON committee_change (key_server_id, checkpoint, tx_index, event_seq);

CREATE TABLE committee_rotation (
    checkpoint       bigint      NOT NULL,
    ts               timestamptz NOT NULL,
    tx_index         integer     NOT NULL,
    event_seq        integer     NOT NULL,
    committee_id     text        NOT NULL,
    old_committee_id text        NOT NULL,
    package_id       text        NOT NULL,
    CONSTRAINT committee_rotation_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE committee_rotation IS 'Rotations that were begun: a committee that would take over the key of another. That it did shows in committee_change.';
COMMENT ON COLUMN committee_rotation.package_id IS 'The copy of the committee''s contract that says so; each committee has its own.';
CREATE INDEX committee_rotation_by_old ON committee_rotation (old_committee_id);

-- The members of each committee now. Those of a committee whose newest rotation named
-- nobody are not known.
CREATE VIEW committee_member_now AS
SELECT m.key_server_id, m.version, m.threshold, m.party_id, m.member, m.name, coalesce(moved.url, m.url) AS url, m.partial_public_key
FROM committee_member m
LEFT JOIN LATERAL (
    SELECT c.url FROM committee_change c
    WHERE c.key_server_id = m.key_server_id AND c.action = 'member moved' AND c.party_id = m.party_id
      AND (c.checkpoint, c.tx_index, c.event_seq) > (m.checkpoint, m.tx_index, m.event_seq)
    ORDER BY c.checkpoint DESC, c.tx_index DESC, c.event_seq DESC LIMIT 1
) moved ON true
WHERE (m.checkpoint, m.tx_index, m.event_seq) = (
    SELECT n.checkpoint, n.tx_index, n.event_seq FROM committee_member n WHERE n.key_server_id = m.key_server_id
    ORDER BY n.checkpoint DESC, n.tx_index DESC, n.event_seq DESC LIMIT 1)
  AND NOT EXISTS (SELECT FROM committee_change r WHERE r.key_server_id = m.key_server_id AND r.action = 'rotated' AND r.version > m.version);
COMMENT ON VIEW committee_member_now IS 'The members of each committee of key servers now, each at the URL that it last gave.';

-- What each registered enclave is now. Whether it has expired is for the reader's
-- clock to say.
CREATE VIEW enclave_now AS
SELECT e.enclave_id, e.config_id, e.config_version, e.public_key, e.registered_by, e.registered_at_ms,
    coalesce((SELECT c.expires_at_ms FROM enclave_change c WHERE c.enclave_id = e.enclave_id AND c.action = 'renewed'
        ORDER BY c.checkpoint DESC, c.tx_index DESC, c.event_seq DESC LIMIT 1), e.expires_at_ms) AS expires_at_ms,
    (SELECT c.predecessor_id FROM enclave_change c WHERE c.enclave_id = e.enclave_id AND c.action = 'succeeded'
        ORDER BY c.checkpoint, c.tx_index, c.event_seq LIMIT 1) AS predecessor_id,
    EXISTS (SELECT FROM enclave_change c WHERE c.enclave_id = e.enclave_id AND c.action = 'revoked')
        OR EXISTS (SELECT FROM enclave_config_change v WHERE v.config_id = e.config_id
            AND (v.action = 'config revoked' OR v.action = 'revoked' AND v.config_version = e.config_version)) AS is_revoked,
    EXISTS (SELECT FROM enclave_change c WHERE c.enclave_id = e.enclave_id AND c.action = 'removed') AS is_removed
FROM enclave e;
COMMENT ON VIEW enclave_now IS 'Registered enclaves as they stand: until when their signatures count, and whether they or their version were revoked.';

-- Upgrades that wait, or that nobody has committed yet.
CREATE VIEW upgrade_waiting AS
SELECT u.guard_id, u.package_id, u.upgrade_policy, u.digest, u.ready_at_ms, u.checkpoint
FROM upgrade_event u
WHERE u.action = 'proposed' AND NOT EXISTS (
    SELECT FROM upgrade_event l WHERE l.guard_id = u.guard_id AND l.action IN ('cancelled', 'committed', 'ended')
      AND (l.action = 'ended' OR l.digest = u.digest)
      AND (l.checkpoint, l.tx_index, l.event_seq) > (u.checkpoint, u.tx_index, u.event_seq));
COMMENT ON VIEW upgrade_waiting IS 'Upgrades that were announced and are neither committed nor cancelled.';

-- An index that was there before has these events, raw: the next start makes their
-- rows, and empties this table.
CREATE TABLE event_to_fill (
    module text NOT NULL,
    name   text NOT NULL,
    CONSTRAINT event_to_fill_pkey PRIMARY KEY (module, name)
);
COMMENT ON TABLE event_to_fill IS 'Kinds of events that have got tables of their own and whose rows are not made yet; empty once the indexer has started.';
INSERT INTO event_to_fill (module, name) VALUES
    ('events', 'CommitteeProposed'),
    ('events', 'CommitteeCancelled'),
    ('events', 'CommitteeDelayRaised'),
    ('events', 'NetworkFollowed'),
    ('events', 'EpochFollowed'),
    ('events', 'BlobRecorded'),
    ('events', 'KeyServerRotated'),
    ('events', 'PartialKeyServerUpdated'),
    ('events', 'CommitteeMembersNamed'),
    ('enclave_events', 'ConfigCreated'),
    ('enclave_events', 'MeasurementProposed'),
    ('enclave_events', 'MeasurementAgreed'),
    ('enclave_events', 'MeasurementCancelled'),
    ('enclave_events', 'MeasurementApproved'),
    ('enclave_events', 'MeasurementRevoked'),
    ('enclave_events', 'ConfigRevoked'),
    ('enclave_events', 'ConfigDelayRaised'),
    ('enclave_events', 'EnclaveRegistered'),
    ('enclave_events', 'EnclaveRenewed'),
    ('enclave_events', 'EnclaveSucceeded'),
    ('enclave_events', 'EnclaveRevoked'),
    ('enclave_events', 'EnclaveRemoved'),
    ('enclave_events', 'NodeAttested'),
    ('enclave_events', 'LogBound'),
    ('enclave_events', 'LogHeadSigned'),
    ('seal_committee', 'CommitteeRotationInitiated'),
    ('upgrade_events', 'UpgradesGuarded'),
    ('upgrade_events', 'UpgradeProposed'),
    ('upgrade_events', 'UpgradeCancelled'),
    ('upgrade_events', 'UpgradeCommitted'),
    ('upgrade_events', 'UpgradeDelayRaised'),
    ('upgrade_events', 'UpgradesRestricted'),
    ('upgrade_events', 'UpgradesEnded');

---- create above / drop below ----

DROP TABLE event_to_fill;
DROP VIEW upgrade_waiting;
DROP VIEW enclave_now;
DROP VIEW committee_member_now;
DROP TABLE committee_rotation;
DROP TABLE committee_change;
DROP TABLE committee_member;
DROP TABLE upgrade_event;
DROP TABLE inference_log_signing;
DROP TABLE enclave_attestation_rule;
DROP TABLE enclave_attestation_input;
DROP TABLE enclave_attestation;
DROP TABLE enclave_change;
DROP TABLE enclave;
DROP TABLE enclave_config_change;
DROP TABLE enclave_config;
DROP TABLE blob_record;
DROP TABLE storage_committee_change;
