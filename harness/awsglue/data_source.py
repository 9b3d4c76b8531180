"""`DataSource`: a source of records, made by `GlueContext.getSource`."""

from __future__ import annotations

from typing import Any

from awsglue._refusal import refuse_unknown
from awsglue.dynamicframe import DynamicFrame

__all__ = ["DataSource"]


class DataSource:
    """A source whose format may still be set. `j_source` is a function (format, format options, as DataFrame) -> records."""

    def __init__(self, j_source, sql_ctx, name):
        self._read, self._sql_ctx, self.name = j_source, sql_ctx, name
        self._format: tuple[str | None, dict[str, Any]] = (None, {})

    def setFormat(self, format, **options):
        """Format of the files and its options."""
        self._format = (format, options)

    def getFrame(self, **options):
        """The records. `minPartitions` and `targetPartitions` say how many partitions they are to have."""
        frame = DynamicFrame(self._read(*self._format, False), self._sql_ctx, self.name)
        wanted = options.get("targetPartitions", options.get("minPartitions"))
        return frame.repartition(int(wanted)) if wanted else frame

    def getSampleFrame(self, num, **options):
        """The first `num` records."""
        frame = self.getFrame()
        return DynamicFrame(frame._records.resolved.limit(int(num)), self._sql_ctx, self.name)

    def getDataFrame(self):
        """The records as Spark's own reader gives them."""
        return self._read(*self._format, True).shown


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
