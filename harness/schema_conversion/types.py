"""MySQL's types to Redshift's, wide enough that no value of the type overflows; what does not fit at all is noted as an action item.

VARCHAR counts bytes in Redshift and characters in MySQL, so a text gets as many bytes as its characters may take in UTF-8.
Sources: MySQL manual, "Data Types"; MariaDB, "Data Types"; Redshift guide, "Data types".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from schema_conversion.actions import Complexity
from schema_conversion.exceptions import UnknownTypeError
from schema_conversion.model import Column

__all__ = ["LONGEST_TEXT", "Note", "TargetType", "labels", "target_type"]

LONGEST_TEXT = 65_535
LONGEST_BINARY = LONGEST_TEXT // 2
# Bytes that a character of a MySQL character set may take in UTF-8; those that are not named stay within the first plane.
_UTF8_BYTES = {"ascii": 1, "utf8mb4": 4, "gb18030": 4, "utf16": 4, "utf16le": 4, "utf32": 4}
_OTHERS = 3


@dataclass(frozen=True)
class Note:
    """An action item that comes with a type."""

    number: int
    text: str
    complexity: Complexity | None = None


@dataclass(frozen=True)
class TargetType:
    """A type of Redshift. `why` is empty when it is the same type under the same name."""

    sql: str
    why: str = ""
    notes: tuple[Note, ...] = ()


def target_type(column: Column, where: str) -> TargetType:
    """The type for a column. where: database.table.column, for the error.

    Raises UnknownTypeError.

    >>> target_type(Column("n", "int", "int(10) unsigned"), "d.t.n").sql
    'BIGINT'
    """
    rule = _RULES.get(column.data_type)
    if rule is None:
        raise UnknownTypeError(where, column.column_type)
    found = rule(column)
    if column.facts.nul_characters:
        found = TargetType(found.sql, found.why, (*found.notes, Note(1005, f"{column.facts.nul_characters:,} values have the character 0")))
    return found


def labels(column_type: str) -> list[str]:
    """The values of ENUM or SET.

    >>> labels("enum('a,b','c''d')")
    ['a,b', "c'd"]
    """
    return [label.replace("''", "'") for label in re.findall(r"'((?:[^']|'')*)'", column_type)]


def _whole(signed: str, unsigned: str) -> Callable[[Column], TargetType]:
    def rule(column: Column) -> TargetType:
        if not column.unsigned:
            return TargetType(signed, "" if column.data_type.upper() == signed else f"Redshift has no {column.data_type.upper()}")
        return TargetType(unsigned, f"{column.data_type.upper()} UNSIGNED needs one bit more")

    return rule


def _decimal(column: Column) -> TargetType:
    precision, scale = column.precision or 10, column.scale or 0
    if precision <= 38 and scale <= 37:
        return TargetType(f"NUMERIC({precision},{scale})")
    note = Note(1003, f"DECIMAL({precision},{scale}) is kept as text")
    return TargetType(f"VARCHAR({precision + 3})", "more than 38 digits", (note,))  # sign, point, and the zero before it


def _bit(column: Column) -> TargetType:
    bits = column.precision or column.length or 1
    if bits == 1:
        return TargetType("BOOLEAN", "one bit")
    return TargetType("BIGINT" if bits < 64 else "NUMERIC(20,0)", f"the number that {bits} bits make")


def _text(column: Column) -> TargetType:
    """CHAR and VARCHAR: characters. Redshift's CHAR takes single bytes only, so both become VARCHAR."""
    factor = _UTF8_BYTES.get(column.charset, _OTHERS)
    return _bounded_text(column, max(column.length or 0, 1) * factor, f"{column.length} characters of up to {factor} bytes")


def _long_text(column: Column) -> TargetType:
    """The TEXT family: bytes of its own character set. UTF-8 stays as long as it is, one byte may become three."""
    factor = 1 if column.charset in ("utf8mb3", "utf8", "utf8mb4", "ascii") else _OTHERS
    found = _bounded_text(column, (column.length or LONGEST_TEXT) * factor, f"{column.data_type.upper()} in {column.charset or 'utf8mb4'}")
    if not column.is_json:
        return found
    return TargetType(found.sql, "JSON as text, exactly as it was", (*found.notes, Note(1007, "JSON is kept as text")))


def _bounded_text(column: Column, size: int, why: str) -> TargetType:
    if size <= LONGEST_TEXT:
        return TargetType(f"VARCHAR({size})", why)
    return TargetType(
        f"VARCHAR({LONGEST_TEXT})", f"{why}; a VARCHAR has at most {LONGEST_TEXT:,} bytes", _length_notes(column, size, LONGEST_TEXT, 1001)
    )


def _length_notes(column: Column, size: int, longest: int, number: int) -> tuple[Note, ...]:
    seen = column.facts.max_bytes
    if seen is None:
        return (Note(number, f"values may have {size:,} bytes; the rows were not scanned"),)
    if seen > longest:
        return (Note(number, f"the longest value has {seen:,} bytes and does not fit", "Complex"),)
    return (Note(number, f"values may have {size:,} bytes; the longest now has {seen:,}", "Simple"),)


def _binary(column: Column) -> TargetType:
    """Two characters a byte: DMS delivers binary values to Redshift as hexadecimal text, full load and changes alike."""
    size = 2 * max(column.length or LONGEST_TEXT, 1)
    note = Note(1010, column.column_type.upper())
    if size <= LONGEST_TEXT:
        return TargetType(f"VARCHAR({size})", "bytes as hexadecimal text", (note,))
    notes = (note, *_length_notes(column, size // 2, LONGEST_BINARY, 1002))
    return TargetType(f"VARCHAR({LONGEST_TEXT})", f"bytes as hexadecimal text, at most {LONGEST_BINARY:,}", notes)


def _spatial(column: Column) -> TargetType:
    found = _binary(column)
    return TargetType(
        found.sql, "MySQL's own form, SRID and WKB, as hexadecimal text", (*found.notes, Note(1006, column.data_type.upper()))
    )


def _labelled(column: Column) -> TargetType:
    """ENUM takes one of its labels (or the empty text of an error), SET any number of them with commas between."""
    sizes = [len(label.encode()) for label in labels(column.column_type)]
    longest = max(sizes, default=1) if column.data_type == "enum" else sum(sizes) + max(len(sizes) - 1, 0)
    note = Note(1008, f"{column.data_type.upper()} of {len(sizes)} values")
    return TargetType(f"VARCHAR({min(max(longest, 1), LONGEST_TEXT)})", "the longest it can be", (note,))


def _time(column: Column) -> TargetType:
    fraction = column.fraction or 0
    size = len("-838:59:59") + (fraction + 1 if fraction else 0)
    return TargetType(f"VARCHAR({size})", "Redshift's TIME ends at 24 hours", (Note(1009, column.column_type.upper()),))


def _date(kind: str) -> Callable[[Column], TargetType]:
    def rule(column: Column) -> TargetType:
        zero = column.facts.zero_dates
        notes = (Note(1004, f"{zero:,} zero dates", "Medium"),) if zero else ()
        why = {"datetime": "the same clock time", "timestamp": "in UTC"}.get(column.data_type, "")
        return TargetType(kind, why, notes)

    return rule


def _unlisted(size: int) -> Callable[[Column], TargetType]:
    def rule(column: Column) -> TargetType:
        return TargetType(f"VARCHAR({size})", "as it is written", (Note(1011, column.data_type.upper()),))

    return rule


_RULES: dict[str, Callable[[Column], TargetType]] = {
    "tinyint": _whole("SMALLINT", "SMALLINT"),
    "smallint": _whole("SMALLINT", "INTEGER"),
    "mediumint": _whole("INTEGER", "INTEGER"),
    "int": _whole("INTEGER", "BIGINT"),
    "bigint": _whole("BIGINT", "NUMERIC(20,0)"),
    "decimal": _decimal,
    "float": lambda column: TargetType("REAL", "four bytes"),
    "double": lambda column: TargetType("DOUBLE PRECISION"),
    "bit": _bit,
    "year": lambda column: TargetType("SMALLINT", "Redshift has no YEAR"),
    "date": _date("DATE"),
    "datetime": _date("TIMESTAMP"),
    "timestamp": _date("TIMESTAMP"),
    "time": _time,
    "char": _text,
    "varchar": _text,
    **dict.fromkeys(("tinytext", "text", "mediumtext", "longtext", "json"), _long_text),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), _binary),
    **dict.fromkeys(("enum", "set"), _labelled),
    **dict.fromkeys(
        (
            "geometry",
            "point",
            "linestring",
            "polygon",
            "multipoint",
            "multilinestring",
            "multipolygon",
            "geometrycollection",
            "geomcollection",
        ),
        _spatial,
    ),
    "uuid": _unlisted(36),
    "inet4": _unlisted(15),
    "inet6": _unlisted(45),
}
