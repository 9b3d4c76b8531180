"""Glue job: the CSV files of a batch into the lake.

Reads   landing csv/part, csv/supplier, csv/partsupp (files named by the sender's manifest)
Writes  quarantine, curated.part_change, curated.supplier_change, curated.partsupp_change,
        curated.inventory_calendar, the audit record
Arguments  --batch_id, --business_date, buckets
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial

from pyspark.sql import functions as F

from etl_common.batch import Batch, LakeArguments, batch_job
from etl_common.lake import WrittenTable
from etl_common.manifest import Landing, LandingManifest
from etl_common.parallel import together
from etl_common.readers.csv_files import check_rows, read_csv_files
from wholesale.sources import CURATED_TABLES, SOURCES
from wholesale.warehouse import WAREHOUSE

TABLES = ("part", "supplier", "partsupp")


@dataclass(frozen=True)
class Arguments(LakeArguments):
    """What Glue passes."""


def main(argv: list[str]) -> None:
    with batch_job(argv, Arguments) as batch:
        nation = batch.lake.read(WAREHOUSE.lake_table("nation"))
        nations = [row["nation_id"] for row in nation.select("nation_id").collect()]
        landing = Landing(batch.s3, batch.args.landing_bucket, "csv")
        manifests = {name: landing.require(name, batch.args.batch_id, batch.business_date) for name in TABLES}
        with batch.planned_for(sum(manifest.rows for manifest in manifests.values())):
            parents = [partial(ingest, batch, landing, manifests[name], nations) for name in ("part", "supplier")]
            together(*parents, lambda: batch.written(WAREHOUSE.lake_table("inventory_calendar"), lambda: _add_business_date(batch)))
            ingest(batch, landing, manifests["partsupp"], nations)


def ingest(batch: Batch[Arguments], landing: Landing, manifest: LandingManifest, nations: list[int]) -> WrittenTable:
    """One table: files compared with their manifest, records judged, accepted ones committed."""
    name = manifest.table
    prefix = landing.prefix(name, batch.args.batch_id, batch.business_date)
    contract = SOURCES[name]
    parents = {parent: batch.lake.read(WAREHOUSE.lake_table(CURATED_TABLES[parent])) for parent in ("part", "supplier")}
    return batch.publish(
        contract,
        WAREHOUSE.lake_table(CURATED_TABLES[name]),
        lambda: read_csv_files(batch.spark, batch.s3, batch.args.landing_bucket, prefix, manifest, contract.column_names),
        records=manifest.rows,
        codes={"nation_id": nations},
        parents=parents if name == "partsupp" else None,
        check=lambda found: check_rows(manifest, found, f"s3://{batch.args.landing_bucket}/{prefix}"),
    )


def _add_business_date(batch: Batch[Arguments]) -> WrittenTable:
    """A backfill's date is there already: it restates snapshots and adds none."""
    table = WAREHOUSE.lake_table("inventory_calendar")
    known = batch.lake.read(table).where(F.col("business_date") == F.lit(batch.business_date)).limit(1).count()
    if known:
        return batch.lake.skip(table)
    row = batch.spark.createDataFrame([(batch.business_date, batch.args.batch_id)], table.schema)
    return batch.lake.append(row, table)


if __name__ == "__main__":
    main(sys.argv)
