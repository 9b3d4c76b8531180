"""Rules about how data come in: single rows, files that are not compressed, too few files."""

from __future__ import annotations

import re
from collections import Counter

from localaws.redshift.advice.findings import Finding
from localaws.redshift.advice.reading import rows
from localaws.redshift.session import Session

__all__ = ["load_findings"]

_INSERTS = """SELECT query_text FROM sys_query_history WHERE trim(query_type) = 'INSERT' AND trim(status) = 'success'
  AND query_text ILIKE 'insert into%values%'"""
_TABLE = re.compile(r'insert\s+into\s+([\w."]+)', re.IGNORECASE)
_ONE_ROW = re.compile(r"\bvalues\s*\((?:[^()']|'(?:[^']|'')*'|\([^()]*\))*\)\s*;?\s*$", re.IGNORECASE)
_LOADS = """SELECT query_id, table_name, data_source, trim(file_format), source_file_count, source_file_bytes FROM sys_load_history
  WHERE status = 'completed' ORDER BY query_id"""
_FILES = "SELECT query, trim(filename) FROM stl_load_commits"
_COMPRESSED = (".gz", ".bz2", ".zst", ".lzo", ".parquet", ".orc", ".avro")
_LEAST_INSERTS, _LEAST_BYTES = 20, 1 << 20


def load_findings(session: Session, slices: int) -> list[Finding]:
    """RS020, RS021, RS022."""
    found = []
    singles: Counter[str] = Counter()
    for (text,) in rows(session, _INSERTS):
        match = _TABLE.match(str(text))
        if match and _ONE_ROW.search(str(text).rstrip()):
            singles[match[1].replace('"', "").lower()] += 1
    for name, count in sorted(singles.items()):
        if count >= _LEAST_INSERTS:
            found.append(Finding("RS020", name, f"{count} INSERTs of one row each"))
    plain = {str(query) for query, file in rows(session, _FILES) if not str(file).lower().endswith(_COMPRESSED)}
    for query, table, source, form, files, size in rows(session, _LOADS):
        where = f"query {query}"
        if int(size or 0) < _LEAST_BYTES:
            continue
        if form in ("CSV", "TEXT", "JSON", "FIXEDWIDTH") and str(query) in plain:
            found.append(Finding("RS021", where, f"COPY {table} FROM {source}: {int(size or 0) >> 20} MB of {form} without compression"))
        if int(files or 0) % slices:
            words = f"COPY {table} FROM {source}: {files} file(s) for {slices} slices; a multiple of {slices} keeps all of them busy"
            found.append(Finding("RS022", where, words))
    return found
