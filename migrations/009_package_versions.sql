-- Upgrades of the followed packages, which are followed by themselves.

CREATE TABLE package_version (
    checkpoint  bigint        NOT NULL,
    ts          timestamptz   NOT NULL,
    tx_index    integer       NOT NULL,
    version     numeric(20,0) NOT NULL,
    package_id  text          NOT NULL,
    original_id text          NOT NULL,
    CONSTRAINT package_version_pkey PRIMARY KEY (package_id)
);
COMMENT ON TABLE package_version IS 'Versions of the followed packages that were published while they were followed; event types that they define are indexed too.';
COMMENT ON COLUMN package_version.package_id IS 'Storage id of the version.';
COMMENT ON COLUMN package_version.original_id IS 'Id of the first version.';

---- create above / drop below ----

DROP TABLE package_version;
