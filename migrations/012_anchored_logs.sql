-- Receipt logs are compared with their roots that are anchored on chain.

ALTER TABLE receipt_watermark ADD COLUMN anchored_size bigint NOT NULL DEFAULT 0;
ALTER TABLE receipt_watermark ADD COLUMN anchored_tree bytea;
ALTER TABLE receipt_watermark ALTER COLUMN anchored_size DROP DEFAULT;
COMMENT ON COLUMN receipt_watermark.anchored_size IS 'The largest size of the log with a root on chain that was compared with the receipts that were read.';
COMMENT ON COLUMN receipt_watermark.anchored_tree IS 'As tree, for the log of anchored_size; null before the first comparison.';

ALTER TABLE receipt_fault DROP CONSTRAINT receipt_fault_known;
ALTER TABLE receipt_fault ADD CONSTRAINT receipt_fault_known CHECK (kind IN ('root', 'signature', 'withheld', 'order', 'anchor'));
COMMENT ON COLUMN receipt_fault.kind IS 'root: a signed checkpoint is of other receipts than were read. signature: a checkpoint is not signed with a key of the log. withheld: receipts that a signed checkpoint covers are not given out. order: receipts are not numbered as asked. anchor: a root on chain, signed with a key of the log, is of other receipts than were read.';

CREATE INDEX anchor_by_origin ON anchor (origin);

---- create above / drop below ----

DROP INDEX anchor_by_origin;
DELETE FROM receipt_fault WHERE kind = 'anchor';
ALTER TABLE receipt_fault DROP CONSTRAINT receipt_fault_known;
ALTER TABLE receipt_fault ADD CONSTRAINT receipt_fault_known CHECK (kind IN ('root', 'signature', 'withheld', 'order'));
ALTER TABLE receipt_watermark DROP COLUMN anchored_tree, DROP COLUMN anchored_size;
