"""Glue job: a built batch into Redshift, in one transaction that the load ledger guards.

Reads   staging load/batch_id=…/
Writes  Redshift warehouse.* and ops.load_ledger, the audit record
Arguments  --batch_id, --business_date, --redshift_*, buckets
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from etl_common.batch import Batch, batch_job
from etl_common.columns import names
from etl_common.lake import WrittenTable
from etl_common.redshift import LoadLedger, RedshiftArguments, load_batch
from etl_common.redshift.load import Attempts, LoadTable, StagedTable
from etl_common.staging import Staging
from wholesale.warehouse import WAREHOUSE


@dataclass(frozen=True)
class Arguments(RedshiftArguments):
    """What Glue passes."""


def main(argv: list[str]) -> None:
    with batch_job(argv, Arguments) as batch:
        api = batch.args.data_api()
        if batch.args.batch_id in LoadLedger(api).batches():
            batch.job.log("Redshift has this batch already: nothing to load")
            return
        tables = [LoadTable(t.name, tuple(names(t.columns)), tuple(t.replace_key)) for t in WAREHOUSE.tables]
        staged = Staging(batch.s3, batch.args.staging_bucket, batch.args.batch_id).read(tables)
        attempts = Attempts(batch.s3, batch.args.staging_bucket, batch.args.batch_id)
        batch.lake.commit.before()
        role = batch.args.redshift_iam_role
        loaded = load_batch(api, attempts, appendable(batch, staged), batch.business_date, iam_role=role, schema=WAREHOUSE.schema,
                            staging=WAREHOUSE.staging_schema)  # fmt: skip
        for table in staged:
            batch.audit.wrote(WrittenTable(f"{WAREHOUSE.schema}.{table.table.name}", "load" if loaded else "done", table.rows, None))
        batch.job.log(f"{sum(table.rows for table in staged)} rows loaded" if loaded else "another run had loaded it")
        analyze(batch, staged)


def analyze(batch: Batch[Arguments], staged: list[StagedTable]) -> None:
    """New statistics of the tables that changed. Outside the transaction: a load without them is slow to query, not wrong."""
    api = batch.args.data_api()
    for table in staged:
        if table.rows:
            api.execute(f"ANALYZE {WAREHOUSE.schema}.{table.table.name}", "analyze")


def appendable(batch: Batch[Arguments], staged: list[StagedTable]) -> list[StagedTable]:
    """In the first load, facts are copied straight into their empty tables: there is no row to replace."""
    api = batch.args.data_api()
    if LoadLedger(api).batches():
        return staged
    facts = {fact.name for fact in WAREHOUSE.facts}

    def is_empty(name: str) -> bool:
        return not api.query(f"SELECT 1 AS found FROM {WAREHOUSE.schema}.{name} LIMIT 1")

    return [replace(table, append=table.table.name in facts and is_empty(table.table.name)) for table in staged]


if __name__ == "__main__":
    main(sys.argv)
