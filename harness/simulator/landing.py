"""Puts a batch's CSV files into the landing bucket, as the systems that own them would: every file, then the manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulator.config import Batch
from simulator.csv_feed import SOURCES
from simulator.exceptions import LoadError
from simulator.generator import generated_batches

__all__ = ["landed_batches", "landing_prefix", "upload_csv"]


def landing_prefix(table: str, batch: Batch) -> str:
    """The folder of a table and batch: `csv/<table>/ingestion_date=<business date>/batch_id=<batch>/`."""
    return f"csv/{table}/ingestion_date={batch.business_date.isoformat()}/batch_id={batch.batch_id}/"


def upload_csv(folder: Path | str, batch_id: str, s3_client: Any, bucket: str) -> list[str]:
    """Upload a batch and return the keys written. A table whose manifest is there with the same content is complete and is left alone.

    s3_client: boto3's. Raises NotGeneratedError; LoadError when the bucket holds another manifest (what has landed never changes).
    """
    known = generated_batches(folder)
    if batch_id not in known:
        raise LoadError(f"{folder} has no batch {batch_id!r}; it has {', '.join(known)}. Generate more batches, or name one of these.")
    written: list[str] = []
    for table in SOURCES:
        source = Path(folder) / "csv" / batch_id / table
        prefix = landing_prefix(table, known[batch_id])
        manifest = (source / "manifest.json").read_bytes()
        landed = _landed(s3_client, bucket, f"{prefix}manifest.json")
        if landed == manifest:
            continue
        if landed is not None:
            raise LoadError(
                f"s3://{bucket}/{prefix}manifest.json is of another delivery than {source}. Landing never changes: "
                "generate with the configuration it was filled from, or begin with an empty bucket (`make clean`)."
            )
        files = sorted(path for path in source.iterdir() if path.name != "manifest.json")
        for path in [*files, source / "manifest.json"]:
            s3_client.put_object(Bucket=bucket, Key=prefix + path.name, Body=path.read_bytes())
            written.append(prefix + path.name)
    return written


def landed_batches(folder: Path | str, s3_client: Any, bucket: str) -> set[str]:
    """The batches of which every table's manifest is in the bucket."""
    return {
        batch_id
        for batch_id, batch in generated_batches(folder).items()
        if all(_landed(s3_client, bucket, f"{landing_prefix(table, batch)}manifest.json") is not None for table in SOURCES)
    }


def _landed(s3_client: Any, bucket: str, key: str) -> bytes | None:
    try:
        return s3_client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3_client.exceptions.NoSuchKey:
        return None
    except s3_client.exceptions.NoSuchBucket:
        raise LoadError(f"There is no bucket {bucket}: deploy the buckets of deployment/buckets.json first.") from None
