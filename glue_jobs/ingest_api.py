"""Glue job: the JSON API's feeds into the lake.

Reads   GET /v1/currencies, /v1/rates (page numbers), /v1/shipments (cursors), with a bearer token
Writes  landing api/<feed> (pages as received), quarantine, curated.currency, curated.exchange_rate,
        curated.shipment_scan, the audit record
Arguments  --batch_id, --business_date, --api_secret_id, time-outs, buckets
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial

import boto3
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl_common.batch import Batch, LakeArguments, batch_job
from etl_common.extraction import Extraction
from etl_common.http_pages import Cursor, JsonApi, PageNumber, Retries, SinglePage
from etl_common.manifest import Landing, LandingManifest
from etl_common.parallel import together
from etl_common.readers import read_json_pages
from etl_common.secrets import read_secret
from wholesale.extracts import CURRENCY_FIELDS, RATE_FIELDS, SHIPMENT_FIELDS
from wholesale.sources import CURATED_TABLES, CURRENCY_RECORD, RATE_RECORD, SHIPMENT_DOCUMENT, SOURCES
from wholesale.transforms.records import currencies, rates, scans
from wholesale.warehouse import WAREHOUSE


@dataclass(frozen=True)
class Arguments(LakeArguments):
    """api_secret_id: secret with base_url and token. api_attempts, api_read_timeout: tries of a request, seconds of one."""

    api_secret_id: str = "wholesale/api"
    api_attempts: int = 6
    api_read_timeout: int = 30


def main(argv: list[str]) -> None:
    with batch_job(argv, Arguments) as batch:
        landed = extract(batch)
        currency = WAREHOUSE.lake_table("currency")
        listed = currencies(_records(batch, landed["currencies"], CURRENCY_RECORD), batch_id=batch.args.batch_id)
        batch.written(currency, lambda: batch.lake.replace(listed, currency))
        with batch.planned_for(landed["rates"].rows + landed["shipments"].rows):
            together(partial(curate_rates, batch, landed["rates"]), partial(curate_shipments, batch, landed["shipments"]))


def extract(batch: Batch[Arguments]) -> dict[str, LandingManifest]:
    """Land every feed of the batch, unless an earlier run has."""
    secret = read_secret(boto3.client("secretsmanager"), batch.args.api_secret_id)
    retries = Retries(attempts=batch.args.api_attempts)
    api = JsonApi(secret["base_url"], secret["token"], retries, read=batch.args.api_read_timeout)
    of_batch = {"batch": batch.args.batch_id}
    extraction = _extraction(batch)
    return {
        "currencies": extraction.pages("currencies", api, "/v1/currencies", SinglePage(), {}, CURRENCY_FIELDS),
        "rates": extraction.pages("rates", api, "/v1/rates", PageNumber(), of_batch, RATE_FIELDS),
        "shipments": extraction.pages("shipments", api, "/v1/shipments", Cursor(), of_batch, SHIPMENT_FIELDS),
    }


def curate_rates(batch: Batch[Arguments], manifest: LandingManifest) -> None:
    """Rates: a day's first rate holds."""
    nation = batch.lake.read(WAREHOUSE.lake_table("nation"))
    codes = sorted(row["currency_code"] for row in nation.select("currency_code").distinct().collect())
    batch.publish(
        SOURCES["rates"],
        WAREHOUSE.lake_table(CURATED_TABLES["rates"]),
        lambda: _records(batch, manifest, RATE_RECORD).transform(rates),
        records=manifest.rows,
        codes={"currency_code": codes},
    )


def curate_shipments(batch: Batch[Arguments], manifest: LandingManifest) -> None:
    """Shipments: every scan of every document is a record."""
    documents = _records(batch, manifest, SHIPMENT_DOCUMENT)
    served = documents.select(F.expr("aggregate(packages, 0, (n, p) -> n + coalesce(size(p.scans), 0))").alias("scans"))
    row = served.agg(F.sum("scans").alias("scans")).first()
    batch.publish(
        SOURCES["shipments"],
        WAREHOUSE.lake_table(CURATED_TABLES["shipments"]),
        lambda: documents.transform(scans),
        records=(row["scans"] if row else 0) or 0,
        parents={"order_line": batch.lake.read(WAREHOUSE.lake_table("order_line"))},
    )


def _records(batch: Batch[Arguments], manifest: LandingManifest, record: T.StructType) -> DataFrame:
    return read_json_pages(batch.spark, _extraction(batch).folder(manifest), record)


def _extraction(batch: Batch[Arguments]) -> Extraction:
    return Extraction(Landing(batch.s3, batch.args.landing_bucket, "api"), batch.args.batch_id, batch.business_date)


if __name__ == "__main__":
    main(sys.argv)
