"""Rules about tables: how rows are spread, how wide texts are, whether VACUUM and ANALYZE are due."""

from __future__ import annotations

from localaws.redshift.advice.findings import Finding
from localaws.redshift.advice.reading import rows
from localaws.redshift.lexer import quote_identifier
from localaws.redshift.session import Session

__all__ = ["table_findings"]

_TABLES = 'SELECT schema, "table", diststyle, unsorted, stats_off, tbl_rows FROM svv_table_info WHERE tbl_rows >= {} ORDER BY 1, 2'
_TEXTS = """SELECT column_name, character_maximum_length FROM svv_columns
  WHERE table_schema = '{}' AND table_name = '{}' AND data_type = 'character varying' AND character_maximum_length >= 256
  ORDER BY ordinal_position"""
_SKEWED = 4.0  # "a ratio above 4.00 is high" (SVV_TABLE_INFO, skew_rows)
_STALE, _UNSORTED = 10.0, 20.0
_WIDE = 4


def table_findings(session: Session, least_rows: int) -> list[Finding]:
    """RS002, RS004, RS005, RS006."""
    found = []
    for schema, table, style, unsorted, stale, _ in rows(session, _TABLES.format(least_rows)):
        name = f"{schema}.{table}"
        if unsorted is not None and float(unsorted) > _UNSORTED:
            found.append(Finding("RS005", name, f"{unsorted} % of the rows are unsorted: VACUUM SORT ONLY {name}"))
        if stale is not None and float(stale) > _STALE:
            found.append(Finding("RS006", name, f"statistics are off by {stale} %: ANALYZE {name}"))
        if style is not None and style.startswith("KEY("):
            found += _skew(session, str(schema), str(table), style[4:-1])
        found += _widths(session, str(schema), str(table))
    return found


def _relation(schema: str, table: str) -> str:
    return f"{quote_identifier(schema)}.{quote_identifier(table)}"


def _skew(session: Session, schema: str, table: str, key: str) -> list[Finding]:
    """How much more rows the most frequent key has than an even spread over a small cluster's slices would give one."""
    column = quote_identifier(key)
    (answer,) = rows(
        session,
        f"SELECT SUM(n), MAX(n), COUNT(*) FROM (SELECT {column} AS k, COUNT(*) AS n FROM {_relation(schema, table)} GROUP BY 1) AS counted",
    )
    total, most, distinct = (int(value or 0) for value in answer)
    slices = 16
    if total and most > _SKEWED * total / slices:
        share = round(100 * most / total)
        words = (
            f"one value of the DISTKEY {key} has {share} % of the rows ({distinct} distinct values): one slice would hold and do that much"
        )
        return [Finding("RS002", f"{schema}.{table}", words)]
    return []


def _widths(session: Session, schema: str, table: str) -> list[Finding]:
    texts = rows(session, _TEXTS.format(schema.replace("'", "''"), table.replace("'", "''")))
    if not texts:
        return []
    longest = ", ".join(f"COALESCE(MAX(OCTET_LENGTH({quote_identifier(str(name))})), 0)" for name, _ in texts)
    (widths,) = rows(session, f"SELECT {longest} FROM {_relation(schema, table)}")
    return [
        Finding("RS004", f"{schema}.{table}.{name}", f"VARCHAR({declared}) holds at most {used} bytes")
        for (name, declared), used in zip(texts, widths, strict=True)
        if int(used or 0) * _WIDE <= int(declared or 0)
    ]
