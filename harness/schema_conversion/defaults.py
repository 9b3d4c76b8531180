"""A column's default in Redshift's SQL, for the few forms that mean the same there: literals and the current time."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from schema_conversion.model import Column

__all__ = ["NotConvertible", "default_for", "text_literal"]

_QUOTED = re.compile(r"'(?:[^'\\]|''|\\.)*'", re.DOTALL)
_BITS = re.compile(r"b'([01]+)'", re.IGNORECASE)
_NOW = re.compile(r"(?:current_timestamp|now|localtime|localtimestamp)(?:\(\d*\))?", re.IGNORECASE)
_TODAY = re.compile(r"(?:curdate|current_date)(?:\(\))?", re.IGNORECASE)
_ZERO_DATE = re.compile(r"0000|\d{4}-00|\d{4}-\d\d-00")


class NotConvertible(Exception):
    """The default has no counterpart; the text says why."""


def default_for(column: Column, target: str) -> str | None:
    """The DEFAULT of a column whose type in Redshift is `target`; None when it has none.

    Raises NotConvertible.
    """
    value = column.default
    if value is None:
        return None
    if column.data_type in ("binary", "varbinary"):
        raise NotConvertible("a default of bytes")
    if _NOW.fullmatch(value) and target == "TIMESTAMP":
        return "GETDATE()"
    if (_NOW.fullmatch(value) or _TODAY.fullmatch(value)) and target == "DATE":
        return "CURRENT_DATE"
    bits = _BITS.fullmatch(value)
    if bits:
        number = int(bits[1], 2)
        return ("TRUE" if number else "FALSE") if target == "BOOLEAN" else str(number)
    if _QUOTED.fullmatch(value):
        return _of_text(value[1:-1], target)
    try:
        Decimal(value)
    except InvalidOperation:
        raise NotConvertible(f"the expression {value}") from None
    return text_literal(value) if target.startswith("VARCHAR") else value


def _of_text(inside: str, target: str) -> str:
    if "\\" in inside:
        raise NotConvertible("a text with a backslash, which Redshift reads as an escape")
    text = inside.replace("''", "'")
    if target in ("DATE", "TIMESTAMP") and _ZERO_DATE.match(text):
        raise NotConvertible(f"the zero date {text}")
    if target == "BOOLEAN":
        raise NotConvertible(f"the text {text!r} for a bit")
    return text_literal(text)


def text_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
