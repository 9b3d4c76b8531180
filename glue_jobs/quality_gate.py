"""Glue job: what must hold of a batch before it is loaded.

Reads   curated.dim_*, the batch's rows of curated.orders, order_line and exchange_rate, and, in the phase `facts`, its staged facts
Writes  logs quality/batch_id=…/<phase>.json
Arguments  --batch_id, --business_date, --phase, buckets

The run fails when a blocking rule does not hold; warnings are reported.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from etl_common.batch import Batch, batch_job
from etl_common.columns import names
from etl_common.exceptions import ArgumentError
from etl_common.lake import read_batch
from etl_common.quality import evaluate
from etl_common.redshift import LoadLedger, RedshiftArguments
from etl_common.redshift.load import LoadTable
from etl_common.staging import Staging
from wholesale.quality import CURATED_RULESETS, DIMENSION_RULESETS, FACT_RULESETS
from wholesale.warehouse import WAREHOUSE

_RULESETS: dict[str, Sequence[Any]] = {"dimensions": (*CURATED_RULESETS, *DIMENSION_RULESETS), "facts": FACT_RULESETS}


@dataclass(frozen=True)
class Arguments(RedshiftArguments):
    """phase: `dimensions` (curated tables and dimensions) or `facts` (the staged facts)."""

    phase: str = "dimensions"

    def validate(self) -> None:
        super().validate()
        if self.phase not in _RULESETS:
            raise ArgumentError("phase", self.phase, f"give one of {', '.join(_RULESETS)}")


def main(argv: list[str]) -> None:
    with batch_job(argv, Arguments) as batch:
        if batch.args.batch_id in LoadLedger(batch.args.data_api()).batches():
            batch.job.log("Redshift has this batch already: nothing to check")
            return
        tables = dimensions(batch) | (staged_facts(batch) if batch.args.phase == "facts" else curated(batch))
        rulesets = [ruleset for ruleset in _RULESETS[batch.args.phase] if ruleset.table in tables]
        report = evaluate(batch.spark, tables, rulesets)
        store(batch, report.as_json())
        report.raise_if_blocked()


def dimensions(batch: Batch[Arguments]) -> dict[str, DataFrame]:
    """All rows of every dimension: keys and intervals are checked across batches."""
    return {dimension.name: batch.lake.read(WAREHOUSE.lake_table(dimension.name)) for dimension in WAREHOUSE.dimensions}


def curated(batch: Batch[Arguments]) -> dict[str, DataFrame]:
    """The rows that the batch changed."""
    database, batch_id = batch.args.curated_database, batch.args.batch_id
    return {ruleset.table: read_batch(batch.spark, database, ruleset.table, batch_id) for ruleset in CURATED_RULESETS}


def staged_facts(batch: Batch[Arguments]) -> dict[str, DataFrame]:
    """The facts that are to be loaded; those without rows are left out."""
    tables = [LoadTable(table.name, tuple(names(table.columns)), tuple(table.replace_key)) for table in WAREHOUSE.tables]
    staged = Staging(batch.s3, batch.args.staging_bucket, batch.args.batch_id).read(tables)
    facts = {fact.name for fact in WAREHOUSE.facts}
    return {table.table.name: batch.spark.read.parquet(table.uri) for table in staged if table.table.name in facts and table.rows}


def store(batch: Batch[Arguments], report: dict[str, Any]) -> None:
    """Keep the report, whatever it says."""
    head = {"batch_id": batch.args.batch_id, "business_date": batch.business_date.isoformat(), "phase": batch.args.phase}
    key = f"quality/batch_id={batch.args.batch_id}/{batch.args.phase}.json"
    body = json.dumps({**head, **report}, indent=1, default=str, ensure_ascii=False).encode()
    batch.s3.put_object(Bucket=batch.args.logs_bucket, Key=key, Body=body, ContentType="application/json")
    batch.job.log(f"{report['rules']} rules, {report['blocking']} block, {report['warnings']} warn: s3://{batch.args.logs_bucket}/{key}")


if __name__ == "__main__":
    main(sys.argv)
