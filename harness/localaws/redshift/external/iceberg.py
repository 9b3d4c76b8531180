"""Iceberg tables of the catalog, read by PyIceberg: the current snapshot, its deletes applied, columns by their identities.

Imported where there is such a table only: PyIceberg takes a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyiceberg.table import StaticTable

from localaws.athena.exceptions import QueryFailure
from localaws.athena.iceberg import static_table
from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError

__all__ = ["iceberg_batches"]


def iceberg_batches(storage: Path, metadata: str) -> Iterator[pa.RecordBatch]:
    """The rows of the table whose metadata file that is.

    Raises:
        RedshiftError: a file is missing, or is at another place than S3.
        NotSupportedHereError: it has equality deletes.
    """
    try:
        table: StaticTable = static_table(storage, metadata)
        yield from table.scan().to_arrow_batch_reader()
    except QueryFailure as error:
        raise RedshiftError(f"Spectrum Scan Error: {error}") from error
    except ValueError as error:
        if "equality deletes" in str(error):
            raise NotSupportedHereError("An Iceberg table with equality deletes") from error
        raise
