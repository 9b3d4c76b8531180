"""`GlueContext`: reading and writing in the API's names, on a plain Spark session."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Mapping
from typing import Any

from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession, SQLContext

from awsglue import _io
from awsglue._refusal import refuse_unknown
from awsglue.dynamicframe import DynamicFrame, DynamicFrameReader, DynamicFrameWriter
from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["GlueContext"]

_REFUSED = (
    "getSource", "getStreamingSource", "get_catalog_schema_as_spark_schema", "create_dynamic_frame_from_rdd",
    "create_sample_dynamic_frame_from_catalog", "create_sample_dynamic_frame_from_options", "getSink",
    "write_dynamic_frame_from_jdbc_conf", "write_from_jdbc_conf", "convert_resolve_option", "extract_jdbc_conf", "purge_table",
    "purge_s3_path", "transition_table", "transition_s3_path", "getSampleStreamingDynamicFrame", "forEachBatch",
    "add_ingestion_time_columns", "start_transaction", "commit_transaction", "cancel_transaction",
)
_NOTHING: Mapping[str, Any] = {}


class GlueContext(SQLContext):
    """Entry point of a Glue script. Takes a SparkContext, a SparkSession or None (the active or a new session)."""

    def __init__(self, sparkContext: SparkContext | SparkSession | None = None, **options: Any) -> None:
        session = sparkContext if isinstance(sparkContext, SparkSession) else SparkSession.builder.getOrCreate()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # SQLContext is deprecated in Spark; the API is one all the same
            super().__init__(session.sparkContext, session)
        self.spark_session = session
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.create_data_frame = _DataFrameReader(self)
        self.write_data_frame = _DataFrameWriter(self)

    def get_logger(self) -> logging.Logger:
        """Logger with debug, info, warn and error; it writes to the run's error log."""
        logger = logging.getLogger("GlueLogger")
        if not logger.handlers:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [GlueLogger] %(message)s"))
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
            logger.propagate = False
        return logger

    def currentTimeMillis(self) -> int:
        return round(time.time() * 1000)

    # ---- reading

    def create_data_frame_from_options(
        self,
        connection_type: str,
        connection_options: Mapping[str, Any] = _NOTHING,
        format: str | None = None,
        format_options: Mapping[str, Any] = _NOTHING,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **kwargs: Any,
    ) -> DataFrame:
        """DataFrame of an S3 path or JDBC table; JSON gets the schema that Spark infers."""
        _refuse_rest("create_data_frame_from_options", kwargs)
        frame = _io.read_options(self.spark_session, connection_type, connection_options, format, format_options)
        return frame.where(push_down_predicate) if push_down_predicate else frame

    def create_dynamic_frame_from_options(
        self,
        connection_type: str,
        connection_options: Mapping[str, Any] = _NOTHING,
        format: str | None = None,
        format_options: Mapping[str, Any] = _NOTHING,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **kwargs: Any,
    ) -> DynamicFrame:
        """The same as a DynamicFrame. JSON is refused: its mixed fields would be choices, which are not there yet."""
        if format == "json":
            raise NotSupportedError("create_dynamic_frame_from_options with format 'json'", "Use create_data_frame.from_options.")
        frame = self.create_data_frame_from_options(
            connection_type, connection_options, format, format_options, transformation_ctx, push_down_predicate, **kwargs
        )
        return DynamicFrame.fromDF(frame, self, transformation_ctx)

    def create_data_frame_from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Mapping[str, Any] = _NOTHING,
        catalog_id: str | None = None,
        **kwargs: Any,
    ) -> DataFrame:
        """DataFrame of an Iceberg table of the catalog. `name_space` is another name of `database`, as in the API."""
        database = database or kwargs.pop("name_space", None)
        _refuse_rest("create_data_frame_from_catalog", {**kwargs, **additional_options})
        return _io.read_catalog(self.spark_session, str(database or ""), str(table_name or ""), push_down_predicate)

    def create_dynamic_frame_from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Mapping[str, Any] = _NOTHING,
        catalog_id: str | None = None,
        **kwargs: Any,
    ) -> DynamicFrame:
        """The same as a DynamicFrame."""
        frame = self.create_data_frame_from_catalog(
            database, table_name, redshift_tmp_dir, transformation_ctx, push_down_predicate, additional_options, catalog_id, **kwargs
        )
        return DynamicFrame.fromDF(frame, self, table_name or "")

    # ---- writing

    def write_dynamic_frame_from_options(
        self,
        frame: DynamicFrame,
        connection_type: str,
        connection_options: Mapping[str, Any] = _NOTHING,
        format: str | None = None,
        format_options: Mapping[str, Any] = _NOTHING,
        transformation_ctx: str = "",
    ) -> DynamicFrame:
        """Appends the records below an S3 path or to a JDBC table. Returns the frame, as the API does."""
        if not isinstance(frame, DynamicFrame):
            raise BadOptionError("write_dynamic_frame_from_options", f"frame is a {type(frame).__name__}", ["DynamicFrame"])
        _io.write_options(frame.toDF(), connection_type, connection_options, format, format_options)
        return frame

    def write_from_options(
        self,
        frame_or_dfc: DynamicFrame,
        connection_type: str,
        connection_options: Mapping[str, Any] = _NOTHING,
        format: Any = _NOTHING,
        format_options: Mapping[str, Any] = _NOTHING,
        transformation_ctx: str = "",
        **kwargs: Any,
    ) -> DynamicFrame:
        _refuse_rest("write_from_options", kwargs)
        return self.write_dynamic_frame_from_options(frame_or_dfc, connection_type, connection_options, format or None, format_options)

    def write_dynamic_frame_from_catalog(
        self,
        frame: DynamicFrame,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: Mapping[str, Any] = _NOTHING,
        catalog_id: str | None = None,
        **kwargs: Any,
    ) -> DynamicFrame:
        """Appends the records to an Iceberg table of the catalog."""
        database = database or kwargs.pop("name_space", None)
        _refuse_rest("write_dynamic_frame_from_catalog", {**kwargs, **additional_options})
        _io.write_catalog(frame.toDF(), str(database or ""), str(table_name or ""))
        return frame

    def write_data_frame_from_catalog(
        self,
        frame: DataFrame,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: Mapping[str, Any] = _NOTHING,
        catalog_id: str | None = None,
        **kwargs: Any,
    ) -> DataFrame:
        """Appends the rows to an Iceberg table of the catalog."""
        database = database or kwargs.pop("name_space", None)
        _refuse_rest("write_data_frame_from_catalog", {**kwargs, **additional_options})
        _io.write_catalog(frame, str(database or ""), str(table_name or ""))
        return frame

    def __getattr__(self, name: str) -> Any:
        if name in _REFUSED:
            raise NotSupportedError(f"awsglue.context.GlueContext.{name}")
        raise AttributeError(f"'GlueContext' object has no attribute {name!r}")


class _DataFrameReader:
    """`glueContext.create_data_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_catalog(self, *args: Any, **kwargs: Any) -> DataFrame:
        """As `GlueContext.create_data_frame_from_catalog`."""
        return self._glue_context.create_data_frame_from_catalog(*args, **kwargs)

    def from_options(self, *args: Any, **kwargs: Any) -> DataFrame:
        """As `GlueContext.create_data_frame_from_options`."""
        return self._glue_context.create_data_frame_from_options(*args, **kwargs)


class _DataFrameWriter:
    """`glueContext.write_data_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_catalog(self, *args: Any, **kwargs: Any) -> DataFrame:
        """As `GlueContext.write_data_frame_from_catalog`."""
        return self._glue_context.write_data_frame_from_catalog(*args, **kwargs)


def _refuse_rest(where: str, options: Mapping[str, Any]) -> None:
    for name in sorted(options):
        raise NotSupportedError(f"{where} with option {name!r}")


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
