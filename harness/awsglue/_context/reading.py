"""What `GlueContext` reads."""

from __future__ import annotations

import os
import re
from typing import Any
from uuid import uuid4

from awsglue._storage import catalog, sources, streaming
from awsglue._storage.catalog_source import read_catalog
from awsglue._storage.options import STREAMS
from awsglue.data_source import DataSource
from awsglue.dynamicframe import DynamicFrame
from awsglue.streaming_data_source import StreamingDataSource

__all__ = ["ReadingContext", "database_of"]


def database_of(database: str | None, table_name: str | None, given: dict[str, Any]) -> str:
    """The database: `name_space` is another name for it, and one of the two must be given, and a table."""
    if database is not None and "name_space" in given:
        raise Exception("Parameter name_space and database are both specified, choose one.")
    if database is None and "name_space" not in given:
        raise Exception("Parameter name_space or database is missing.")
    if table_name is None:
        raise Exception("Parameter table_name is missing.")
    return str(given.pop("name_space")) if "name_space" in given else str(database)


class ReadingContext:
    """Sources and the frames that are made of them."""

    spark_session: Any

    def getSource(self, connection_type, format=None, transformation_ctx="", push_down_predicate="", **options):
        """A source; its format may be set later."""

        def read(later: str | None, format_options: dict[str, Any], as_data_frame: bool) -> Any:
            return sources.read(
                self.spark_session, connection_type, options, later or format, format_options, transformation_ctx, push_down_predicate,
                as_data_frame,
            )  # fmt: skip

        return DataSource(read, self, _source_name(options))

    def getStreamingSource(self, connection_type, format=None, transformation_ctx="", push_down_predicate="", **options):
        """A source of a DataFrame: streaming for kafka and kinesis, else Spark's own reader."""

        def read(later: str | None, format_options: dict[str, Any]) -> Any:
            if connection_type in STREAMS:
                return streaming.read_stream(self.spark_session, connection_type, options)
            return sources.read(
                self.spark_session, connection_type, options, later or format, format_options, transformation_ctx, push_down_predicate,
                as_data_frame=True,
            ).shown  # fmt: skip

        return StreamingDataSource(read, self, _source_name(options))

    def get_catalog_schema_as_spark_schema(self, database=None, table_name=None, catalog_id=None):
        """Spark's schema of a table's columns, partition keys last."""
        from pyspark.sql.types import StructType

        table = catalog.find_table(database, table_name, catalog_id)
        return StructType([*table.columns.fields, *table.partition_keys.fields])

    def create_dynamic_frame_from_rdd(self, data, name, schema=None, sample_ratio=None, transformation_ctx=""):
        """Frame of an RDD or a list; without rows it needs a schema."""
        return DynamicFrame.fromDF(self.spark_session.createDataFrame(data, schema, sample_ratio), self, name)

    def create_dynamic_frame_from_catalog(
        self, database=None, table_name=None, redshift_tmp_dir="", transformation_ctx="", push_down_predicate="", additional_options={},  # noqa: B006
        catalog_id=None, **kwargs,
    ):  # fmt: skip
        """Frame of a table of the catalog. The predicate prunes partitions. `name_space` is another name of `database`."""
        found = database_of(database, table_name, kwargs)
        records = read_catalog(
            self.spark_session, found, table_name, push_down_predicate, additional_options, transformation_ctx, catalog_id, redshift_tmp_dir
        )
        return DataSource(lambda *_: records, self, table_name).getFrame(**kwargs)

    def create_data_frame_from_catalog(
        self, database=None, table_name=None, redshift_tmp_dir="", transformation_ctx="", push_down_predicate="", additional_options={},  # noqa: B006
        catalog_id=None, **kwargs,
    ):  # fmt: skip
        """The same as a DataFrame. `useSparkDataSource` and `useCatalogSchema` change nothing here: it is Spark's."""
        options = {name: value for name, value in additional_options.items() if name not in ("useSparkDataSource", "useCatalogSchema")}
        found = database_of(database, table_name, kwargs)
        stream = streaming.of_table(catalog.find_table(found, table_name, catalog_id), options)
        if stream is not None:
            return streaming.read_stream(self.spark_session, *stream)
        return read_catalog(
            self.spark_session, found, table_name, push_down_predicate, options, transformation_ctx, catalog_id, redshift_tmp_dir
        ).shown

    def create_dynamic_frame_from_options(
        self, connection_type, connection_options={}, format=None, format_options={}, transformation_ctx="", push_down_predicate="",  # noqa: B006
        **kwargs,
    ):  # fmt: skip
        """Frame of files, a database or a DynamoDB table."""
        source = self.getSource(connection_type, format, transformation_ctx, push_down_predicate, **connection_options)
        source.setFormat(format, **format_options)
        return source.getFrame(**kwargs)

    def create_data_frame_from_options(
        self, connection_type, connection_options={}, format=None, format_options={}, transformation_ctx="", push_down_predicate="",  # noqa: B006
        **kwargs,
    ):  # fmt: skip
        """DataFrame of the same, as Spark's own reader gives it, or of a stream."""
        options = {name: value for name, value in connection_options.items() if name not in ("useSparkDataSource", "useCatalogSchema")}
        source = self.getStreamingSource(connection_type, format, transformation_ctx, push_down_predicate, **options)
        source.setFormat(format, **format_options)
        return source.getFrame()

    def create_sample_dynamic_frame_from_catalog(  # noqa: PLR0917 the API's
        self, database=None, table_name=None, num=None, sample_options={}, redshift_tmp_dir="", transformation_ctx="",  # noqa: B006
        push_down_predicate="", additional_options={}, catalog_id=None, erieTxId="", asOfTime="", **kwargs,  # noqa: B006
    ):  # fmt: skip
        """The first `num` records of a table."""
        frame = self.create_dynamic_frame_from_catalog(
            database, table_name, redshift_tmp_dir, transformation_ctx, push_down_predicate, additional_options, catalog_id, **kwargs
        )
        return DataSource(lambda *_: frame._records, self, frame.name).getSampleFrame(num, **sample_options)

    def create_sample_dynamic_frame_from_options(
        self, connection_type, connection_options={}, num=None, sample_options={}, format=None, format_options={}, transformation_ctx="",  # noqa: B006
        push_down_predicate="", **kwargs,
    ):  # fmt: skip
        """The first `num` records of a source."""
        source = self.getSource(connection_type, format, transformation_ctx, push_down_predicate, **connection_options)
        source.setFormat(format, **format_options)
        return source.getSampleFrame(num, **sample_options)


def _source_name(options: dict[str, Any]) -> str:
    """Name of a source's frame: what its paths have in common, else one that nothing else has."""
    paths = options.get("paths")
    common = os.path.commonprefix([paths] if isinstance(paths, str) else list(paths)) if paths else ""  # noqa: RUF071 as the API names it
    return re.sub(r"[:/.]", "", common.split(":")[-1]) if common else str(uuid4()).replace("-", "_")
