"""What the local Redshift supports, from its own tables and from the tests that show it.

A statement or function is listed as supported only where a pair of the fixtures or a test of the local Redshift uses it and gets an answer;
what is refused is listed from the tables that refuse it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from localaws.redshift.dialect import refused_statements, supported_statements
from localaws.redshift.exceptions import StatementSyntaxError
from localaws.redshift.lexer import Token, significant, tokenize
from localaws.redshift.sql.functions import NOT_HERE, NOT_REDSHIFT

__all__ = ["refusals_of_statements", "refused_functions", "shown_functions", "shown_statements", "unshown_statements"]

TESTS = Path(__file__).resolve().parents[2] / "tests" / "harness" / "redshift"
# Words before a bracket that call no function.
_NO_CALL = frozenset(
    (
        *(
            "ALL",
            "AND",
            "ANY",
            "AS",
            "BETWEEN",
            "BY",
            "CASE",
            "CHAR",
            "COLUMNS",
            "CUBE",
            "DECIMAL",
            "DISTINCT",
            "DISTKEY",
            "ELSE",
        ),
        *(
            "EXCLUDE",
            "EXISTS",
            "FILTER",
            "FOR",
            "FROM",
            "HAVING",
            "IN",
            "INCLUDE",
            "INSERT",
            "INTO",
            "IS",
            "JOIN",
            "KEY",
            "LIKE",
            "NOT",
        ),
        *(
            "NULLS",
            "NUMERIC",
            "ON",
            "OR",
            "ORDER",
            "OVER",
            "PARTITION",
            "PIVOT",
            "PRIMARY",
            "REFERENCES",
            "ROLLUP",
            "ROW",
            "ROWS",
        ),
        *(
            "SELECT",
            "SET",
            "SETS",
            "SORTKEY",
            "TABLE",
            "THEN",
            "TIME",
            "TIMESTAMP",
            "TOP",
            "UNION",
            "UNIQUE",
            "UNPIVOT",
            "USING",
        ),
        *(
            "VALUES",
            "VARBYTE",
            "VARCHAR",
            "WHEN",
            "WHERE",
            "WITH",
            "WITHIN",
            "GROUP",
            "CHARACTER",
            "VARYING",
            "NVARCHAR",
            "NCHAR",
        ),
        *(
            "BPCHAR",
            "IDENTITY",
            "FOREIGN",
            "MINUS",
            "EXCEPT",
            "INTERSECT",
            "LIMIT",
            "OFFSET",
            "QUALIFY",
            "INTERVAL",
            "TEXT",
            "BINARY",
        ),
        *("DATE", "END"),
    )
)
_NO_CALL_AFTER = frozenset(
    ("TABLE", "INTO", "AS", ".", "VIEW", "JOIN", "FUNCTION", "INDEX", "RECURSIVE", "WITH", "PROCEDURE", "CALL", "FROM", "EXISTS")
)
# Tests of refusals, and of what may fail.
_NO_ANSWERS = frozenset(("test_dialect.py", "test_fuzz.py", "test_faults.py"))


def _supported(rows: Iterable[tuple[str, str]], what: str) -> str:
    """A table of two columns."""
    return "\n".join([f"| {what} | shown by |", "|---|---|", *(f"| {name} | {files} |" for name, files in rows)])


def shown_statements() -> str:
    """Every statement that the endpoint takes, with the tests that run it."""
    texts = dict(_sources())
    rows = [(f"`{' '.join(words)}`", _files(texts, words)) for words in supported_statements()]
    return _supported([(name, files) for name, files in rows if files], "statement")


def unshown_statements() -> list[str]:
    """Statements that the endpoint takes and no test runs."""
    texts = dict(_sources())
    return [" ".join(words) for words in supported_statements() if not _files(texts, words)]


def refusals_of_statements() -> str:
    """Statements that are refused because Redshift has none such."""
    return ", ".join(f"`{' '.join(words)}`" for words in refused_statements())


def shown_functions() -> str:
    """Every function that a pair of the fixtures calls and gets an answer from."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((TESTS / "fixtures").glob("*.sql")):
        for statement in _answered(path.read_text("utf-8")):
            for name in _calls(statement):
                found[name].add(path.stem)
    by_files: dict[str, list[str]] = defaultdict(list)
    for name, files in found.items():
        if name not in NOT_HERE and name not in NOT_REDSHIFT:
            by_files[", ".join(sorted(files))].append(name)
    rows = [f"| {files} | {', '.join(f'`{name}`' for name in sorted(names))} |" for files, names in sorted(by_files.items())]
    return "\n".join(["| shown by the pairs of | functions |", "|---|---|", *rows])


def refused_functions() -> str:
    """Functions that are refused, and whether Redshift has them."""
    here = ", ".join(f"`{name}`" for name in sorted(NOT_HERE))
    redshift = ", ".join(f"`{name}`" for name in sorted(NOT_REDSHIFT))
    return f"| why | functions |\n|---|---|\n| Redshift has them, this endpoint has not | {here} |\n| Redshift has them not | {redshift} |"


def _sources() -> Iterator[tuple[str, str]]:
    """The texts of the tests and of the pairs that have an answer, in capitals and with single blanks."""
    for path in sorted(TESTS.glob("test_*.py")):
        if path.name in _NO_ANSWERS:
            continue
        yield path.name, _plain(path.read_text("utf-8"))
    for path in sorted((TESTS / "fixtures").glob("*.sql")):
        yield f"fixtures/{path.name}", "\n".join(_plain(statement) for statement in _answered(path.read_text("utf-8")))


def _plain(text: str) -> str:
    return re.sub(r"[ \t]+", " ", text.upper())


def _files(texts: dict[str, str], words: tuple[str, ...]) -> str:
    pattern = re.compile(r"(?:^|[\"'(;\n] ?)" + r"\s".join(map(re.escape, words)) + r"\b", re.MULTILINE)
    names = [name for name, text in texts.items() if pattern.search(text)]
    return ", ".join(f"`{name}`" for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _answered(text: str) -> Iterator[str]:
    """Statements of a fixture file that are followed by an answer, not by a refusal."""
    statement: list[str] = []
    for line in text.splitlines():
        if line.startswith("-- =>"):
            if statement:
                yield "\n".join(statement)
            statement = []
        elif line.startswith("-- !!"):
            statement = []
        elif not line.startswith("--"):
            statement.append(line)


def _calls(statement: str) -> Iterator[str]:
    try:
        tokens: list[Token] = significant(tokenize(statement))
    except StatementSyntaxError:
        return
    for at, (name, opening) in enumerate(pairwise(tokens)):
        before = tokens[at - 1].key if at else ""
        if opening.text == "(" and name.kind == "word" and name.key not in _NO_CALL and before not in _NO_CALL_AFTER:
            yield name.key
