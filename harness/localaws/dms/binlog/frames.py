"""Events in a buffer of the replication stream: one pass that only notes where row events lie and where transactions end.

This pass is Python for each event, so it does as little as it can; what is within row events is for `rows` and `values`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from localaws.dms.binlog.events import DELETE, INSERT, UPDATE, Commit, Position, Statement
from localaws.dms.binlog.table_map import TableMap, parse_table_map
from localaws.dms.exceptions import BinlogError, BinlogGoneError, SourceError, SourceLostError

__all__ = ["Framer", "RowEvents"]

_PACKET = struct.Struct("<IBIBIIIH")  # packet length and number, status, then the event's header: time, type, server, size, position, flags
_HEADER = _PACKET.size
_WHOLE = 0xFFFFFF  # a packet of this length goes on in the next one

_QUERY, _ROTATE, _FORMAT, _XID, _TABLE_MAP, _HEARTBEAT = 2, 4, 15, 16, 19, 27
_BEGINS = frozenset((33, 34, 162))  # GTIDs of MySQL and MariaDB
_MADE_UP = frozenset((_ROTATE, _FORMAT, _HEARTBEAT))
_ROWS = {23: (INSERT, 1), 24: (UPDATE, 1), 25: (DELETE, 1), 30: (INSERT, 2), 31: (UPDATE, 2), 32: (DELETE, 2)}
_IGNORED = frozenset((0, 3, 5, 13, 14, 28, 29, 35, 36, 37, 160, 161, 163))
_REFUSED = {
    17: "a LOAD DATA written as a statement", 18: "a LOAD DATA written as a statement",
    26: "an incident: changes were lost on the source", 38: "an XA transaction",
    39: "partial JSON updates (binlog_row_value_options)", 40: "compressed transactions (binlog_transaction_compression)",
    164: "an encrypted binlog", **dict.fromkeys(range(165, 172), "compressed events (log_bin_compress)"),
}  # fmt: skip
_DATA_STATEMENTS = ("INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD")
_FATAL_READING = 1236


@dataclass(slots=True)
class RowEvents:
    """Row events: what makes a place in the buffer one in the binlog, table and operation, where the images begin and end, when they were
    committed, and where their transaction begins."""

    base: list[int] = field(default_factory=list)
    group: list[tuple[TableMap, int]] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    seconds: list[int] = field(default_factory=list)
    transaction: list[int] = field(default_factory=list)

    def add(self, base: int, group: tuple[TableMap, int], start: int, end: int, seconds: int, transaction: int) -> None:
        self.base.append(base)
        self.group.append(group)
        self.start.append(start)
        self.end.append(end)
        self.seconds.append(seconds)
        self.transaction.append(transaction)

    def part(self, begin: int, end: int | None) -> RowEvents:
        return RowEvents(*(getattr(self, name)[begin:end] for name in ("base", "group", "start", "end", "seconds", "transaction")))


Framed = RowEvents | Commit | Statement


class _Found:
    """What a pass has found, transactions joined: several become one RowEvents with one Commit."""

    def __init__(self, boundaries: Sequence[Position], moments: Sequence[int]) -> None:
        self._boundaries, self._moments = boundaries, moments
        self.items: list[Framed] = []
        self.rows = RowEvents()
        self._closed = self._transactions = 0
        self._last: Commit | None = None

    def commit(self, position: Position, seconds: int, transactions: int) -> None:
        if (self._boundaries or self._moments) and self._last is not None and self._parted(self._last, position, seconds):
            self.flush()
        closed = len(self.rows.base)
        self.rows.seconds[self._closed :] = [seconds] * (closed - self._closed)
        self._closed = closed
        self._transactions += transactions
        self._last = Commit(position, seconds, self._transactions)

    def _parted(self, last: Commit, position: Position, seconds: int) -> bool:
        """Whether a transaction is not to be joined with the last: a boundary lies between them."""
        return any(last.position.order <= boundary.order < position.order for boundary in self._boundaries) or any(
            last.seconds <= moment < seconds for moment in self._moments
        )

    def idle(self, position: Position) -> None:
        """The source has nothing more, and stands at a position."""
        if len(self.rows.base) == self._closed:
            self.commit(position, 0 if self._last is None else self._last.seconds, 0)

    def roll_back(self) -> None:
        self.rows = self.rows.part(0, self._closed)

    def statement(self, statement: Statement) -> None:
        self.flush()
        self.items.append(statement)

    def flush(self) -> list[Framed]:
        """Everything up to the last commit, the commit, and what is open after it."""
        if self._closed:
            self.items.append(self.rows.part(0, self._closed))
        if self._last is not None:
            self.items.append(self._last)
        if len(self.rows.base) > self._closed:
            self.items.append(self.rows.part(self._closed, None))
        self.rows, self._closed, self._transactions, self._last = RowEvents(), 0, 0, None
        return self.items


class Framer:
    """Keeps what lasts from one buffer to the next: the file's name, and table maps."""

    def __init__(self, file: str, charsets: Mapping[int, str], wanted: Callable[[str, str], bool], checksum: int, mariadb: bool) -> None:
        self._mariadb = mariadb
        self._checksum = checksum  # bytes after each event; the first event of a file tells that of its file
        self.file, self._charsets, self._wanted = file, charsets, wanted
        self._maps: dict[bytes, TableMap | None] = {}
        self._kept: dict[bytes, TableMap | None] = {}
        self._number, self._offset, self._begun = Position(file, 0).place, 0, 0
        self.boundaries: Sequence[Position] = ()
        self.moments: Sequence[int] = ()
        """Where, and when (seconds since the epoch), transactions before and after are not to be joined."""
        self.only_times = False
        """Whether events that cannot be replicated are passed over: for who only looks for a place."""
        self.created = 0
        """When the first file that was read was begun."""
        self.caught_up = False
        """Whether the last event was a heartbeat: the source has nothing more."""
        self.seconds = 0
        """The time of the last event."""

    def frame(self, buffer: bytearray, start: int, end: int) -> tuple[list[Framed], int]:
        """The events that are whole, and where the first that is not begins.

        Raises:
            BinlogError: an event is of a kind that is not replicated.
            BinlogGoneError: the source has no such position.
            SourceError: the source ended the stream.
        """
        at, found = start, _Found(self.boundaries, self.moments)
        unpack, maps, offset = _PACKET.unpack_from, self._maps, self._offset
        while end - at > 4:
            if buffer[at + 4]:
                self._ended(buffer, at, end)
            if end - at < _HEADER:
                break
            length, _, seconds, kind, _, size, position, _ = unpack(buffer, at)
            body, finish = at + _HEADER, at + 4 + (length & _WHOLE)
            after = finish
            if length & _WHOLE == _WHOLE:
                finish, after = _joined(buffer, at, end)
            if after > end:
                break
            at, finish = after, finish - self._checksum
            # MariaDB writes no position in the events of a transaction but its first and last; what it makes up is in no file.
            offset = position or (offset if kind in _MADE_UP else offset + size)
            if kind in _ROWS:
                table = maps[bytes(buffer[body : body + 6])]
                if table is not None:
                    operation, version = _ROWS[kind]
                    begin = _images_begin(buffer, body, table, operation, version)
                    base = self._number + offset - finish - self._checksum
                    found.rows.add(base, (table, operation), begin, finish, seconds, self._begun)
            elif kind == _TABLE_MAP:
                maps[bytes(buffer[body : body + 6])] = self._table_map(bytes(buffer[body + 8 : finish]))
            elif kind == _XID:
                found.commit(Position(self.file, position), seconds, 1)
            elif kind in _BEGINS:
                self._begun = self._number + offset
            elif kind not in _IGNORED:
                self._other(found, kind, bytes(buffer[body:finish]), position, seconds)
            self.caught_up = kind == _HEARTBEAT
            self.seconds = seconds or self.seconds
        self._offset, items = offset, found.flush()
        if self.boundaries and (passed := [item.position.order for item in items if isinstance(item, Commit)]):
            self.boundaries = [boundary for boundary in self.boundaries if boundary.order > passed[-1]]
        return items, at

    def _table_map(self, body: bytes) -> TableMap | None:
        """Parsed once for each form: a transaction of one row has one of its own, always the same."""
        kept = self._kept  # `forget` may be called meanwhile: what was asked before it goes with what it throws away
        if body not in kept:
            schema, _, rest = body[1 : 1 + body[0]], body[1 + body[0]], body[2 + body[0] :]
            wanted = self._wanted(schema.decode(), rest[1 : 1 + rest[0]].decode())
            kept[body] = parse_table_map(body, self._charsets, self._mariadb) if wanted else None
        return kept[body]

    def forget(self) -> None:
        """Which tables are wanted has changed. Called by another thread than the one that reads."""
        self._kept = {}

    def _other(self, found: _Found, kind: int, body: bytes, position: int, seconds: int) -> None:
        if kind == _QUERY:
            self._query(found, body, position, seconds)
        elif kind == _ROTATE:
            self.file = body[8:].decode()
            self._number = Position(self.file, 0).place
            if position:  # a real one; the server also sends one that is in no file when a stream begins
                found.commit(Position(self.file, int.from_bytes(body[:8], "little")), seconds, 0)
        elif kind == _FORMAT:
            stated = body[-1] if self._checksum else body[-5]
            self._checksum = 4 if stated else 0
            self.created = self.created or seconds
        elif kind == _HEARTBEAT:
            found.idle(Position(self.file, position))
        elif not self.only_times:
            what = _REFUSED.get(kind, f"an event of the unknown type {kind}")
            raise BinlogError(f"The binlog has {what} before {self.file}:{position}, which is not replicated. Turn it off on the source.")

    def _query(self, found: _Found, body: bytes, position: int, seconds: int) -> None:
        at = 13 + int.from_bytes(body[11:13], "little")
        schema, sql = body[at : at + body[8]].decode(), body[at + body[8] + 1 :].decode("utf-8", "replace")
        word = sql.lstrip(" (\n\t").partition(" ")[0].upper()
        here = Position(self.file, position)
        if word == "COMMIT":
            found.commit(here, seconds, 1)
        elif word == "ROLLBACK" and " TO " not in sql.upper():
            found.roll_back()
            found.commit(here, seconds, 0)
        elif word in _DATA_STATEMENTS and self.only_times:
            return
        elif word in _DATA_STATEMENTS:
            raise BinlogError(
                f"The binlog has a statement where rows are needed ({sql[:60]}…, before {here}): set binlog_format=ROW on the source."
            )
        elif word not in ("BEGIN", "SAVEPOINT", "ROLLBACK", "RELEASE", "#"):
            found.statement(Statement(schema, sql, here, seconds))

    def _ended(self, buffer: bytearray, at: int, end: int) -> None:
        if buffer[at + 4] != 0xFF:
            raise SourceLostError("The source ended the stream of its binlog: it is shutting down, or another reader uses this server id.")
        code, message = int.from_bytes(buffer[at + 5 : at + 7], "little"), bytes(buffer[at + 13 : end]).decode("utf-8", "replace")
        if code == _FATAL_READING:
            raise BinlogGoneError(self.file, message)
        raise SourceError(f"The source does not give its binlog: {message} (error {code}).")


def _images_begin(buffer: bytearray, body: int, table: TableMap, operation: int, version: int) -> int:
    """Past table id, flags, extra data, number of columns and the bitmaps of columns, which must have all: a FULL row image."""
    at = body + 8
    if version == 2:
        at += int.from_bytes(buffer[at : at + 2], "little")
    count = len(table.columns)
    at += 1 if count < 251 else 3
    width = (count + 7) // 8 * (2 if operation == UPDATE else 1)
    if buffer[at : at + width] != table.full_bitmap(operation == UPDATE):
        raise BinlogError(f"The binlog has parts of rows of {table.full_name} only: set binlog_row_image=FULL on the source.")
    return at + width


def _joined(buffer: bytearray, at: int, end: int) -> tuple[int, int]:
    """An event in several packets, closed up in place: its end, and where the next packet begins (after `end` when it is not whole)."""
    parts, place, size = [], at, _WHOLE
    while size == _WHOLE:
        if place + 4 > end:
            return end, end + 1
        size = int.from_bytes(buffer[place : place + 3], "little")
        parts.append((place + 4, place + 4 + size))
        place += 4 + size
    if place > end:
        return end, place
    finish = at + 4
    for begin, stop in parts:
        buffer[finish : finish + stop - begin] = buffer[begin:stop]
        finish += stop - begin
    return finish, place
