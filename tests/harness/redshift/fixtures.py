"""Pairs of a statement and what it gives, in `fixtures/<area>.sql`.

A file begins with statements that set the scene. `-- case: name` opens a case; in it each statement ends with a semicolon and is
followed by what it gives: `-- => cell | cell` for each row (or the tag of a statement without rows), or `-- !! words` for its refusal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from localaws.redshift.lexer import split_statements

FOLDER = Path(__file__).resolve().parent / "fixtures"
_EXPECTED = re.compile(r"-- (=>|!!) ?(.*)")


@dataclass(frozen=True)
class Case:
    """One statement with its rows as texts, or the pattern of its error."""

    area: str
    name: str
    sql: str
    rows: tuple[str, ...]
    error: str


@dataclass(frozen=True)
class Area:
    """One file."""

    name: str
    setup: tuple[str, ...]
    cases: tuple[Case, ...]


def read_area(path: Path) -> Area:
    """The file's statements."""
    opening, *parts = re.split(r"^-- case: ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    cases = []
    for part in parts:
        name, _, body = part.partition("\n")
        cases += _cases(path.stem, name.strip(), body)
    return Area(path.stem, tuple(split_statements(opening)), tuple(cases))


def _cases(area: str, name: str, body: str) -> list[Case]:
    found: list[Case] = []
    statement: list[str] = []
    rows: list[str] = []
    error = ""
    for line in [*body.splitlines(), "end;"]:
        expected = _EXPECTED.match(line)
        if expected:
            if expected[1] == "=>":
                rows.append(expected[2])
            else:
                error = expected[2]
            continue
        if rows or error:
            found.append(Case(area, name, "\n".join(statement).strip().removesuffix(";"), tuple(rows), error))
            statement, rows, error = [], [], ""
        statement.append(line)
    return found


def read_areas() -> list[Area]:
    """Every file."""
    return [read_area(path) for path in sorted(FOLDER.glob("*.sql"))]
