-- One row for each batch that is loaded, written in the transaction that loads it: it alone decides
-- whether a batch is loaded. A handful of rows, read whole: every node keeps a copy.
CREATE TABLE IF NOT EXISTS ops.load_ledger (
    batch_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    client_token VARCHAR(64) NOT NULL,
    loaded_at TIMESTAMP NOT NULL DEFAULT GETDATE(),
    loaded_rows BIGINT NOT NULL,
    PRIMARY KEY (batch_id)
)
DISTSTYLE ALL
SORTKEY (batch_id);

COMMENT ON TABLE ops.load_ledger IS 'Batches that are loaded, and by which statement';
COMMENT ON COLUMN ops.load_ledger.batch_id IS 'batch';
COMMENT ON COLUMN ops.load_ledger.business_date IS 'business date of the batch';
COMMENT ON COLUMN ops.load_ledger.client_token IS 'token of the Data API statement that loaded it';
COMMENT ON COLUMN ops.load_ledger.loaded_at IS 'start of the loading transaction (UTC)';
COMMENT ON COLUMN ops.load_ledger.loaded_rows IS 'rows copied into staging';
