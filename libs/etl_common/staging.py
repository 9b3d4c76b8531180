"""The staging area: the final rows of a batch as Parquet, for Redshift to copy.

Rows are written below a folder of the run, and a manifest names them, so that a COPY which is still at
work for a killed run never sees its files change.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError
from pyspark.sql import DataFrame

from etl_common.exceptions import LandingError
from etl_common.redshift.load import LoadTable, StagedTable

__all__ = ["Staging"]


@dataclass(frozen=True)
class Staging:
    """The staged rows of one batch."""

    s3: Any
    bucket: str
    batch_id: str

    @property
    def key(self) -> str:
        return f"load/batch_id={self.batch_id}/manifest.json"

    def writer(self) -> StagingRun:
        """A new folder for this run's files."""
        return StagingRun(self, f"load/batch_id={self.batch_id}/{uuid4().hex}/")

    def commit(self, tables: Sequence[StagedTable]) -> None:
        """Name what is to be loaded; replaces what an earlier run of the batch named."""
        content = {"tables": [{"table": t.table.name, "uri": t.uri, "rows": t.rows} for t in tables]}
        self.s3.put_object(Bucket=self.bucket, Key=self.key, Body=json.dumps(content, indent=1).encode(), ContentType="application/json")

    def read(self, tables: Sequence[LoadTable]) -> list[StagedTable]:
        """What is to be loaded, in the order of `tables`. Raises LandingError when the batch has not been built."""
        where = f"s3://{self.bucket}/{self.key}"
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=self.key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
                raise
            raise LandingError(where, "does not exist", "run build_facts of the batch first") from error
        found = {item["table"]: item for item in json.loads(body)["tables"]}
        unknown = sorted(found.keys() - {table.name for table in tables})
        if unknown:
            raise LandingError(where, f"names {', '.join(unknown)}, which are not declared", "run build_facts of the batch again")
        return [StagedTable(t, found[t.name]["uri"], found[t.name]["rows"]) for t in tables if t.name in found]


@dataclass(frozen=True)
class StagingRun:
    """Writes the tables of one run."""

    staging: Staging
    prefix: str

    def write(self, rows: DataFrame, table: LoadTable) -> StagedTable:
        """Write a table's rows in its columns' order and count them from the files."""
        uri = f"s3://{self.staging.bucket}/{self.prefix}{table.name}/"
        wanted = rows.select(*table.columns)
        wanted.write.parquet(uri)
        return StagedTable(table, uri, rows.sparkSession.read.schema(wanted.schema).parquet(uri).count())
