"""PostgreSQL's errors in Redshift's words, where they differ."""

from __future__ import annotations

import re

import psycopg

from localaws.redshift.ddl import BYTES_CONSTRAINT
from localaws.redshift.exceptions import ConnectionLostError, RedshiftError, StatementCancelledError

__all__ = ["redshift_error"]

_BY_STATE = {
    "22012": "Divide by zero",
    "40001": "1023 DETAIL: Serializable isolation violation on a table in Redshift",
    "25001": "VACUUM cannot run inside a multiple commands statement",
}
_BYTES = re.compile(rf'"{BYTES_CONSTRAINT}(\d+)_')


def redshift_error(error: psycopg.Error, cancelled: bool = False) -> RedshiftError:
    """The error that a client of Redshift would read."""
    state = error.sqlstate or ""
    if cancelled or state == "57014":
        return StatementCancelledError()
    if not state or state.startswith("08") or state in ("57P01", "57P02", "57P03"):
        return ConnectionLostError(error.diag.message_primary or str(error))
    if state == "23514" and (match := _BYTES.search(str(error))):
        return RedshiftError(f"value too long for type character varying({match[1]})", "22001")
    message = _BY_STATE.get(state, error.diag.message_primary or str(error))
    if state == "23502":
        message = f"Cannot insert a NULL value into column {error.diag.column_name}"
    detail = error.diag.message_detail
    return RedshiftError(f"{message}\n  Detail: {detail}" if detail and state not in _BY_STATE and state != "23502" else message, state)
