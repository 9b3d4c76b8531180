"""What `GlueContext` writes."""

from __future__ import annotations

from typing import Any

from awsglue._context.reading import database_of
from awsglue._storage import sinks
from awsglue._storage.catalog_updates import update_catalog, write_catalog
from awsglue._storage.connections import connection_options as connection_of
from awsglue._storage.connections import jdbc_conf
from awsglue._storage.options import is_true
from awsglue.data_sink import DataSink
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.exceptions import BadOptionError

__all__ = ["WritingContext"]


class WritingContext:
    """Sinks and the calls that write through them."""

    def getSink(self, connection_type, format=None, transformation_ctx="", **options):
        """A sink; its format, and the catalog table that it keeps up to date, may be set later."""

        def write(frame: Any, later: str | None, format_options: dict[str, Any], table: tuple[str, str, str] | None, name: str) -> None:
            target = _named(options, name)
            sinks.write(frame, connection_type, target, later or format, format_options)
            if is_true(options.get("enableUpdateCatalog", False)):
                _update(frame, target, str(later or format or connection_type), table)

        return DataSink(write, self)

    def write_dynamic_frame_from_options(
        self, frame, connection_type, connection_options={}, format=None, format_options={}, transformation_ctx=""  # noqa: B006
    ):  # fmt: skip
        """Appends a frame to files, a database or a DynamoDB table."""
        return self.write_from_options(frame, connection_type, connection_options, format, format_options, transformation_ctx)

    def write_from_options(
        self, frame_or_dfc, connection_type, connection_options={}, format={}, format_options={}, transformation_ctx="", **kwargs  # noqa: B006
    ):  # fmt: skip
        """The same for a frame or for each frame of a collection, which goes to a folder or table of its name."""
        options = _options_for(frame_or_dfc, connection_options)
        sink = self.getSink(connection_type, format or None, transformation_ctx, **options)
        sink.setFormat(format or None, **format_options)
        if kwargs.get("accumulator_size", 0) > 0:
            sink.setAccumulableSize(kwargs["accumulator_size"])
        return sink.write(frame_or_dfc)

    def write_dynamic_frame_from_catalog(
        self, frame, database=None, table_name=None, redshift_tmp_dir="", transformation_ctx="", additional_options={}, catalog_id=None,  # noqa: B006
        **kwargs,
    ):  # fmt: skip
        """Appends a frame to a table of the catalog."""
        found = database_of(database, table_name, kwargs)

        def write(data: Any, *_: Any) -> None:
            write_catalog(data, found, table_name, additional_options, catalog_id, redshift_tmp_dir)

        return DataSink(write, self).write(frame)

    def write_data_frame_from_catalog(
        self, frame, database=None, table_name=None, redshift_tmp_dir="", transformation_ctx="", additional_options={}, catalog_id=None,  # noqa: B006
        **kwargs,
    ):  # fmt: skip
        """Appends a DataFrame to a table of the catalog; gives it back."""
        found = database_of(database, table_name, kwargs)
        write_catalog(frame, found, table_name, additional_options, catalog_id, redshift_tmp_dir)
        return frame

    def write_dynamic_frame_from_jdbc_conf(
        self, frame, catalog_connection, connection_options={}, redshift_tmp_dir="", transformation_ctx="", catalog_id=None  # noqa: B006
    ):  # fmt: skip
        """Appends a frame to a table of the database that a connection of the catalog names."""
        return self.write_from_jdbc_conf(frame, catalog_connection, connection_options, redshift_tmp_dir, transformation_ctx, catalog_id)

    def write_from_jdbc_conf(
        self, frame_or_dfc, catalog_connection, connection_options={}, redshift_tmp_dir="", transformation_ctx="", catalog_id=None  # noqa: B006
    ):  # fmt: skip
        """The same for a frame or for each frame of a collection, which goes to a table of its name."""
        options = {**connection_of(catalog_connection, catalog_id), **_options_for(frame_or_dfc, connection_options)}
        if redshift_tmp_dir:
            options["redshiftTmpDir"] = redshift_tmp_dir
        vendor = jdbc_conf(catalog_connection, catalog_id)["vendor"]
        return self.getSink(vendor, transformation_ctx=transformation_ctx, **options).write(frame_or_dfc)


def _options_for(given: Any, options: Any) -> dict[str, Any]:
    if isinstance(given, DynamicFrameCollection):
        return {**options, "useFrameName": True}
    if isinstance(given, DynamicFrame):
        return dict(options)
    raise TypeError(f"frame_or_dfc must be DynamicFrame or DynamicFrameCollection. Got {type(given)}")


def _named(options: dict[str, Any], name: str) -> dict[str, Any]:
    """Options of one frame of a collection: its own folder or table."""
    if not options.get("useFrameName"):
        return options
    rest = {key: value for key, value in options.items() if key != "useFrameName"}
    if "path" in rest:
        return {**rest, "path": f"{str(rest['path']).rstrip('/')}/{name}"}
    return {**rest, "dbtable": name}


def _update(frame: Any, options: dict[str, Any], format: str, table: tuple[str, str, str] | None) -> None:
    if table is None:
        raise BadOptionError("getSink", "enableUpdateCatalog without a table", ["setCatalogInfo(catalogDatabase=…, catalogTableName=…)"])
    database, name, catalog_id = table
    behaviour = str(options.get("updateBehavior", "UPDATE_IN_DATABASE"))
    update_catalog(frame, database, name, str(options["path"]), format, sinks.partition_keys_of(options), behaviour, catalog_id or None)
