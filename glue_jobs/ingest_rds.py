"""Glue job: the RDS database into the lake.

Reads   MySQL region, nation (whole), customer, orders, lineitem (whole in the first batch, then by updated_at)
Writes  landing rds/<table>, quarantine, curated.nation, curated.customer_change, curated.orders, curated.order_line,
        the audit record and the watermarks' copy
Arguments  --batch_id, --business_date, --rds_secret_id, buckets
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from pyspark.sql import functions as F

from etl_common.batch import Batch, LakeArguments, batch_job
from etl_common.extraction import Extraction
from etl_common.manifest import Landing, LandingManifest
from etl_common.parallel import together
from etl_common.readers import JdbcSource
from etl_common.readers.jdbc import Extract
from etl_common.readers.raw import typed_records
from etl_common.secrets import read_secret
from etl_common.watermarks import publish, window_of
from wholesale.extracts import INCREMENTAL, OVERLAP, REFERENCE
from wholesale.sources import CURATED_TABLES, SOURCES
from wholesale.transforms.records import nations
from wholesale.warehouse import WAREHOUSE


@dataclass(frozen=True)
class Arguments(LakeArguments):
    """rds_secret_id: secret with host, port, username, password and dbname. rds_tls: Connector/J's sslMode."""

    rds_secret_id: str = "wholesale/rds"
    rds_tls: str = "PREFERRED"


def main(argv: list[str]) -> None:
    with batch_job(argv, Arguments) as batch:
        manifests = extract(batch)
        curate(batch, manifests)


def extract(batch: Batch[Arguments]) -> dict[str, LandingManifest]:
    """Land every table, unless an earlier run of the batch has. The database is asked only for what is missing."""
    extraction = _extraction(batch)
    secret = read_secret(boto3.client("secretsmanager"), batch.args.rds_secret_id)
    source = JdbcSource(batch.spark, secret, batch.args.rds_tls)
    whole = [partial(extraction.frame, table.table, partial(source.read, table, None)) for table in REFERENCE]
    with source.guarded():
        landed = together(*whole, *(partial(_land_changes, batch, extraction, source, table) for table in INCREMENTAL))
    return {manifest.table: manifest for manifest in landed}


def _land_changes(batch: Batch[Arguments], extraction: Extraction, source: JdbcSource, table: Extract) -> LandingManifest:
    """The rows of a table that changed since the last batch."""
    manifest = extraction.landing.read(table.table, batch.args.batch_id, batch.business_date)
    if manifest is None:
        low = extraction.landing.high_watermark(table.table, other_than=batch.args.batch_id)
        window = window_of(low, source.high_watermark(table, batch.window_end), OVERLAP)
        manifest = extraction.frame(table.table, partial(source.read, table, window), window)
    batch.audit.watermarks[table.table] = {"low": manifest.low, "high": manifest.high}
    batch.job.log(f"{table.table}: {manifest.details['rows']} rows landed, {manifest.low} < updated_at <= {manifest.high}")
    return manifest


def curate(batch: Batch[Arguments], manifests: dict[str, LandingManifest]) -> None:
    """From landing to the curated tables, parents first."""
    landed = {name: _extraction(batch).read_frame(batch.spark, manifest) for name, manifest in manifests.items()}
    nation = WAREHOUSE.lake_table("nation")
    listed = nations(landed["nation"], landed["region"], batch_id=batch.args.batch_id)
    batch.written(nation, lambda: batch.lake.replace(listed, nation))
    codes = _codes(batch)

    def publish_records(*names: str) -> None:
        for name in names:
            batch.publish(
                SOURCES[name],
                WAREHOUSE.lake_table(CURATED_TABLES[name]),
                lambda name=name: typed_records(landed[name], name),
                records=manifests[name].details["rows"],
                codes=codes,
                parents={"orders": batch.lake.read(WAREHOUSE.lake_table("orders"))} if name == "lineitem" else None,
                extra={"is_deleted": False} if name == "customer" else None,
            )

    with batch.planned_for(sum(manifest.details["rows"] for manifest in manifests.values())):
        together(partial(publish_records, "customer"), partial(publish_records, "orders", "lineitem"))
    for extract_ in INCREMENTAL:
        publish(batch.state, f"rds.{extract_.table}", manifests[extract_.table].high, batch.args.batch_id)


def _codes(batch: Batch[Arguments]) -> dict[str, list[Any]]:
    rows = batch.lake.read(WAREHOUSE.lake_table("nation")).select("nation_id", F.col("currency_code")).collect()
    return {"nation_id": [row["nation_id"] for row in rows], "currency_code": sorted({row["currency_code"] for row in rows})}


def _extraction(batch: Batch[Arguments]) -> Extraction:
    return Extraction(Landing(batch.s3, batch.args.landing_bucket, "rds"), batch.args.batch_id, batch.business_date)


if __name__ == "__main__":
    main(sys.argv)
