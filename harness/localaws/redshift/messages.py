"""PostgreSQL's errors in Redshift's words, where they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping

import psycopg

from localaws.redshift.ddl import BYTES_CONSTRAINT
from localaws.redshift.exceptions import ConnectionLostError, RedshiftError, StatementCancelledError

__all__ = ["in_redshift_words", "redshift_error"]

_BY_STATE = {
    "22012": "Divide by zero",
    "40001": "1023 DETAIL: Serializable isolation violation on a table in Redshift",
}
# PostgreSQL has roles for users and groups. Where a statement may name some of both, its role is left to be one.
_ROLES = {
    **{f"{verb} user": ("user", " does not exist") for verb in ("alter", "drop")},
    "drop group": ("group", " does not exist"),
    **{f"create {what}": (what, " already exists") for what in ("user", "group")},
}
_VIEW = re.compile(r'cannot (insert into|update|delete from) view "')
_BYTES = re.compile(rf'"{BYTES_CONSTRAINT}(\d+)_')


def in_redshift_words(fields: Mapping[str, str]) -> RedshiftError:
    """The error that a client of Redshift would read, from the fields of PostgreSQL's by their letters in the protocol."""
    state, primary = fields.get("C", ""), fields.get("M", "")
    if state == "23514" and (match := _BYTES.search(primary)):
        return RedshiftError(f"value too long for type character varying({match[1]})", "22001")
    if state == "55000" and (match := _VIEW.match(primary)):
        return RedshiftError(f"cannot {match[1]} a view", "0A000")
    message = _BY_STATE.get(state, primary)
    if state == "25001" and primary.startswith("VACUUM"):
        message = "VACUUM cannot run inside a multiple commands statement"
    if state == "23502":
        message = f"Cannot insert a NULL value into column {fields.get('c', '')}"
    return RedshiftError(message, state, {} if message != primary else {key: fields[key] for key in "DH" if key in fields})


def redshift_error(error: psycopg.Error, cancelled: bool = False, kind: str = "") -> RedshiftError:
    """The error that a client of Redshift would read; `kind` is the statement's, which tells whether a role is a user or a group."""
    state = error.sqlstate or ""
    if cancelled or state == "57014":
        return StatementCancelledError()
    # 08P01 is a statement that lacks a parameter's value: the connection goes on.
    if not state or (state.startswith("08") and state != "08P01") or state in ("57P01", "57P02", "57P03"):
        return ConnectionLostError(error.diag.message_primary or str(error))
    diag = error.diag
    given = {"C": state, "M": diag.message_primary or str(error), "D": diag.message_detail, "H": diag.message_hint, "c": diag.column_name}
    what, ending = _ROLES.get(kind, ("", ""))
    if what and (words := given["M"] or "").startswith('role "') and words.endswith(ending):
        given["M"] = what + words.removeprefix("role")
    found = in_redshift_words({key: value for key, value in given.items() if value})
    if detail := found.fields.get("D"):
        found.message = f"{found.message}\n  Detail: {detail}"
    return found
