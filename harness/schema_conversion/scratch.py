"""A server of its own for one dump: MariaDB in a folder that is deleted afterwards.

The dump's USE, DROP and CREATE USER cannot touch the databases of the user's home, and the server's own parser reads the dump.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql

from localaws.engines.mariadb import DATABASE, MariaDBEngine
from localaws.home import Home
from schema_conversion.loading import LoadReport, database_name, load_dump

if TYPE_CHECKING:
    from pymysql.connections import Connection

__all__ = ["loaded_dump"]


@contextmanager
def loaded_dump(file: Path) -> Iterator[tuple[Connection, LoadReport]]:
    """A connection to a server that holds the dump and nothing else, and what the load did.

    A dump that names no database is in one with the file's name.
    Raises what `load_dump` raises, and EngineError when the server cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="etl-scratch-") as folder:
        engine = MariaDBEngine(Home(Path(folder, "home")).make())
        engine.start()
        try:
            with pymysql.connect(**{**engine.connection_arguments(), "database": None}) as connection:
                with connection.cursor() as cursor:
                    cursor.execute(f"DROP DATABASE `{DATABASE}`")
                yield connection, load_dump(file, connection, database=database_name(file))
        finally:
            engine.stop()
