"""`StreamingDataSource`: a source of a DataFrame, streaming where the connection is a stream."""

from __future__ import annotations

from typing import Any

from awsglue._refusal import refuse_unknown

__all__ = ["StreamingDataSource"]


class StreamingDataSource:
    """`j_source` is a function (format, format options) -> DataFrame."""

    def __init__(self, j_source, sql_ctx, name):
        self._read, self._sql_ctx, self.name = j_source, sql_ctx, name
        self._format: tuple[str | None, dict[str, Any]] = (None, {})

    def setFormat(self, format, **options):
        """Format of the records and its options."""
        self._format = (format, options)

    def getFrame(self):
        """The DataFrame."""
        return self._read(*self._format)


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
