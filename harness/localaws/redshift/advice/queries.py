"""Rules from the query history: each different SELECT is explained once, and its plan is read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from localaws.redshift.advice.findings import Finding
from localaws.redshift.advice.reading import rows
from localaws.redshift.exceptions import ConnectionLostError, RedshiftError
from localaws.redshift.session import Session

__all__ = ["query_findings"]

_MOST = 200
_QUERIES = f"""SELECT MAX(query_id), COUNT(*), rtrim(query_text) FROM sys_query_history
  WHERE trim(query_type) = 'SELECT' AND trim(status) = 'success' AND LEN(query_text) < 4000 GROUP BY 3 ORDER BY 1 DESC LIMIT {_MOST}"""
_INFORMATION = 'SELECT schema, "table", diststyle, sortkey1, tbl_rows FROM svv_table_info'
_SCAN = re.compile(r"XN Seq Scan on (\S+?)(?: (\S+))?  \(")
_PAIR = re.compile(r"\(?([\w\"]+)\.([\w\"]+)\)?(?:::[\w ]+)? = \(?([\w\"]+)\.([\w\"]+)\)?")
_FILTERED = re.compile(r"(?:([\w\"]+)\.)?([\w\"]+)(?:\)?::[\w ]+)? (?:[<>]=?|=) ")
_MOVES = ("DS_BCAST_INNER", "DS_DIST_BOTH", "DS_DIST_INNER", "DS_DIST_OUTER", "DS_DIST_ALL_INNER")


@dataclass
class _Table:
    name: str
    diststyle: str
    sortkey: str
    rows: int
    joined: Counter[str] = field(default_factory=Counter)
    filtered: Counter[str] = field(default_factory=Counter)


def query_findings(session: Session, least_rows: int) -> list[Finding]:
    """RS001, RS003, RS010, RS011."""
    tables: dict[str, _Table] = {}
    for schema, name, style, sortkey, count in rows(session, _INFORMATION):
        tables[str(name)] = _Table(f"{schema}.{name}", style or "", sortkey or "", int(count or 0))
    found: list[Finding] = []
    for number, times, text in rows(session, _QUERIES):
        plan = _plan(session, str(text))
        if plan:
            found += _read(plan, f"query {number}", int(times or 1), tables, least_rows)
    large = [table for table in tables.values() if table.rows >= least_rows]
    for table in large:
        if table.joined and not table.diststyle.startswith("KEY") and table.diststyle != "ALL":
            column, number_of = table.joined.most_common(1)[0]
            words = (
                f"DISTSTYLE {table.diststyle}, joined by {column} in {number_of} queries: ALTER TABLE {table.name} ALTER DISTKEY {column}"
            )
            found.append(Finding("RS001", table.name, words))
        if table.filtered and not table.sortkey:
            column, number_of = table.filtered.most_common(1)[0]
            words = f"filtered by {column} in {number_of} queries: ALTER TABLE {table.name} ALTER SORTKEY ({column})"
            found.append(Finding("RS003", table.name, words))
    return found


def _plan(session: Session, text: str) -> list[str]:
    """Nothing for what cannot be explained any more: its tables may be gone, or it has parameters."""
    try:
        return [str(line) for (line,) in rows(session, f"EXPLAIN {text}")]
    except ConnectionLostError:
        raise
    except RedshiftError:
        return []


def _read(plan: list[str], where: str, times: int, tables: dict[str, _Table], least_rows: int) -> list[Finding]:
    aliases = {match[2] or match[1]: match[1] for line in plan if (match := _SCAN.search(line))}
    scanned = [tables[name] for name in aliases.values() if name in tables]
    large = [table for table in scanned if table.rows >= least_rows]
    found = []
    at = ""
    for line in plan:
        if match := _SCAN.search(line):
            at = match[1]
        if "Cond:" in line:
            for one, column, other, second in _PAIR.findall(line):
                for alias, name in ((one, column), (other, second)):
                    if aliases.get(alias) in tables:
                        tables[aliases[alias]].joined[name.strip('"')] += times
        if "Filter:" in line and at in tables:
            for _, column in _FILTERED.findall(line):
                tables[at].filtered[column.strip('"')] += times
        moved = next((label for label in _MOVES if f"Join {label}" in line), "")
        names = ", ".join(sorted(table.name for table in large))
        if moved and large:
            condition = next((one.strip() for one in plan[plan.index(line) :] if "Cond:" in one), "")
            found.append(Finding("RS010", where, f"{moved} ({condition}) with the large table(s) {names}, {times} time(s)"))
        if "XN Nested Loop" in line and large:
            found.append(
                Finding("RS011", where, f"{line.strip().split('  (')[0]} with {names}: give the join a condition of equal columns")
            )
    return found
