"""The quarantine: every refused record with its reason and where it came from.

A Parquet dataset, partitioned by source and batch. A batch's partition is replaced by a re-run, so that
running again neither adds nor loses records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from etl_common.exceptions import MissingColumnError
from etl_common.objects import delete_prefix

__all__ = ["QUARANTINE", "Quarantine"]

QUARANTINE = T.StructType(
    [
        T.StructField("business_date", T.DateType()),
        T.StructField("rule", T.StringType()),
        T.StructField("reason", T.StringType()),
        T.StructField("origin", T.StringType()),
        T.StructField("position", T.LongType()),
        T.StructField("record_key", T.StringType()),
        T.StructField("raw", T.StringType()),
    ]
)


@dataclass(frozen=True)
class Quarantine:
    """The quarantine bucket."""

    s3: Any
    bucket: str

    def prefix(self, source: str, batch_id: str) -> str:
        return f"records/source={source}/batch_id={batch_id}/"

    def replace(self, refused: DataFrame, source: str, batch_id: str, *, rows: int) -> None:
        """Make the batch's partition hold exactly these rows. rows: how many there are, already counted.

        refused: at least the columns of `QUARANTINE`.
        """
        missing = set(QUARANTINE.names) - set(refused.columns)
        if missing:
            raise MissingColumnError("the quarantine", missing, refused.columns)
        prefix = self.prefix(source, batch_id)
        if rows == 0:
            delete_prefix(self.s3, self.bucket, prefix)
            return
        columns = [refused[field.name].cast(field.dataType).alias(field.name) for field in QUARANTINE.fields]
        refused.select(*columns).coalesce(1).write.mode("overwrite").parquet(f"s3://{self.bucket}/{prefix}")
