-- Where the index stands, and the raw events of the followed packages. Raw
-- event bytes are the truth; the tables of the next files are derived from
-- them and can be rebuilt without the chain.
--
-- Columns are ordered by alignment: 8-byte types, 4-byte types, then those of
-- variable length.

CREATE TABLE chain (
    only_row         boolean     NOT NULL DEFAULT true,
    first_checkpoint bigint      NOT NULL,
    chain_id         text        NOT NULL,
    packages         text[]      NOT NULL,
    CONSTRAINT chain_pkey PRIMARY KEY (only_row),
    CONSTRAINT chain_has_one_row CHECK (only_row)
);
COMMENT ON TABLE chain IS 'The chain that this index follows, pinned at the first start; another chain is refused.';
COMMENT ON COLUMN chain.first_checkpoint IS 'Sequence number of the first checkpoint that was read.';
COMMENT ON COLUMN chain.chain_id IS 'Digest of the genesis checkpoint, base58.';
COMMENT ON COLUMN chain.packages IS 'Defining ids of the followed packages, 0x and 64 hex digits, ascending.';

CREATE TABLE watermark (
    only_row   boolean     NOT NULL DEFAULT true,
    checkpoint bigint      NOT NULL,
    ts         timestamptz NOT NULL,
    digest     bytea       NOT NULL,
    CONSTRAINT watermark_pkey PRIMARY KEY (only_row),
    CONSTRAINT watermark_has_one_row CHECK (only_row),
    CONSTRAINT watermark_digest_length CHECK (octet_length(digest) = 32)
);
COMMENT ON TABLE watermark IS 'The last checkpoint whose rows are in the index: written in the same transaction as they are.';
COMMENT ON COLUMN watermark.checkpoint IS 'Everything up to and including this sequence number is indexed.';
COMMENT ON COLUMN watermark.ts IS 'Time of that checkpoint on chain.';
COMMENT ON COLUMN watermark.digest IS 'Digest of that checkpoint; the next one must name it as its predecessor.';

CREATE TABLE checkpoint (
    sequence bigint      NOT NULL,
    ts       timestamptz NOT NULL,
    epoch    bigint      NOT NULL,
    digest   bytea       NOT NULL,
    CONSTRAINT checkpoint_pkey PRIMARY KEY (sequence),
    CONSTRAINT checkpoint_digest_length CHECK (octet_length(digest) = 32)
);
COMMENT ON TABLE checkpoint IS 'The checkpoints that hold at least one indexed event.';
COMMENT ON COLUMN checkpoint.ts IS 'Time on chain, milliseconds.';
COMMENT ON COLUMN checkpoint.epoch IS 'Sui epoch.';

CREATE TABLE event_type (
    type_id integer NOT NULL,
    package text    NOT NULL,
    module  text    NOT NULL,
    name    text    NOT NULL,
    tag     text    NOT NULL,
    CONSTRAINT event_type_pkey PRIMARY KEY (type_id),
    CONSTRAINT event_type_tag_key UNIQUE (tag)
);
COMMENT ON TABLE event_type IS 'The Move types of the events, numbered in order of appearance.';
COMMENT ON COLUMN event_type.package IS 'Defining id: storage id of the package version that first had the type.';
COMMENT ON COLUMN event_type.tag IS 'The whole type, type arguments included, canonical.';

CREATE TABLE event (
    checkpoint   bigint      NOT NULL,
    ts           timestamptz NOT NULL,
    tx_index     integer     NOT NULL,
    event_seq    integer     NOT NULL,
    type_id      integer     NOT NULL,
    tx_digest    bytea       NOT NULL,
    sender       bytea       NOT NULL,
    package      bytea       NOT NULL,
    contents     bytea       NOT NULL,
    module       text        NOT NULL,
    decode_error text,
    CONSTRAINT event_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT event_type_id_fkey FOREIGN KEY (type_id) REFERENCES event_type (type_id),
    CONSTRAINT event_digest_length CHECK (octet_length(tx_digest) = 32),
    CONSTRAINT event_sender_length CHECK (octet_length(sender) = 32),
    CONSTRAINT event_package_length CHECK (octet_length(package) = 32)
);
COMMENT ON TABLE event IS 'Every event of the followed packages, raw. The view event_text shows it in text.';
COMMENT ON COLUMN event.ts IS 'Time of the checkpoint.';
COMMENT ON COLUMN event.tx_index IS 'Position of the transaction in its checkpoint, from 0.';
COMMENT ON COLUMN event.event_seq IS 'Position of the event in its transaction, from 0, events of other packages counted.';
COMMENT ON COLUMN event.package IS 'Storage id of the package whose function the transaction called.';
COMMENT ON COLUMN event.module IS 'Module of the function that the transaction called.';
COMMENT ON COLUMN event.contents IS 'BCS of the event.';
COMMENT ON COLUMN event.decode_error IS 'Why no typed row was made of this event; null when one was, or when its type is not known.';

-- Pages of one type, newest first.
CREATE INDEX event_by_type ON event (type_id, checkpoint, tx_index, event_seq);
-- Events that need a look.
CREATE INDEX event_undecoded ON event (checkpoint) WHERE decode_error IS NOT NULL;

CREATE VIEW event_text AS
SELECT e.checkpoint, e.tx_index, e.event_seq, e.ts, t.tag AS type,
       '0x' || encode(e.sender, 'hex') AS sender,
       encode(e.tx_digest, 'hex') AS tx_digest_hex,
       '0x' || encode(e.package, 'hex') AS package, e.module,
       encode(e.contents, 'hex') AS contents_hex, e.decode_error
FROM event e JOIN event_type t USING (type_id);
COMMENT ON VIEW event_text IS 'The events in text, for people.';

---- create above / drop below ----

DROP VIEW event_text;
DROP TABLE event;
DROP TABLE event_type;
DROP TABLE checkpoint;
DROP TABLE watermark;
DROP TABLE chain;
