"""Results with Redshift's own types: SUPER and VARBYTE have their numbers and their texts, where PostgreSQL has jsonb and bytea.

SUPER is JSON without spaces, VARBYTE hexadecimal digits (Redshift guide, "SUPER type", "VARBYTE type"; numbers as in Redshift's drivers).
Rows are taken apart only where their description has such a column. Which description a row of the extended protocol belongs to is told
by the order of the answers: PostgreSQL gives them in the order of the client's messages, and up to the next Sync none after an error.
"""

from __future__ import annotations

import re
import struct
from collections import deque
from dataclasses import dataclass, field, replace

from localaws.redshift.wire.protocol import bound_values, message

__all__ = ["Results", "described", "row"]

SUPER, VARBYTE = 4000, 6551
_JSONB, _BYTEA = 3802, 17
_OIDS = {_JSONB: SUPER, _BYTEA: VARBYTE}
_SPACES = re.compile(rb'("(?:[^"\\]|\\.)*")| ')
_DESCRIPTION, _NO_DATA, _ROW, _COMPLETE, _SUSPENDED, _EMPTY = (ord(kind) for kind in "TnDCsI")
_ALWAYS = frozenset((_DESCRIPTION, _NO_DATA, _COMPLETE, _SUSPENDED, _EMPTY))


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is written anew."""

    place: int
    oid: int
    binary: bool = False


@dataclass
class _Described:
    """A prepared statement, with those columns once its description has come."""

    columns: tuple[_Column, ...] = ()


@dataclass
class _Portal:
    """A portal: its statement, and the formats that the client asked for."""

    statement: _Described
    formats: tuple[int, ...] = ()

    @property
    def columns(self) -> tuple[_Column, ...]:
        if not self.formats:
            return self.statement.columns
        last = len(self.formats) - 1
        return tuple(replace(one, binary=bool(self.formats[min(one.place, last)])) for one in self.statement.columns)


@dataclass
class Results:
    """What the answers under way are answers to."""

    looked_at: frozenset[int] = _ALWAYS
    """The kinds of messages that have to be given to `take`."""
    _expected: deque[_Described | _Portal | None] = field(default_factory=deque)
    _statements: dict[str, _Described] = field(default_factory=dict)
    _portals: dict[str, _Portal] = field(default_factory=dict)
    _columns: tuple[_Column, ...] = ()

    # What the client sent.

    def parsed(self, statement: str) -> None:
        self._statements[statement] = _Described()

    def bound(self, portal: str, statement: str, rest: bytes) -> None:
        """A Bind, of which `rest` follows the two names."""
        self._portals[portal] = _Portal(self._statements.get(statement, _Described()), bound_values(rest)[2])

    def asked(self, kind: bytes, name: str) -> None:
        """A Describe."""
        if kind == b"S":
            self._expected.append(self._statements.get(name, _Described()))
        else:
            self._expected.append(self._portals.get(name, _Portal(_Described())).statement)

    def executed(self, portal: str) -> None:
        self._expected.append(self._portals.get(portal, _Portal(_Described())))
        self._look()

    def synced(self) -> None:
        """A Sync or a Query: a ReadyForQuery will follow."""
        self._expected.append(None)

    def closed(self, kind: bytes, name: str) -> None:
        """A Close."""
        if kind == b"S":
            self._statements.pop(name, None)
        else:
            self._portals.pop(name, None)

    # What PostgreSQL answered.

    def ready(self) -> None:
        """A ReadyForQuery: what was expected before it is not to come any more."""
        while self._expected and self._expected.popleft() is not None:
            pass
        self._columns = ()
        self._look()

    def take(self, whole: bytes) -> bytes:
        """A message that was looked at, and what the client is told."""
        kind = whole[0]
        if kind == _ROW:
            return row(whole, self._columns)
        if kind == _DESCRIPTION:
            whole, columns = described(whole)
            head = self._expected[0] if self._expected else None
            if isinstance(head, _Described):
                head.columns = columns
                self._expected.popleft()
            else:
                self._columns = columns  # of the simple protocol
        elif self._expected and self._expected[0] is not None:
            self._expected.popleft()
        self._look()
        return whole

    def _look(self) -> None:
        head = self._expected[0] if self._expected else None
        if isinstance(head, _Portal):
            self._columns = head.columns
        self.looked_at = _ALWAYS | {_ROW} if self._columns else _ALWAYS


def described(whole: bytes) -> tuple[bytes, tuple[_Column, ...]]:
    """A RowDescription with Redshift's types, and the columns that their rows are written anew in."""
    (count,) = struct.unpack_from(">H", whole, 5)
    at, found = 7, []
    changed = bytearray(whole)
    for place in range(count):
        at = whole.index(b"\0", at) + 1
        (oid,) = struct.unpack_from(">I", whole, at + 6)
        if oid in _OIDS:
            (form,) = struct.unpack_from(">h", whole, at + 16)
            struct.pack_into(">I", changed, at + 6, _OIDS[oid])
            found.append(_Column(place, _OIDS[oid], bool(form)))
        at += 18
    return (bytes(changed), tuple(found)) if found else (whole, ())


def row(whole: bytes, columns: tuple[_Column, ...]) -> bytes:
    """A DataRow whose values of those columns are Redshift's."""
    wanted = {column.place: column for column in columns}
    parts, at = [whole[5:7]], 7
    for place in range(struct.unpack_from(">H", whole, 5)[0]):
        (length,) = struct.unpack_from(">i", whole, at)
        end = at + 4 + max(length, 0)
        if place in wanted and length >= 0:
            value = _value(whole[at + 4 : end], wanted[place])
            parts += [struct.pack(">I", len(value)), value]
        else:
            parts.append(whole[at:end])
        at = end
    return message(b"D", b"".join(parts))


def _value(given: bytes, column: _Column) -> bytes:
    if column.oid == SUPER:  # in its binary form a byte with the version comes first
        return _SPACES.sub(rb"\1", given[1:] if column.binary else given)
    return given if column.binary else given.removeprefix(rb"\x")
