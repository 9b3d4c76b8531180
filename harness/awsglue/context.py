"""`GlueContext`: the entry point of a Glue script, on a plain Spark session. What it does is in `_context`, part by part."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from typing import Any

from pyspark.sql import SparkSession, SQLContext

from awsglue._context.reading import ReadingContext
from awsglue._context.upkeep import UpkeepContext
from awsglue._context.writing import WritingContext
from awsglue._refusal import refuse_unknown
from awsglue._session_catalog import use_glue_catalog
from awsglue.dataframereader import DataFrameReader
from awsglue.dataframewriter import DataFrameWriter
from awsglue.dynamicframe import DynamicFrameReader, DynamicFrameWriter

__all__ = ["GlueContext", "register"]


def register(sc):
    """Makes the vendor's Java classes known to a SparkContext. There are none here, so there is nothing to do."""


class GlueContext(ReadingContext, WritingContext, UpkeepContext, SQLContext):
    """Entry point of a Glue script. Takes a SparkContext, a SparkSession or None (the active or a new session)."""

    Spark_SQL_Formats = {"parquet", "orc"}  # noqa: RUF012 names of the API
    Unsupported_Compression_Types = {"lzo"}  # noqa: RUF012

    def __init__(self, sparkContext=None, **options):
        """options: minPartitions and targetPartitions are taken, as on Glue; Spark decides about partitions here."""
        session = sparkContext if isinstance(sparkContext, SparkSession) else SparkSession.builder.getOrCreate()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # SQLContext is deprecated in Spark; the API is one all the same
            super().__init__(session.sparkContext, session)
        use_glue_catalog()
        self.spark_session = session
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.create_data_frame = DataFrameReader(self)
        self.write_data_frame = DataFrameWriter(self)

    def get_logger(self):
        """Logger with debug, info, warn and error; it writes to the run's error log."""
        logger = logging.getLogger("GlueLogger")
        if not logger.handlers:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [GlueLogger] %(message)s"))
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
            logger.propagate = False
        return logger

    def currentTimeMillis(self):
        """Milliseconds since 1970."""
        return round(time.time() * 1000)


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
