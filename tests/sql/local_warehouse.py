"""A local Redshift with sql/redshift applied, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from etl_common.redshift.migrate import split_statements
from localaws.engines.postgres import PostgresEngine
from localaws.home import Home
from localaws.redshift.session import Session

SQL = Path(__file__).parents[2] / "sql" / "redshift"
MIGRATIONS = sorted(path for path in SQL.glob("[0-9]*/*.sql"))


class LocalWarehouse:
    """Statements in Redshift's dialect; values come back as text, as PostgreSQL writes them."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def run(self, sql: str) -> list[tuple[str | None, ...]]:
        rows = self.session.run(sql)
        return [
            tuple(None if (value := chunk.get_value(row, column)) is None else value.decode() for column in range(chunk.nfields))
            for chunk in rows.chunks
            for row in range(chunk.ntuples)
        ]

    def apply(self, path: Path) -> None:
        text = path.read_text("utf-8")
        first = text.split("\n", 1)[0]
        if first.startswith("-- skip when:") and self.run(first.removeprefix("-- skip when:")):
            return
        for statement in split_statements(text):
            self.run(statement)

    def insert(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        """Rows by PostgreSQL's own means, beside the dialect."""
        for row in rows:
            columns, marks = ", ".join(row), ", ".join(["%s"] * len(row))
            self.session.connection.execute(f"INSERT INTO warehouse.{table} ({columns}) VALUES ({marks})", list(row.values()))


@contextmanager
def local_warehouse(folder: Path) -> Iterator[LocalWarehouse]:
    """Starts PostgreSQL in a home of its own and applies every migration."""
    engine = PostgresEngine(Home(folder))
    engine.start()
    try:
        session = Session(engine.conninfo(), folder / "s3")
        try:
            warehouse = LocalWarehouse(session)
            for path in MIGRATIONS:
                warehouse.apply(path)
            yield warehouse
        finally:
            session.close()
    finally:
        engine.stop()
        engine.remove_outside()
