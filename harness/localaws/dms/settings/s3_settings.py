"""S3Settings of a target endpoint (DMS guide, "Endpoint settings when using Amazon S3 as a target for AWS DMS")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localaws.dms.exceptions import SettingsError
from localaws.dms.settings.reading import Reader

__all__ = ["S3Settings"]

_TAKEN = (
    "BucketName", "BucketFolder", "CsvDelimiter", "CsvRowDelimiter", "CsvNullValue", "CompressionType", "DataFormat",
    "IncludeOpForFullLoad", "CdcInsertsOnly", "CdcInsertsAndUpdates", "TimestampColumnName", "DatePartitionEnabled",
    "DatePartitionSequence",
    "DatePartitionDelimiter", "AddColumnName", "ServiceAccessRoleArn", "EncryptionMode", "ServerSideEncryptionKmsKeyId",
)  # fmt: skip
_AS_IT_IS: Mapping[str, bool] = {
    "EnableStatistics": True, "GlueCatalogGeneration": False, "ParquetTimestampInMillisecond": False, "PreserveTransactions": False,
    "Rfc4180": True, "UseCsvNoSupValue": False, "UseTaskStartTimeForFullLoadTimestamp": False,
}  # fmt: skip
"""What files are like anyway, which Terraform says of every endpoint: no other value is taken."""
_SEQUENCES = {"YYYYMMDD": ("%Y", "%m", "%d"), "YYYYMMDDHH": ("%Y", "%m", "%d", "%H"), "YYYYMM": ("%Y", "%m")}
_DELIMITERS = {"SLASH": "/", "DASH": "-", "UNDERSCORE": "_", "NONE": ""}


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Settings with DMS's defaults; `partition` is a folder of the date as `strftime` takes it."""

    bucket: str
    folder: str = ""
    delimiter: str = ","
    row_delimiter: str = "\n"
    null: str = "NULL"
    gzip: bool = False
    parquet: bool = False
    op_in_full_load: bool = False
    inserts_only: bool = False
    inserts_and_updates: bool = False
    timestamp_column: str = ""
    partition: str = ""
    header: bool = False

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> S3Settings:
        """From the endpoint's S3Settings.

        Raises:
            SettingsError: one is unknown, not done by this engine, or contradicts another.
        """
        # Terraform gives what is not set as an empty text; only a null may really be written so.
        given = Reader({name: value for name, value in values.items() if value != "" or name == "CsvNullValue"}, "S3Settings")
        given.only((*_TAKEN, *_AS_IT_IS))
        for name, is_so in _AS_IT_IS.items():
            if given.flag(name, is_so) != is_so:
                raise SettingsError(f"S3Settings.{name}", f"{str(not is_so).lower()} is not done by this engine")
        inserts, updates = given.flag("CdcInsertsOnly", False), given.flag("CdcInsertsAndUpdates", False)
        if inserts and updates:
            raise SettingsError("S3Settings.CdcInsertsAndUpdates", "CdcInsertsOnly is true too: one of them")
        parquet = given.one_of("DataFormat", ("csv", "parquet"), "csv") == "parquet"
        if parquet and given.flag("AddColumnName", False):
            raise SettingsError("S3Settings.AddColumnName", "a Parquet file has its columns' names anyway")
        sequence = given.one_of("DatePartitionSequence", _SEQUENCES, "YYYYMMDD")
        mark = _DELIMITERS[given.one_of("DatePartitionDelimiter", _DELIMITERS, "SLASH")]
        return cls(
            bucket=given.text("BucketName"),
            folder=given.text("BucketFolder", "").strip("/"),
            delimiter=given.text("CsvDelimiter", ",").replace("\\t", "\t"),
            row_delimiter=given.text("CsvRowDelimiter", "\n").replace("\\n", "\n").replace("\\r", "\r"),
            null=given.text("CsvNullValue", "NULL"),
            gzip=given.one_of("CompressionType", ("none", "gzip", "NONE", "GZIP"), "none").lower() == "gzip",
            parquet=parquet,
            op_in_full_load=given.flag("IncludeOpForFullLoad", False),
            inserts_only=inserts,
            inserts_and_updates=updates,
            timestamp_column=given.text("TimestampColumnName", ""),
            partition=mark.join(_SEQUENCES[sequence]) if given.flag("DatePartitionEnabled", False) else "",
            header=given.flag("AddColumnName", False),
        )
