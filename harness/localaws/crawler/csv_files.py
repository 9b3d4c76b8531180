"""Delimited text: which character parts the columns, is the first line a header, and what the columns hold.

The rules of the built-in classifier are those of "Built-in CSV classifier" (Glue Developer Guide): two columns and two rows at
least, five delimiters, and a header only when its names are strings and some column below it is not.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localaws.crawler.exceptions import CrawlError
from localaws.crawler.schemas import UNKNOWN, Schema, Type, merged

__all__ = ["CsvFacts", "custom_csv", "read_csv"]

_DELIMITERS = (",", "|", "\t", ";", "\x01")
_NAME = re.compile(r"[A-Za-z_][\w \-.$#/()%&:+@]*")
_LONGEST_NAME = 150
_INTEGER = re.compile(r"[+-]?\d{1,19}")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DATATYPES: Mapping[str, str] = {
    "BINARY": "binary", "BOOLEAN": "boolean", "DATE": "date", "DECIMAL": "decimal", "DOUBLE": "double", "FLOAT": "float", "INT": "int",
    "LONG": "bigint", "SHORT": "smallint", "STRING": "string", "TIMESTAMP": "timestamp",
}  # fmt: skip


@dataclass(frozen=True)
class CsvFacts:
    """What a table of such files says."""

    schema: Schema
    delimiter: str
    has_header: bool
    quote: str = '"'
    records: int = 0


def read_csv(text: str, is_whole: bool) -> CsvFacts | None:
    """What the text is by the built-in rules; None when it is none. Of a text that was cut the last line is not looked at."""
    for delimiter in _DELIMITERS:
        rows = _rows(text, delimiter, '"', is_whole)
        if rows is None or len(rows) < 2 or len(rows[0]) < 2:
            continue
        width = len(rows[0])
        if any(len(row) not in (width, width - 1) for row in rows):
            continue
        types = _types(rows[1:], width)
        header = _is_header(rows[0], types)
        if not header:
            types = [merged(one, other) for one, other in zip(_types(rows[:1], width), types, strict=True)]
        names = _names(rows[0]) if header else [f"col{number}" for number in range(width)]
        return CsvFacts(dict(zip(names, types, strict=True)), delimiter, header, '"', len(rows) - header)
    return None


def custom_csv(text: str, is_whole: bool, classifier: Mapping[str, Any]) -> CsvFacts | None:
    """What the text is by a custom CSV classifier; None when the classifier does not recognize it.

    Raises:
        CrawlError: the classifier contradicts itself.
    """
    delimiter, quote = classifier.get("Delimiter") or ",", classifier.get("QuoteSymbol") or '"'
    rows = _rows(text, delimiter, quote, is_whole)
    if not rows or (len(rows[0]) < 2 and not classifier.get("AllowSingleColumn")):
        return None
    if not classifier.get("DisableValueTrimming"):
        rows = [[cell.strip() for cell in row] for row in rows]
    given, width = list(classifier.get("Header") or []), len(rows[0])
    if given and len(given) != width:
        return None
    says = classifier.get("ContainsHeader") or "UNKNOWN"
    below = _types(rows[1:], width)
    header = says == "PRESENT" or (says == "UNKNOWN" and len(rows) > 1 and (rows[0] == given or _is_header(rows[0], below)))
    types = below if header else _types(rows, width)
    if classifier.get("CustomDatatypeConfigured"):
        types = _declared(classifier, width)
    names = [name.lower() for name in given] or (_names(rows[0]) if header else [f"col{number}" for number in range(width)])
    return CsvFacts(dict(zip(names, types, strict=True)), delimiter, header, quote, len(rows) - header)


def _declared(classifier: Mapping[str, Any], width: int) -> list[Type]:
    declared = [str(name).upper() for name in classifier.get("CustomDatatypes") or []]
    if len(declared) != width or not set(declared) <= set(_DATATYPES):
        raise CrawlError(
            f"Classifier {classifier.get('Name')}: CustomDatatypes has {declared} for {width} columns; one of {sorted(_DATATYPES)} "
            "is needed for each."
        )
    return [_DATATYPES[name] for name in declared]


def _rows(text: str, delimiter: str, quote: str, is_whole: bool) -> list[list[str]] | None:
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote) if row]
    except csv.Error:
        return None
    return rows if is_whole or len(rows) < 2 else rows[:-1]


def _types(rows: Sequence[Sequence[str]], width: int) -> list[Type]:
    found: list[Type] = [UNKNOWN] * width
    for row in rows:
        for at, cell in enumerate(row):
            if found[at] != "string":
                found[at] = merged(found[at], _type(cell.strip()))
    return found


def _type(cell: str) -> Type:
    if not cell:
        return UNKNOWN
    if _INTEGER.fullmatch(cell) and -(2**63) <= int(cell) < 2**63:
        return "bigint"
    if _DECIMAL.fullmatch(cell):
        return "double"
    return "boolean" if cell.lower() in ("true", "false") else "string"


def _is_header(row: Sequence[str], below: Sequence[Type]) -> bool:
    """All names are strings and short enough (the last may be empty), and some column below is not of strings."""
    named = row[:-1] if row and not row[-1] else row
    return all(_type(cell.strip()) == "string" and len(cell) < _LONGEST_NAME and _NAME.fullmatch(cell.strip()) for cell in named) and any(
        kind not in ("string", UNKNOWN) for kind in below
    )


def _names(row: Sequence[str]) -> list[str]:
    """Column names in lower case, each once."""
    found: list[str] = []
    for number, cell in enumerate(row):
        name = cell.strip().lower() or f"col{number}"
        found.append(name if name not in found else f"{name}_{number}")
    return found
