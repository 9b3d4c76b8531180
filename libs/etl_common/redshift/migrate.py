"""Applies the warehouse's DDL: numbered SQL files, each idempotent, in order.

A file is run again only when its text has changed: `ops.migration` keeps a checksum per file. That
table is made here, since it must be there before the first file is. A file that begins with
`-- skip when: <query>` is left out when the query gives a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from etl_common.redshift.data_api import MAX_BATCH, RedshiftDataApi
from etl_common.redshift.load import literal

__all__ = ["SqlFile", "migrate", "split_statements"]

_SKIP = "-- skip when:"
_PREPARE = (
    "CREATE SCHEMA IF NOT EXISTS ops",
    "CREATE TABLE IF NOT EXISTS ops.migration "
    "(file VARCHAR(256) NOT NULL, sha256 CHAR(64) NOT NULL, applied_at TIMESTAMP NOT NULL DEFAULT GETDATE())",
)


@dataclass(frozen=True)
class SqlFile:
    """A file by its path, which orders it, and its text."""

    path: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def skip_when(self) -> str | None:
        """The query in the first line, if there is one."""
        first = self.text.split("\n", 1)[0]
        return first.removeprefix(_SKIP).strip().rstrip(";") if first.startswith(_SKIP) else None


def migrate(api: RedshiftDataApi, files: Sequence[SqlFile]) -> list[str]:
    """Apply the files that are new or changed; their paths. Raises WarehouseError at the first statement that fails."""
    for statement in _PREPARE:
        api.execute(statement, "migrate")
    applied = {row["file"].strip(): row["sha256"] for row in api.query("SELECT file, sha256 FROM ops.migration", "migrate")}
    done = []
    for file in sorted(files, key=lambda f: f.path):
        if applied.get(file.path) == file.sha256:
            continue
        skip = file.skip_when
        if skip is not None and api.query(skip, "migrate"):
            continue
        _apply(api, file)
        done.append(file.path)
    return done


def _apply(api: RedshiftDataApi, file: SqlFile) -> None:
    """One file; a transaction where it fits into one, with its row in the table of migrations at the end."""
    note = [
        f"DELETE FROM ops.migration WHERE file = {literal(file.path)}",
        f"INSERT INTO ops.migration (file, sha256) VALUES ({literal(file.path)}, {literal(file.sha256)})",
    ]
    statements = [*split_statements(file.text), *note]
    for start in range(0, len(statements), MAX_BATCH):
        part = statements[start : start + MAX_BATCH]
        statement = api.client.batch_execute_statement(**api.target.parameters(), Sqls=part, StatementName="migrate")["Id"]
        api.wait(str(statement))


def split_statements(text: str) -> list[str]:
    """The statements of a script, without comments between them; `;` in quotes and comments does not split.

    >>> split_statements("SELECT 1; -- a; b\\nSELECT ';'")
    ['SELECT 1', "SELECT ';'"]
    """
    statements, current, position = [], "", 0
    while position < len(text):
        end = _token_end(text, position)
        token = text[position:end]
        if token == ";":
            statements.append(current.strip())
            current = ""
        elif token.startswith(("--", "/*")):
            current += " "
        else:
            current += token
        position = end
    return [statement for statement in (*statements, current.strip()) if statement]


def _token_end(text: str, start: int) -> int:
    """Where the quoted text, comment or single character at `start` ends."""
    closing = {"'": "'", '"': '"', "-": "\n", "/": "*/"}
    if text.startswith(("--", "/*")[text[start] == "/"], start) or text[start] in "'\"":
        mark = closing[text[start]]
        end = text.find(mark, start + (1 if text[start] in "'\"" else 2))
        if end < 0:
            return len(text)
        return end if mark == "\n" else end + len(mark)
    return start + 1
