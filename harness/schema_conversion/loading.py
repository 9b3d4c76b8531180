"""Loads a dump into a MySQL-compatible server: each statement as its bytes, in order, stopping at the first that is refused.

What only MySQL has and a dump does not need here is left out and told (`LEFT_OUT`). Definers are taken out unless they are to be
kept: a view or trigger of a user that the server does not have can be made and never be used.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pymysql
from pymysql.constants import ER

from schema_conversion.exceptions import ScriptLoadError, ScriptSyntaxError
from schema_conversion.script import Statement, statements

if TYPE_CHECKING:
    from pymysql.connections import Connection
    from pymysql.cursors import Cursor

__all__ = ["LEFT_OUT", "LoadReport", "database_name", "load_dump"]

LEFT_OUT: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"SET\s+@@GLOBAL\.GTID_PURGED\b", re.IGNORECASE), "GTID_PURGED: MySQL's global transaction ids"),
    (re.compile(rb"SET\s+@@SESSION\.SQL_LOG_BIN\b", re.IGNORECASE), "SQL_LOG_BIN: the load is logged, so that it can be replicated"),
    (re.compile(rb"SET\s+@MYSQLDUMP_TEMP_LOG_BIN\b", re.IGNORECASE), "MYSQLDUMP_TEMP_LOG_BIN: the load is logged"),
)
_ACCOUNT = rb"(?:`[^`]*`|'[^']*'|[\w.%]+)"
_DEFINER = re.compile(rb"DEFINER\s*=\s*(?:CURRENT_USER(?:\(\))?|" + _ACCOUNT + rb"(?:\s*@\s*" + _ACCOUNT + rb")?)", re.IGNORECASE)
_HAS_DEFINER = re.compile(
    rb"[\s/*!\d]*(?:CREATE|ALTER)\b(?:" + _DEFINER.pattern + rb"|[^'\"])*?\b(?:VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT)\b", re.IGNORECASE
)
_WARNINGS_KEPT = 10


@dataclass
class LoadReport:
    """What a load did. `kinds`: statements by their first words; `rows`: as the server counts them; `warnings`: the first few."""

    file: Path
    statements: int = 0
    rows: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    definers: int = 0
    warning_count: int = 0
    warnings: list[str] = field(default_factory=list)


def database_name(file: Path) -> str:
    """The file's name as a database's.

    >>> database_name(Path("Sakila-schema.sql.gz"))
    'sakila_schema'
    """
    return re.sub(r"\W+", "_", file.name.removesuffix(".gz").removesuffix(".sql")).strip("_").lower() or "loaded"


def load_dump(file: Path, connection: Connection, *, database: str | None = None, keep_definers: bool = False) -> LoadReport:
    """Execute every statement of `file` (plain or .gz) on the connection.

    database: where a dump goes that names none; made at the first statement that needs one, if it is not there.

    Raises:
        ScriptSyntaxError: the file cannot be cut into statements, or cannot be read.
        ScriptLoadError: the server refused a statement. What came before it stays.
    """
    report = LoadReport(file)
    connection.autocommit(True)  # as the client does; a dump that wants transactions says so
    with _opened(file) as lines, connection.cursor() as cursor:
        for statement in statements(lines, file.name):
            reason = next((why for pattern, why in LEFT_OUT if pattern.search(statement.text[:200])), None)
            if reason:
                report.left_out[reason] += 1
            else:
                text, changed = (statement.text, 0) if keep_definers else _without_definer(statement.text)
                report.definers += changed
                _execute(cursor, Statement(text, statement.line), report, database)
    return report


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
            yield stream  # type: ignore[misc]
    except (OSError, EOFError, zlib.error) as error:
        raise ScriptSyntaxError(file.name, 0, f"the file cannot be read ({error})") from error


def _execute(cursor: Cursor, statement: Statement, report: LoadReport, database: str | None) -> None:
    try:
        try:
            cursor.execute(statement.text)  # type: ignore[arg-type]  # bytes go to the server as they are
        except pymysql.MySQLError as error:
            if database is None or error.args[:1] != (ER.NO_DB_ERROR,):
                raise
            quoted = "`" + database.replace("`", "``") + "`"
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {quoted}")
            cursor.execute(f"USE {quoted}")
            cursor.execute(statement.text)  # type: ignore[arg-type]
        report.rows += cursor.rowcount if cursor.description is None else 0
        while cursor.nextset():
            pass
    except pymysql.MySQLError as error:
        number, reason = (*error.args, "")[:2] if error.args else (0, str(error))
        raise ScriptLoadError(report.file.name, statement.line, statement.text, int(number), str(reason), report.statements) from error
    report.statements += 1
    report.kinds[_kind(statement.text)] += 1
    if cursor.warning_count:
        report.warning_count += cursor.warning_count
        cursor.execute("SHOW WARNINGS")
        found = [f"line {statement.line}: {message}" for _, _, message in cursor.fetchall()]
        report.warnings += found[: _WARNINGS_KEPT - len(report.warnings)]


def _kind(text: bytes) -> str:
    """`CREATE TABLE`, `INSERT`, `CREATE TRIGGER` …, also from inside conditional comments."""
    words = re.sub(
        rb"/\*M?!\d*|\*/|`[^`]*`|DEFINER\s*=\s*\S+|ALGORITHM\s*=\s*\w+|SQL\s+SECURITY\s+\w+|OR\s+REPLACE|UNIQUE|TEMPORARY", b" ", text[:400]
    )
    found = re.findall(rb"[A-Za-z]+", words)[:2]
    kind = b" ".join(found if found and found[0].upper() in (b"CREATE", b"DROP", b"ALTER", b"LOCK", b"UNLOCK") else found[:1])
    return kind.decode("ascii").upper() or "COMMENT"


def _without_definer(text: bytes) -> tuple[bytes, int]:
    head = _HAS_DEFINER.match(text[:2000])
    if head is None:
        return text, 0
    changed, count = _DEFINER.subn(b"", text[: head.end()], count=1)
    return changed + text[head.end() :], count
