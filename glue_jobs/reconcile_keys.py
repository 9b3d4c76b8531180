"""Glue job: deletes of tables without a delete flag, found by comparing keys.

Reads   MySQL customer (keys), curated.customer_change
Writes  landing rds/customer_keys, curated.customer_change (a delete at the window's end for each key that is gone), the audit record
Arguments  --batch_id, --business_date, --rds_secret_id, buckets
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import boto3
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from etl_common.batch import Batch, LakeArguments, batch_job
from etl_common.extraction import Extraction
from etl_common.frames import instant
from etl_common.lake import WrittenTable
from etl_common.manifest import Landing
from etl_common.readers import JdbcSource
from etl_common.secrets import read_secret
from wholesale.transforms.records import deleted_customers
from wholesale.warehouse import WAREHOUSE

_KEYS = "customer_keys"


@dataclass(frozen=True)
class Arguments(LakeArguments):
    """rds_secret_id: secret with host, port, username, password and dbname. rds_tls: Connector/J's sslMode."""

    rds_secret_id: str = "wholesale/rds"
    rds_tls: str = "PREFERRED"


def main(argv: list[str]) -> None:
    with batch_job(argv, Arguments) as batch:
        table = WAREHOUSE.lake_table("customer_change")
        batch.written(table, lambda: reconcile(batch, extract(batch)))


def extract(batch: Batch[Arguments]) -> DataFrame:
    """The keys that the source has, landed once for the batch."""
    extraction = Extraction(Landing(batch.s3, batch.args.landing_bucket, "rds"), batch.args.batch_id, batch.business_date)
    source = JdbcSource(batch.spark, read_secret(boto3.client("secretsmanager"), batch.args.rds_secret_id), batch.args.rds_tls)
    with source.guarded():
        manifest = extraction.frame(_KEYS, lambda: source.keys("customer", ("customer_id",)))
    return extraction.read_frame(batch.spark, manifest)


def reconcile(batch: Batch[Arguments], present: DataFrame) -> WrittenTable:
    """Append a delete for each key that is gone.

    Members that changed after the window are left alone: the keys of an old batch know nothing of them.
    """
    table = WAREHOUSE.lake_table("customer_change")
    end = instant(batch.window_end)
    changes = batch.lake.read(table)
    newer = changes.where(F.col("updated_at") >= end).select("customer_id").distinct()
    concerned = changes.join(newer, on="customer_id", how="left_anti")
    deletes = deleted_customers(concerned, present, window_end=end, batch_id=batch.args.batch_id).persist()
    try:
        count = deletes.count()
        batch.job.log(f"{count} customers are gone from the source")
        return batch.lake.append(deletes, table) if count else batch.lake.skip(table)
    finally:
        deletes.unpersist()


if __name__ == "__main__":
    main(sys.argv)
