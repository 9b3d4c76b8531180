"""`DataSink`: a target of records, made by `GlueContext.getSink`; it may keep the catalog up to what it writes."""

from __future__ import annotations

from typing import Any

from awsglue._refusal import refuse_unknown
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection

__all__ = ["DataSink"]


class DataSink:
    """A target whose format and catalog table may still be set. `j_sink` is a function (DataFrame, format, options, catalog, name)."""

    def __init__(self, j_sink, sql_ctx):
        self._write, self._sql_ctx = j_sink, sql_ctx
        self._format: tuple[str | None, dict[str, Any]] = (None, {})
        self._catalog: tuple[str, str, str] | None = None

    def setFormat(self, format, **options):
        """Format of the files and its options."""
        self._format = (format, options)

    def setAccumulableSize(self, size):
        """Taken and without effect: error records are not accumulated on the driver here."""

    def setCatalogInfo(self, catalogDatabase, catalogTableName, catalogId=""):
        """Table of the catalog that the sink makes or updates, when it was made with enableUpdateCatalog."""
        self._catalog = (catalogDatabase, catalogTableName, catalogId)

    def writeFrame(self, dynamic_frame, info=""):
        """Writes the records; gives the frame `<name>_errors` of those that could not be written, which is empty: a failure raises."""
        from awsglue.dynamicframe import empty_frame

        self._write(dynamic_frame.toDF(), *self._format, self._catalog, dynamic_frame.name)
        return empty_frame(dynamic_frame.glue_ctx, f"{dynamic_frame.name}_errors")

    def writeDataFrame(self, data_frame, glue_context, info=""):
        """The same for a DataFrame; gives it back."""
        self._write(data_frame, *self._format, self._catalog, "")
        return data_frame

    def write(self, dynamic_frame_or_dfc, info=""):
        """Writes a frame, or each frame of a collection."""
        if isinstance(dynamic_frame_or_dfc, DynamicFrame):
            return self.writeFrame(dynamic_frame_or_dfc, info)
        if isinstance(dynamic_frame_or_dfc, DynamicFrameCollection):
            return DynamicFrameCollection([self.writeFrame(frame) for frame in dynamic_frame_or_dfc.values()], self._sql_ctx)
        kind = type(dynamic_frame_or_dfc)
        raise TypeError(f"dynamic_frame_or_dfc must be an instance of DynamicFrame or DynamicFrameCollection. Got {kind}")


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
