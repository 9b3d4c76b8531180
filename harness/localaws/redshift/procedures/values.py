"""Values between the database and variables: rows as texts, and a value in the type of the variable that takes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.session import Rows

__all__ = ["Column", "Result", "fits", "result_of"]

_TYPES = {
    16: "boolean",
    17: "varbyte",
    20: "bigint",
    21: "smallint",
    23: "integer",
    700: "real",
    701: "double precision",
    1082: "date",
    1083: "time",
    1114: "timestamp",
    1184: "timestamptz",
    1266: "timetz",
    3802: "super",
}
_NUMERIC, _CHAR = 1700, 1042
_LENGTH = re.compile(r"(?i)\s*(n?varchar|character varying|text|n?char|character|bpchar|refcursor)\s*(?:\(\s*(\w+)\s*\))?\s*$")
_SAME = {
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "bool": "boolean",
    "float8": "double precision",
    "float": "double precision",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result: its name, and the type that a variable for it would have."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Result:
    """Rows as texts (no columns for a statement without), and how many it gave or changed."""

    columns: tuple[Column, ...]
    rows: list[tuple[str | None, ...]]
    count: int


def result_of(rows: Rows, most: int | None = None) -> Result:
    """Reads all rows; keeps `most` of them."""
    if rows.columns is None:
        list(rows.chunks)
        return Result((), [], rows.count)
    kept: list[tuple[str | None, ...]] = []
    for chunk in rows.chunks:
        for number in range(chunk.ntuples):
            if most is not None and len(kept) >= most:
                break
            kept.append(tuple(_text(chunk.get_value(number, place)) for place in range(chunk.nfields)))
    first = rows.columns
    return Result(tuple(_column(first, place) for place in range(first.nfields)), kept, rows.count)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _column(result: Any, place: int) -> Column:
    kind, modifier = result.ftype(place), result.fmod(place)
    if kind == _NUMERIC:
        spelled = f"numeric({((modifier - 4) >> 16) & 65535}, {(modifier - 4) & 2047})" if modifier > 0 else "numeric"
    elif kind == _CHAR and modifier > 4:
        spelled = f"char({modifier - 4})"
    else:
        spelled = _TYPES.get(kind, "varchar(65535)")
    return Column(result.fname(place).decode(), spelled)


def fits(name: str, kind: str, column: Column, value: str | None) -> tuple[bool, str | None]:
    """Whether the value needs no cast of the database to go into a variable of that type, and how it is written there.

    Raises:
        RedshiftError: the text is too long.
    """
    if value is None:
        return True, None
    match = _LENGTH.match(kind)
    if match:
        if column.type == "boolean":
            value = {"t": "true", "f": "false"}[value]
        longest = _longest(match[1].lower(), match[2])
        if len(value.encode()) > longest:
            value = value.rstrip(" ")
        if len(value.encode()) > longest:
            fixed = match[1].lower() in ("char", "character", "nchar")
            raise RedshiftError(f"value too long for type character{'' if fixed else ' varying'}({longest}) (variable {name})", "22001")
        return True, value
    plain = kind.strip().lower()
    return _SAME.get(plain, plain) == column.type and not plain.startswith("numeric"), value


def _longest(name: str, length: str | None) -> int:
    if length and length.isdigit():
        return int(length)
    return 1 if name in ("char", "character", "nchar") and not length else 65_535
