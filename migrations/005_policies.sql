-- What happens to policies: clauses, offers, passes, governance, holds,
-- stewards, key requests. One row per event, never changed, so that the state
-- as of any checkpoint is a question and not a copy: see policy_as_of.
--
-- The position (checkpoint, tx_index, event_seq) is that of the raw event. There
-- is no foreign key to it: the rows are written in the transaction that writes
-- the event, and the check would cost as much as the row. Numbers of the chain
-- that are u64 are numeric(20,0).

CREATE TABLE policy_composition (
    checkpoint     bigint        NOT NULL,
    ts             timestamptz   NOT NULL,
    tx_index       integer       NOT NULL,
    event_seq      integer       NOT NULL,
    policy_id      text          NOT NULL,
    delay_ms       numeric(20,0) NOT NULL,
    hold_threshold numeric(20,0) NOT NULL,
    holders        text[]        NOT NULL,
    CONSTRAINT policy_composition_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE policy_composition IS 'Policies that were made without clauses, to be composed; the others begin with two, for the owner and for the allow-list.';
COMMENT ON COLUMN policy_composition.delay_ms IS 'How long changes that widen the policy wait, at the beginning.';
COMMENT ON COLUMN policy_composition.holders IS 'Who can put it under a legal hold, hold_threshold of them.';
CREATE INDEX policy_composition_by_policy ON policy_composition (policy_id);

CREATE TABLE policy_clause_change (
    checkpoint bigint        NOT NULL,
    ts         timestamptz   NOT NULL,
    tx_index   integer       NOT NULL,
    event_seq  integer       NOT NULL,
    policy_id  text          NOT NULL,
    clause     numeric(20,0) NOT NULL,
    action     text          NOT NULL,
    rules      jsonb         NOT NULL,
    CONSTRAINT policy_clause_change_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT policy_clause_change_known CHECK (action IN ('added', 'removed', 'tightened', 'loosened'))
);
COMMENT ON TABLE policy_clause_change IS 'How the clauses of policies came about; any clause lets a reader in who meets all its rules.';
COMMENT ON COLUMN policy_clause_change.rules IS 'A list: all rules of a clause that was added, the one that was added to it or taken from it, none of one that was removed.';
CREATE INDEX policy_clause_change_by_policy ON policy_clause_change (policy_id, checkpoint, tx_index, event_seq);

CREATE TABLE policy_offer_change (
    checkpoint bigint        NOT NULL,
    ts         timestamptz   NOT NULL,
    tx_index   integer       NOT NULL,
    event_seq  integer       NOT NULL,
    policy_id  text          NOT NULL,
    offer      numeric(20,0) NOT NULL,
    action     text          NOT NULL,
    coin_type  text,
    price      numeric(20,0),
    term_ms    numeric(20,0),
    uses       numeric(20,0),
    version_id text,
    CONSTRAINT policy_offer_change_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT policy_offer_change_known CHECK (action IN ('made', 'price changed', 'bound to version', 'closed'))
);
COMMENT ON TABLE policy_offer_change IS 'What passes cost and are good for, and how that changed.';
COMMENT ON COLUMN policy_offer_change.price IS 'In the coin''s smallest unit; null when the offer was closed.';
COMMENT ON COLUMN policy_offer_change.term_ms IS 'How long a pass lasts; null is for ever (or no new offer).';
COMMENT ON COLUMN policy_offer_change.uses IS 'Key requests of a pass; null is any number (or no new offer).';
COMMENT ON COLUMN policy_offer_change.version_id IS 'The version of a dataset that passes are paid to, along its lineage.';
CREATE INDEX policy_offer_change_by_policy ON policy_offer_change (policy_id, checkpoint, tx_index, event_seq);

CREATE TABLE policy_setting_change (
    checkpoint bigint        NOT NULL,
    ts         timestamptz   NOT NULL,
    tx_index   integer       NOT NULL,
    event_seq  integer       NOT NULL,
    policy_id  text          NOT NULL,
    action     text          NOT NULL,
    who        text,
    number     numeric(20,0),
    CONSTRAINT policy_setting_change_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT policy_setting_change_known CHECK (action IN
        ('payee changed', 'delegate added', 'delegate removed', 'delay raised', 'frozen', 'hold voted', 'release voted', 'held', 'hold lifted'))
);
COMMENT ON TABLE policy_setting_change IS 'Everything else about a policy that changed: payee, delegates, delay, freezing, legal holds.';
COMMENT ON COLUMN policy_setting_change.who IS 'The payee, delegate or holder.';
COMMENT ON COLUMN policy_setting_change.number IS 'The new delay in ms; when a hold is lifted, the moment (Unix ms) until which it still stands.';
CREATE INDEX policy_setting_change_by_policy ON policy_setting_change (policy_id, checkpoint, tx_index, event_seq);

CREATE TABLE policy_proposal (
    checkpoint  bigint        NOT NULL,
    ts          timestamptz   NOT NULL,
    tx_index    integer       NOT NULL,
    event_seq   integer       NOT NULL,
    policy_id   text          NOT NULL,
    proposal    numeric(20,0) NOT NULL,
    action      text          NOT NULL,
    ready_at_ms numeric(20,0),
    change      jsonb,
    CONSTRAINT policy_proposal_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT policy_proposal_known CHECK (action IN ('announced', 'applied', 'cancelled'))
);
COMMENT ON TABLE policy_proposal IS 'Changes that widen a policy: announced, then applied when the delay is over, or cancelled.';
COMMENT ON COLUMN policy_proposal.ready_at_ms IS 'From when on it can be applied, Unix ms.';
CREATE INDEX policy_proposal_by_policy ON policy_proposal (policy_id, checkpoint, tx_index, event_seq);

CREATE TABLE steward_approval (
    checkpoint     bigint        NOT NULL,
    ts             timestamptz   NOT NULL,
    tx_index       integer       NOT NULL,
    event_seq      integer       NOT NULL,
    policy_id      text          NOT NULL,
    requester      text          NOT NULL,
    steward        text          NOT NULL,
    valid_until_ms numeric(20,0),
    CONSTRAINT steward_approval_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE steward_approval IS 'Stewards who approve of a requester; valid_until_ms is null when the approval was withdrawn.';
CREATE INDEX steward_approval_by_policy ON steward_approval (policy_id, requester, steward, checkpoint, tx_index, event_seq);

CREATE TABLE pass_sale (
    checkpoint    bigint        NOT NULL,
    ts            timestamptz   NOT NULL,
    tx_index      integer       NOT NULL,
    event_seq     integer       NOT NULL,
    policy_id     text          NOT NULL,
    pass_id       text          NOT NULL,
    offer         numeric(20,0) NOT NULL,
    holder        text          NOT NULL,
    payee         text          NOT NULL,
    coin_type     text          NOT NULL,
    price         numeric(20,0) NOT NULL,
    expires_at_ms numeric(20,0),
    uses          numeric(20,0),
    CONSTRAINT pass_sale_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE pass_sale IS 'Passes that were sold.';
CREATE INDEX pass_sale_by_policy ON pass_sale (policy_id, checkpoint);
CREATE INDEX pass_sale_by_pass ON pass_sale (pass_id);

CREATE TABLE pass_payment (
    checkpoint  bigint      NOT NULL,
    ts          timestamptz NOT NULL,
    tx_index    integer     NOT NULL,
    event_seq   integer     NOT NULL,
    policy_id   text        NOT NULL,
    pass_id     text        NOT NULL,
    sale_id     text        NOT NULL,
    action      text        NOT NULL,
    version_id  text,
    treasury_id text,
    holder      text,
    CONSTRAINT pass_payment_pkey PRIMARY KEY (checkpoint, tx_index, event_seq),
    CONSTRAINT pass_payment_known CHECK (action IN ('paid to version', 'refunded'))
);
COMMENT ON TABLE pass_payment IS 'Passes that were paid along a lineage, and those that were given back for the money; sale_event has the sale.';
CREATE INDEX pass_payment_by_pass ON pass_payment (pass_id);
CREATE INDEX pass_payment_by_sale ON pass_payment (sale_id);

CREATE TABLE pass_use (
    checkpoint bigint        NOT NULL,
    ts         timestamptz   NOT NULL,
    tx_index   integer       NOT NULL,
    event_seq  integer       NOT NULL,
    policy_id  text          NOT NULL,
    pass_id    text          NOT NULL,
    uses_left  numeric(20,0) NOT NULL,
    CONSTRAINT pass_use_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE pass_use IS 'Uses of passes whose uses are counted.';
CREATE INDEX pass_use_by_pass ON pass_use (pass_id, checkpoint);

CREATE TABLE key_request (
    checkpoint     bigint        NOT NULL,
    ts             timestamptz   NOT NULL,
    tx_index       integer       NOT NULL,
    event_seq      integer       NOT NULL,
    policy_id      text          NOT NULL,
    request_id     text          NOT NULL,
    requester      text          NOT NULL,
    clause         numeric(20,0) NOT NULL,
    valid_until_ms numeric(20,0) NOT NULL,
    purpose        text,
    CONSTRAINT key_request_pkey PRIMARY KEY (checkpoint, tx_index, event_seq)
);
COMMENT ON TABLE key_request IS 'Requests for keys that a transaction made: what was shown in it met the clause.';
COMMENT ON COLUMN key_request.purpose IS 'As the requester declared it, for all to see.';
CREATE INDEX key_request_by_policy ON key_request (policy_id, checkpoint);

-- What a policy was when a checkpoint was over; null for one that did not exist.
CREATE FUNCTION policy_as_of(wanted text, as_of bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    p policy%ROWTYPE;
    composed policy_composition%ROWTYPE;
    clauses jsonb := '{}';
    offers jsonb := '{}';
    waiting jsonb := '{}';
    bounds jsonb := '[]';
    delegates text[] := '{}';
    state jsonb;
    e record;
    i integer;
BEGIN
    SELECT * INTO p FROM policy WHERE policy_id = wanted AND checkpoint <= as_of;
    IF NOT FOUND THEN RETURN NULL; END IF;
    SELECT * INTO composed FROM policy_composition WHERE policy_id = wanted AND checkpoint <= as_of;
    state := jsonb_build_object('payee', p.owner, 'delay_ms', coalesce(composed.delay_ms, 0)::text, 'is_frozen', false, 'hold', 'none');
    IF composed.policy_id IS NULL THEN
        IF p.not_before_ms IS NOT NULL THEN bounds := bounds || jsonb_build_array(jsonb_build_object('rule', 'not before', 'at_ms', p.not_before_ms::text)); END IF;
        IF p.not_after_ms IS NOT NULL THEN bounds := bounds || jsonb_build_array(jsonb_build_object('rule', 'not after', 'at_ms', p.not_after_ms::text)); END IF;
        clauses := jsonb_build_object('0', '[{"rule": "owner"}]'::jsonb || bounds, '1', '[{"rule": "allow list"}]'::jsonb || bounds);
    END IF;
    FOR e IN SELECT * FROM policy_clause_change WHERE policy_id = wanted AND checkpoint <= as_of ORDER BY checkpoint, tx_index, event_seq LOOP
        CASE e.action
        WHEN 'added' THEN clauses := clauses || jsonb_build_object(e.clause::text, e.rules);
        WHEN 'removed' THEN clauses := clauses - e.clause::text;
        WHEN 'tightened' THEN clauses := jsonb_set(clauses, ARRAY[e.clause::text], coalesce(clauses -> e.clause::text, '[]') || e.rules);
        WHEN 'loosened' THEN -- takes the first rule that is equal
            SELECT r.ord - 1 INTO i FROM jsonb_array_elements(clauses -> e.clause::text) WITH ORDINALITY r(rule, ord) WHERE r.rule = e.rules -> 0 ORDER BY ord LIMIT 1;
            IF i IS NOT NULL THEN clauses := clauses #- ARRAY[e.clause::text, i::text]; END IF;
        END CASE;
    END LOOP;
    FOR e IN SELECT * FROM policy_offer_change WHERE policy_id = wanted AND checkpoint <= as_of ORDER BY checkpoint, tx_index, event_seq LOOP
        CASE e.action
        WHEN 'made' THEN offers := offers || jsonb_build_object(e.offer::text, jsonb_build_object('coin_type', e.coin_type, 'price', e.price::text,
            'term_ms', e.term_ms::text, 'uses', e.uses::text, 'is_open', true));
        WHEN 'price changed' THEN offers := jsonb_set(offers, ARRAY[e.offer::text, 'price'], to_jsonb(e.price::text));
        WHEN 'bound to version' THEN offers := jsonb_set(offers, ARRAY[e.offer::text, 'version_id'], to_jsonb(e.version_id));
        WHEN 'closed' THEN offers := jsonb_set(offers, ARRAY[e.offer::text, 'is_open'], 'false');
        END CASE;
    END LOOP;
    FOR e IN SELECT * FROM policy_proposal WHERE policy_id = wanted AND checkpoint <= as_of ORDER BY checkpoint, tx_index, event_seq LOOP
        IF e.action = 'announced' THEN
            waiting := waiting || jsonb_build_object(e.proposal::text, jsonb_build_object('change', e.change, 'ready_at_ms', e.ready_at_ms::text));
        ELSE
            waiting := waiting - e.proposal::text;
        END IF;
    END LOOP;
    FOR e IN SELECT * FROM policy_setting_change WHERE policy_id = wanted AND checkpoint <= as_of ORDER BY checkpoint, tx_index, event_seq LOOP
        CASE e.action
        WHEN 'payee changed' THEN state := state || jsonb_build_object('payee', e.who);
        WHEN 'delegate added' THEN delegates := array_append(delegates, e.who);
        WHEN 'delegate removed' THEN delegates := array_remove(delegates, e.who);
        WHEN 'delay raised' THEN state := state || jsonb_build_object('delay_ms', e.number::text);
        WHEN 'frozen' THEN state := state || '{"is_frozen": true}'; waiting := '{}';
        WHEN 'held' THEN state := state || '{"hold": "stands", "hold_ends_at_ms": null}';
        WHEN 'hold lifted' THEN state := state || jsonb_build_object('hold', 'lifted', 'hold_ends_at_ms', e.number::text);
        ELSE NULL; -- votes
        END CASE;
    END LOOP;
    RETURN state || jsonb_build_object('policy_id', p.policy_id, 'owner', p.owner, 'as_of', as_of, 'clauses', clauses, 'offers', offers, 'proposals', waiting,
        'delegates', to_jsonb(delegates), 'holders', to_jsonb(coalesce(composed.holders, '{}')), 'hold_threshold', coalesce(composed.hold_threshold, 0)::text,
        'member_count', (SELECT count(*) FROM policy_grant g WHERE g.policy_id = wanted AND g.checkpoint <= as_of
            AND (g.revoked_checkpoint IS NULL OR g.revoked_checkpoint > as_of)));
END $$;

---- create above / drop below ----

DROP FUNCTION policy_as_of(text, bigint);
DROP TABLE key_request;
DROP TABLE pass_use;
DROP TABLE pass_payment;
DROP TABLE pass_sale;
DROP TABLE steward_approval;
DROP TABLE policy_proposal;
DROP TABLE policy_setting_change;
DROP TABLE policy_offer_change;
DROP TABLE policy_clause_change;
DROP TABLE policy_composition;
