"""Glue job: upkeep of the lake.

Reads   every curated table's metadata; listings of landing, staging and quarantine
Writes  curated.*: small files rewritten, old snapshots expired; removes staged rows of loaded batches, files of
        killed extractions, and landing and quarantine beyond their age
Arguments  --small_file_mb, --snapshot_days, --landing_days, --quarantine_days (0 keeps all), buckets

Landing is what a rebuild starts from: by default nothing of a committed extraction is removed.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from etl_common.job import RunningJob, glue_job
from etl_common.lake import CATALOG
from etl_common.manifest import MANIFEST
from etl_common.objects import delete_prefix, list_objects
from etl_common.redshift import LoadLedger
from etl_common.redshift.arguments import RedshiftTarget


@dataclass(frozen=True)
class Arguments(RedshiftTarget):
    """What Glue passes. Ages are in days; attempt_hours: how old an extraction without a manifest must be to be removed."""

    curated_database: str = "curated"
    landing_bucket: str = "wholesale-landing"
    quarantine_bucket: str = "wholesale-quarantine"
    staging_bucket: str = "wholesale-staging"
    small_file_mb: int = 32
    snapshot_days: int = 7
    landing_days: int = 0
    quarantine_days: int = 0
    attempt_hours: int = 48


def main(argv: list[str]) -> None:
    with glue_job(argv, Arguments) as job:
        for row in job.spark.sql(f"SHOW TABLES IN {CATALOG}.{job.args.curated_database}").collect():
            compact(job, row["tableName"])
        s3 = boto3.client("s3")
        removed = remove_loaded_staging(s3, job.args.staging_bucket, LoadLedger(job.args.data_api()).batches())
        job.log(f"{removed} staged objects of loaded batches removed")
        now = datetime.now(UTC)
        removed = remove_attempts(s3, job.args.landing_bucket, now - timedelta(hours=job.args.attempt_hours))
        job.log(f"{removed} objects of killed extractions removed")
        for bucket, days in ((job.args.landing_bucket, job.args.landing_days), (job.args.quarantine_bucket, job.args.quarantine_days)):
            removed = remove_older(s3, bucket, now - timedelta(days=days)) if days else 0
            job.log(f"{removed} objects of {bucket} were beyond their age")


def compact(job: RunningJob[Arguments], table: str) -> None:
    """Rewrite files below the size where there are several, then forget old snapshots."""
    name = f"{job.args.curated_database}.{table}"
    size = job.args.small_file_mb * 1024 * 1024
    rewritten = job.spark.sql(
        f"CALL {CATALOG}.system.rewrite_data_files(table => '{name}', "
        f"options => map('min-file-size-bytes', '{size}', 'min-input-files', '4'))"
    ).first()
    before = (datetime.now(UTC) - timedelta(days=job.args.snapshot_days)).strftime("%Y-%m-%d %H:%M:%S")
    expired = job.spark.sql(
        f"CALL {CATALOG}.system.expire_snapshots(table => '{name}', older_than => TIMESTAMP '{before}', retain_last => 10)"
    ).first()
    files = rewritten["rewritten_data_files_count"] if rewritten else 0
    gone = expired["deleted_data_files_count"] if expired else 0
    job.log(f"{table}: {files} files rewritten, {gone} files of expired snapshots removed")


def remove_loaded_staging(s3: Any, bucket: str, loaded: set[str]) -> int:
    """Rows that Redshift has; the manifest stays as a record of what was loaded."""
    removed = 0
    for batch_id in sorted(loaded):
        prefix = f"load/batch_id={batch_id}/"
        runs = {item["Key"].removeprefix(prefix).split("/", 1)[0] for item in list_objects(s3, bucket, prefix)}
        removed += sum(delete_prefix(s3, bucket, f"{prefix}{run}/") for run in sorted(runs) if run != MANIFEST)
    return removed


def remove_attempts(s3: Any, bucket: str, before: datetime) -> int:
    """Folders of extractions whose batch's manifest names no file of them."""
    folders: dict[str, dict[str, datetime]] = defaultdict(dict)
    manifests = set()
    for item in list_objects(s3, bucket, ""):
        folder, _, rest = item["Key"].partition("/attempt-")
        if rest:
            attempt = f"{folder}/attempt-{rest.split('/', 1)[0]}/"
            folders[folder][attempt] = max(item["LastModified"], folders[folder].get(attempt, item["LastModified"]))
        elif item["Key"].endswith("/" + MANIFEST):
            manifests.add(item["Key"].removesuffix("/" + MANIFEST))
    removed = 0
    for folder, attempts in folders.items():
        text = s3.get_object(Bucket=bucket, Key=f"{folder}/{MANIFEST}")["Body"].read().decode() if folder in manifests else ""
        for attempt, newest in attempts.items():
            if newest < before and attempt.removeprefix(folder + "/") not in text:
                removed += delete_prefix(s3, bucket, attempt)
    return removed


def remove_older(s3: Any, bucket: str, before: datetime) -> int:
    """Objects that were written before the instant."""
    old = [item["Key"] for item in list_objects(s3, bucket, "") if item["LastModified"] < before]
    for key in old:
        s3.delete_object(Bucket=bucket, Key=key)
    return len(old)


if __name__ == "__main__":
    main(sys.argv)
