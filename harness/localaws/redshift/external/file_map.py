"""Which file each row of an external table's copy came from: for `"$path"` and `"$size"`.

A copy is written file after file into a table that is empty, without looking for room in earlier pages, so that the rows of a file lie
together: its last row's place is enough. The map is a table of its own beside each copy, frozen as that is, so that a transaction whose
snapshot is older reads it too (functions in `install/10_declared.sql`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg
from psycopg import sql

__all__ = ["FileMap"]

_NAME = "external_files_{}"
_DEPENDS = """INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
  VALUES ('pg_class'::regclass, %s::regclass, 0, 'pg_class'::regclass, %s, 0, 'a')"""


@dataclass
class FileMap:
    """The files of one copy that is being written on a connection."""

    connection: psycopg.Connection
    table: str
    """Its name as SQL has it."""
    files: list[tuple[str, str, int]] = field(default_factory=list)
    last: str = "(0,0)"

    def written(self, uri: str, size: int) -> None:
        """The rows of a file are in the copy; it may have none."""
        found = self.connection.execute(f"SELECT max(ctid)::text FROM {self.table} WHERE ctid > %s::tid", [self.last]).fetchone()  # type: ignore[arg-type]
        if found is not None and found[0] is not None:
            self.last = found[0]
            self.files.append((self.last, uri, size))

    def keep(self) -> None:
        """Once all of them are written, in the same transaction. The map goes when the copy does, whoever drops that."""
        (number,) = self.connection.execute("SELECT to_regclass(%s)::oid", [self.table]).fetchone() or (0,)
        map_of = sql.Identifier("local_redshift", _NAME.format(number))
        if self.connection.execute("SELECT to_regclass(%s)", [map_of.as_string()]).fetchone() == (None,):
            columns = "(last tid PRIMARY KEY, path varchar NOT NULL, size bigint NOT NULL)"
            self.connection.execute(sql.SQL(f"CREATE TABLE {{}} {columns}").format(map_of))
            self.connection.execute(_DEPENDS, [map_of.as_string(), number])
        self.connection.execute(sql.SQL("TRUNCATE {}").format(map_of))
        with self.connection.cursor().copy(sql.SQL("COPY {} FROM STDIN (FREEZE)").format(map_of)) as copy:
            for file in self.files:
                copy.write_row(file)
