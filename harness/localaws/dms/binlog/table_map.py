"""TABLE_MAP events: a table's columns as its row events write them, with names, signedness, labels and character sets.

Those come with `binlog_row_metadata=FULL` only, so anything less is refused: guessing them from the catalog of today
would misread what an older schema wrote. Layout: MySQL internals, "Table_map_log_event"; type numbers: `enum_field_types`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from localaws.dms.charsets import decoder
from localaws.dms.exceptions import BinlogError, UnsupportedColumnError
from localaws.dms.types import ColumnType, labels_size

__all__ = ["TableMap", "WireColumn", "parse_table_map", "read_length"]

_INTEGERS = {1: 1, 2: 2, 9: 3, 3: 4, 8: 8}
_FLOAT, _DOUBLE, _YEAR, _DATE, _BIT = 4, 5, 13, 10, 16
_VARCHAR, _VAR_STRING, _STRING, _BLOB, _JSON, _GEOMETRY = 15, 253, 254, 252, 245, 255
_DECIMAL, _ENUM, _SET = 246, 247, 248
_TIMESTAMP2, _DATETIME2, _TIME2 = 17, 18, 19
_TEMPORAL = {_TIMESTAMP2: ("timestamp", 4), _DATETIME2: ("datetime", 5), _TIME2: ("time", 3)}
_METADATA_BYTES = {_FLOAT: 1, _DOUBLE: 1, _VARCHAR: 2, _VAR_STRING: 2, _STRING: 2, _ENUM: 2, _SET: 2, _DECIMAL: 2, _BIT: 2,
                   _BLOB: 1, _JSON: 1, _GEOMETRY: 1, _TIMESTAMP2: 1, _DATETIME2: 1, _TIME2: 1, 140: 1, 141: 2}  # fmt: skip
_NAMES = {7: "a TIMESTAMP of MySQL 5.5's format", 11: "a TIME of MySQL 5.5's format", 12: "a DATETIME of MySQL 5.5's format",
          140: "COMPRESSED", 141: "COMPRESSED", _JSON: "JSON in MySQL's binary form"}  # fmt: skip
_DIGIT_BYTES = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
BINARY_COLLATION = 63


@dataclass(frozen=True, slots=True)
class WireColumn:
    """A column as a row image has it: `fixed` bytes, or (0) a length of `length_bytes` bytes and that many bytes."""

    name: str
    type: ColumnType
    nullable: bool
    fixed: int
    length_bytes: int = 0
    refusal: str = ""
    """Why its values cannot be read; its bytes are stepped over."""


@dataclass(frozen=True)
class TableMap:
    """What the row events that follow are about."""

    schema: str
    table: str
    columns: tuple[WireColumn, ...]
    key: tuple[str, ...]

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.table}"

    @cached_property
    def signature(self) -> tuple[tuple[str, ColumnType], ...]:
        """Names and types: what changes with DDL."""
        return tuple((column.name, column.type) for column in self.columns)

    def full_bitmap(self, twice: bool) -> bytes:
        """The bitmap of columns of an event that has all of them; an update has two."""
        return self._bitmaps[twice]

    @cached_property
    def _bitmaps(self) -> tuple[bytes, bytes]:
        count = len(self.columns)
        once = ((1 << count) - 1).to_bytes((count + 7) // 8, "little")
        return once, once * 2


def read_length(data: bytes, at: int) -> tuple[int, int]:
    """A length-encoded integer (protocol, "Integer types") and the place after it."""
    first = data[at]
    if first < 251:
        return first, at + 1
    width = {252: 2, 253: 3, 254: 8}[first]
    return int.from_bytes(data[at + 1 : at + 1 + width], "little"), at + 1 + width


def parse_table_map(body: bytes, charsets: Mapping[int, str], mariadb: bool) -> TableMap:
    """The event's body after table id and flags. `charsets` gives a collation's character set. MariaDB gives geometries a collation too.

    Raises:
        BinlogError: the source does not write `binlog_row_metadata=FULL`.
    """
    at = 1 + body[0]
    schema = body[1:at].decode()
    length = body[at + 1]
    table = body[at + 2 : at + 2 + length].decode()
    count, at = read_length(body, at + 3 + length)
    codes = body[at : at + count]
    length, at = read_length(body, at + count)
    described = list(_described(codes, body[at : at + length]))
    at += length
    nullable = [bool(body[at + i // 8] >> (i % 8) & 1) for i in range(count)]
    optional = dict(_optional(body, at + (count + 7) // 8))
    if 4 not in optional:
        raise BinlogError(
            f"The binlog has no column names for {schema}.{table}: set binlog_row_metadata=FULL on the source (RDS: in its parameter "
            "group), and start the task at a position after that."
        )
    names = [text.decode() for text in _strings(optional[4])]
    facts = _Facts(described, optional, charsets, mariadb)
    columns = tuple(facts.column(i, names[i], nullable[i]) for i in range(count))
    keys = list(_numbers(optional.get(8, b""))) or list(_numbers(optional.get(9, b"")))[::2]
    return TableMap(schema, table, columns, tuple(names[i] for i in keys))


def _described(codes: bytes, metadata: bytes) -> Iterator[tuple[int, int]]:
    """(type, metadata) of each column. ENUM, SET and long CHARs are hidden in the metadata of STRING."""
    at = 0
    for code in codes:
        width = _METADATA_BYTES.get(code, 0)
        piece = metadata[at : at + width]
        at += width
        if code == _STRING:
            real, length = piece
            if real & 0x30 != 0x30:
                length |= ((real & 0x30) ^ 0x30) << 4
                real |= 0x30
            yield real, length
        else:
            yield code, int.from_bytes(piece, "big" if code == _DECIMAL else "little")


def _optional(body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at < len(body):
        kind = body[at]
        length, at = read_length(body, at + 1)
        yield kind, body[at : at + length]
        at += length


def _numbers(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        number, at = read_length(data, at)
        yield number


def _strings(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        length, at = read_length(data, at)
        yield data[at : at + length]
        at += length


def _label_lists(data: bytes) -> Iterator[list[bytes]]:
    at = 0
    while at < len(data):
        count, at = read_length(data, at)
        labels = []
        for _ in range(count):
            length, at = read_length(data, at)
            labels.append(data[at : at + length])
            at += length
        yield labels


class _Facts:
    """Optional metadata is given per class of columns; this deals it out."""

    def __init__(self, described: list[tuple[int, int]], optional: Mapping[int, bytes], charsets: Mapping[int, str], mariadb: bool) -> None:
        self.described, self.charsets = described, charsets
        numeric = [i for i, (code, _) in enumerate(described) if code in _INTEGERS or code in (_DECIMAL, _FLOAT, _DOUBLE)]
        bits = optional.get(1, b"")
        self.unsigned = {i: bool(bits[n // 8] << (n % 8) & 0x80) for n, i in enumerate(numeric) if n // 8 < len(bits)}
        characters = (_VARCHAR, _VAR_STRING, _STRING, _BLOB, 140, 141, *((_GEOMETRY,) if mariadb else ()))
        texts = [i for i, (code, _) in enumerate(described) if code in characters]
        self.collations = _dealt(texts, optional.get(2), optional.get(3))
        labelled = [i for i, (code, _) in enumerate(described) if code in (_ENUM, _SET)]
        self.collations |= _dealt(labelled, optional.get(10), optional.get(11))
        self.labels: dict[int, list[bytes]] = {}
        for code, kind in ((_SET, 5), (_ENUM, 6)):
            columns = [i for i, (found, _) in enumerate(described) if found == code]
            self.labels |= dict(zip(columns, _label_lists(optional.get(kind, b"")), strict=False))

    def column(self, i: int, name: str, nullable: bool) -> WireColumn:
        code, metadata = self.described[i]
        if code in _NAMES and code not in (140, 141, _JSON):
            raise UnsupportedColumnError("a table of the binlog", name, _NAMES[code])
        if code in _INTEGERS:
            size = _INTEGERS[code]
            return WireColumn(name, ColumnType("int", size, self.unsigned.get(i, False)), nullable, size)
        if code == _DECIMAL:
            precision, scale = metadata >> 8, metadata & 0xFF
            whole = precision - scale
            size = whole // 9 * 4 + _DIGIT_BYTES[whole % 9] + scale // 9 * 4 + _DIGIT_BYTES[scale % 9]
            return WireColumn(name, ColumnType("decimal", precision=precision, scale=scale), nullable, size)
        if code in _TEMPORAL:
            kind, size = _TEMPORAL[code]
            return WireColumn(name, ColumnType(kind, scale=metadata), nullable, size + (metadata + 1) // 2)
        if code == _BIT:
            bits = (metadata >> 8) * 8 + (metadata & 0xFF)
            return WireColumn(name, ColumnType("bit", bits), nullable, (bits + 7) // 8)
        if code in (_ENUM, _SET):
            charset = self.charsets.get(self.collations.get(i, 0), "utf8mb4")
            labels = tuple(_decoded(label, charset, name) for label in self.labels.get(i, []))
            kind = "enum" if code == _ENUM else "set"
            return WireColumn(name, ColumnType(kind, labels_size(kind, labels), charset=charset, labels=labels), nullable, metadata & 0xFF)
        if code in _SIMPLE:
            kind, size = _SIMPLE[code]
            return WireColumn(name, ColumnType(kind), nullable, size)
        return self._text(i, name, nullable, code, metadata)

    def _text(self, i: int, name: str, nullable: bool, code: int, metadata: int) -> WireColumn:
        if code in (_GEOMETRY, _JSON):
            column = ColumnType("geometry" if code == _GEOMETRY else "json", lob=True)
            return WireColumn(name, column, nullable, 0, metadata, _NAMES.get(code, ""))
        if code not in (_BLOB, _VARCHAR, _VAR_STRING, _STRING, 140, 141):
            raise UnsupportedColumnError("a table of the binlog", name, f"of the type with number {code}")
        lob = code in (_BLOB, 140)
        length_bytes = metadata if lob else 1 if metadata < 256 else 2
        collation = self.collations.get(i, BINARY_COLLATION)
        binary = collation == BINARY_COLLATION
        if not binary and collation not in self.charsets:
            refusal = f"of the unknown collation {collation}"
            return WireColumn(name, ColumnType("text", metadata, lob=lob), nullable, 0, length_bytes, refusal)
        padded = metadata if binary and code == _STRING else 0
        kind = ColumnType("binary" if binary else "text", (1 << 8 * metadata) - 1 if lob else metadata, precision=padded,
                          charset="" if binary else self.charsets[collation], lob=lob)  # fmt: skip
        return WireColumn(name, kind, nullable, 0, length_bytes, _NAMES.get(code, ""))


_SIMPLE = {_FLOAT: ("float", 4), _DOUBLE: ("double", 8), _YEAR: ("year", 1), _DATE: ("date", 3)}


def _dealt(columns: list[int], default: bytes | None, each: bytes | None) -> dict[int, int]:
    """Collations of the columns: one default with exceptions, or one for each."""
    if each is not None:
        return dict(zip(columns, _numbers(each), strict=False))
    if default is None:
        return {}
    first, *rest = _numbers(default)
    found = dict.fromkeys(columns, first)
    for place, collation in zip(rest[::2], rest[1::2], strict=True):
        found[columns[place]] = collation
    return found



def _decoded(data: bytes, charset: str, name: str) -> str:
    decode = decoder(charset)
    if decode is None:
        raise UnsupportedColumnError("a table of the binlog", name, f"in the character set {charset}")
    return decode(data)
