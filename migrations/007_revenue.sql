-- Money: sales of versions, and how they are shared along the lineage. One row
-- per event, never changed; see the remarks in 005_policies.sql. Passes of
-- policies are in pass_sale.

CREATE TABLE treasury (
    checkpoint  bigint      NOT NULL,
    ts          timestamptz NOT NULL,
    tx_index    integer     NOT NULL,
    event_seq   integer     NOT NULL,
    treasury_id text        NOT NULL,
    coin_type   text        NOT NULL,
    CONSTRAINT treasury_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE treasury IS 'Where the money is until it is claimed: one for each coin type.';
CREATE INDEX treasury_by_id ON treasury (treasury_id);

CREATE TABLE sale_event (
    checkpoint          bigint        NOT NULL,
    ts                  timestamptz   NOT NULL,
    tx_index            integer       NOT NULL,
    event_seq           integer       NOT NULL,
    treasury_id         text          NOT NULL,
    sale_id             text          NOT NULL,
    version_id          text          NOT NULL,
    dataset_id          text          NOT NULL,
    buyer               text          NOT NULL,
    action              text          NOT NULL,
    amount              numeric(20,0) NOT NULL,
    refundable_until_ms numeric(20,0),
    CONSTRAINT sale_event_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT sale_event_known CHECK (action IN ('escrowed', 'settled', 'refunded'))
);
COMMENT ON TABLE sale_event IS 'Payments for versions: kept back, then shared or refunded; or shared at once.';
CREATE INDEX sale_event_by_sale ON sale_event (sale_id);
CREATE INDEX sale_event_by_dataset ON sale_event (dataset_id);

CREATE TABLE income_credit (
    checkpoint  bigint        NOT NULL,
    ts          timestamptz   NOT NULL,
    tx_index    integer       NOT NULL,
    event_seq   integer       NOT NULL,
    treasury_id text          NOT NULL,
    sale_id     text          NOT NULL,
    version_id  text          NOT NULL,
    dataset_id  text          NOT NULL,
    payee       text          NOT NULL,
    amount      numeric(20,0) NOT NULL,
    CONSTRAINT income_credit_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE income_credit IS 'A payee''s share in a sale, for one version: the one sold or an ancestor.';
CREATE INDEX income_credit_by_sale ON income_credit (sale_id);
CREATE INDEX income_credit_by_dataset ON income_credit (dataset_id);

CREATE TABLE income_claim (
    checkpoint  bigint        NOT NULL,
    ts          timestamptz   NOT NULL,
    tx_index    integer       NOT NULL,
    event_seq   integer       NOT NULL,
    treasury_id text          NOT NULL,
    payee       text          NOT NULL,
    amount      numeric(20,0) NOT NULL,
    CONSTRAINT income_claim_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE income_claim IS 'What payees took out.';
CREATE INDEX income_claim_by_payee ON income_claim (treasury_id, payee);

CREATE VIEW income_by_dataset AS
    SELECT c.dataset_id, c.treasury_id, (SELECT t.coin_type FROM treasury t WHERE t.treasury_id = c.treasury_id LIMIT 1) AS coin_type,
        c.payee, count(DISTINCT c.sale_id) AS sales, sum(c.amount) AS amount
    FROM income_credit c
    GROUP BY c.dataset_id, c.treasury_id, c.payee;
COMMENT ON VIEW income_by_dataset IS 'What each payee was credited for the versions of each dataset, sold themselves or as ancestors.';

CREATE VIEW income_mismatch AS
    SELECT 'sale' AS what, coalesce(s.sale_id, c.sale_id) AS id, coalesce(s.amount, 0) AS sum_in, coalesce(c.amount, 0) AS sum_out
    FROM (SELECT sale_id, sum(amount) AS amount FROM sale_event WHERE action = 'settled' GROUP BY sale_id) s
    FULL JOIN (SELECT sale_id, sum(amount) AS amount FROM income_credit GROUP BY sale_id) c USING (sale_id)
    WHERE coalesce(s.amount, 0) <> coalesce(c.amount, 0)
    UNION ALL
    SELECT 'escrow', e.sale_id, e.amount, coalesce(d.amount, 0)
    FROM (SELECT sale_id, sum(amount) AS amount FROM sale_event WHERE action = 'escrowed' GROUP BY sale_id) e
    JOIN (SELECT sale_id, sum(amount) AS amount FROM sale_event WHERE action <> 'escrowed' GROUP BY sale_id) d USING (sale_id)
    WHERE e.amount <> d.amount
    UNION ALL
    SELECT 'payee', k.treasury_id || ' ' || k.payee, coalesce(c.amount, 0), k.amount
    FROM (SELECT treasury_id, payee, sum(amount) AS amount FROM income_claim GROUP BY treasury_id, payee) k
    LEFT JOIN (SELECT treasury_id, payee, sum(amount) AS amount FROM income_credit GROUP BY treasury_id, payee) c USING (treasury_id, payee)
    WHERE k.amount > coalesce(c.amount, 0);
COMMENT ON VIEW income_mismatch IS 'Money that does not add up; empty unless the contract or the index is wrong. Of a sale all that was settled is credited, of an escrow all is settled or refunded, and nobody claims more than was credited.';

---- create above / drop below ----

DROP VIEW income_mismatch;
DROP VIEW income_by_dataset;
DROP TABLE income_claim;
DROP TABLE income_credit;
DROP TABLE sale_event;
DROP TABLE treasury;
