"""A conversation: the client's messages to PostgreSQL with their SQL translated, PostgreSQL's answers back as they are.

Answers are not taken apart: message headers are walked so that only errors, results' descriptions and ReadyForQuery are looked at.
A statement that the endpoint runs itself (COPY, UNLOAD, what needs several steps) takes the same connection while nothing else is under
way on it; psycopg and this relay never read at once. A refused statement is sent as a name that PostgreSQL refuses too, so that
PostgreSQL keeps the state of the transaction; the words of its error are replaced.
"""

from __future__ import annotations

import logging
import select
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from localaws.redshift.copy.history import QueryNumber
from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.history.entry import Entry
from localaws.redshift.lexer import split_statements, tokenize
from localaws.redshift.masking import masked
from localaws.redshift.messages import in_redshift_words
from localaws.redshift.procedures.create import CallCommand
from localaws.redshift.queries import untouched_catalog_query
from localaws.redshift.session import table_columns
from localaws.redshift.translation import Translation
from localaws.redshift.wire.client import Client, ClientGoneError
from localaws.redshift.wire.journal import Journal
from localaws.redshift.wire.local import Bound, LocalRunner
from localaws.redshift.wire.protocol import (
    ProtocolError,
    bound_values,
    command_complete,
    data_row,
    error_fields,
    error_response,
    message,
    parameter_types,
    ready,
    row_description,
    text,
    texts,
)
from localaws.redshift.wire.results import Results, described, row

__all__ = ["BackendGoneError", "Relay"]

_LOG = logging.getLogger("localaws.redshift")
_CHUNK = 1 << 18
_READY, _ERROR, _COMPLETE = ord("Z"), ord("E"), ord("C")
_LOOKED_AT = frozenset((_READY, _ERROR, _COMPLETE))
_MARK = "local_redshift_refusal_"


class BackendGoneError(Exception):
    """PostgreSQL closed the connection."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement as the client wrote it, and what becomes of it; no translation where it could not be translated."""

    text: str
    translation: Translation | None
    types: tuple[int, ...] = ()


@dataclass
class _Answer:
    """A ReadyForQuery that is awaited: whether the client gets it, and whether an error came before it."""

    forwarded: bool
    failed: bool = False


class Relay:
    """One client's session."""

    def __init__(self, client: Client, connection: psycopg.Connection, local: LocalRunner, journal: Journal, *, psql: bool = False) -> None:
        self._client, self._connection, self._local, self._journal, self._psql = client, connection, local, journal, psql
        self._socket = socket.socket(fileno=socket.dup(connection.pgconn.socket))
        self._socket.setblocking(False)
        self._status = b"I"
        self._awaited: deque[_Answer] = deque()
        self._out = bytearray()
        self._partial, self._skip = b"", 0
        self._results, self._gathered = Results(), bytearray()
        self._refusals: dict[int, RedshiftError] = {}
        self._statements: dict[str, _Statement] = {}
        self._portals: dict[str, tuple[_Statement, Bound]] = {}
        self._skipping = False

    def run(self) -> None:
        """Until the client leaves.

        Raises:
            BackendGoneError, ProtocolError: the connection cannot go on.
        """
        self._client.send(ready(self._status))
        while True:
            found = self._client.next()
            if found is not None:
                if found[0] == b"X":
                    return
                self._take(*found)
                continue
            self._flush()
            readable = [self._client.socket, self._socket]
            if not self._client.pending:
                readable, _, _ = select.select(readable, [], [])
            if self._socket in readable:
                self._pump()
            if self._client.socket in readable:
                self._client.fill()

    def close(self) -> None:
        self._socket.close()

    def _take(self, kind: bytes, body: bytes) -> None:
        handler = _HANDLERS.get(kind)
        if handler is None:
            raise ProtocolError(f"message type {kind!r}")
        if self._skipping and kind not in b"SQ":
            return
        handler(self, body)

    # The simple protocol.

    def _query(self, body: bytes) -> None:
        (sql,), _ = texts(body, 1)
        self._skipping = False
        self._statements.pop("", None)
        translations: list[Translation] = []
        written = [sql]
        try:
            written = split_statements(sql)
            for statement in written:
                translations.append(self._translated(statement))
        except RedshiftError as error:
            self._journal.begins(written[len(translations)], None)
            self._send(b"Q", text(self._refusal(error)))
            self._await(forwarded=True)
            return
        statements = [_Statement(*pair) for pair in zip(written, translations, strict=True)]
        if any(translation.local for translation in translations):
            self._query_step_by_step(statements)
            return
        self._begins(*statements)
        self._send(b"Q", text("; ".join(translation.sql[0] for translation in translations)))
        self._await(forwarded=True)

    def _begins(self, *statements: _Statement) -> None:
        """They are on their way to PostgreSQL."""
        for statement in statements:
            if statement.translation is not None and statement.translation.history:
                self._journal.flush()
            self._journal.begins(statement.text, statement.translation)

    def _query_step_by_step(self, statements: list[_Statement]) -> None:
        """Statements of one message are one transaction, unless they say otherwise."""
        self._drain()
        all_of_them = [statement.translation for statement in statements if statement.translation is not None]
        own = self._status == b"I" and len(all_of_them) > 1 and all(one.in_transaction and not one.controls for one in all_of_them)
        failed = own and not self._quietly("BEGIN")
        for statement, translation in zip(statements, all_of_them, strict=True):
            if failed:
                break
            if translation.local:
                failed = not self._run_locally(statement.text, translation, prepared=False)
            else:
                self._begins(statement)
                self._send(b"Q", text(translation.sql[0]))
                failed = not self._drain(self._await(forwarded=False))
        if own:
            self._quietly("ROLLBACK" if failed else "COMMIT")
        self._client.send(ready(self._status))

    def _quietly(self, sql: str) -> bool:
        """A statement of the endpoint's own; its error goes to the client."""
        try:
            self._connection.execute(sql)  # type: ignore[call-overload]
        except psycopg.Error as error:
            self._client.send(error_response(self._local.error(error)))
            return False
        finally:
            self._take_status()
        return True

    def _run_locally(self, written: str, translation: Translation, bound: Bound | None = None, *, prepared: bool = True) -> bool:
        number = QueryNumber()
        entry = self._journal.begins(written, translation)
        try:
            ran = self._local.run(translation, self._status, self._client.send, number, bound)
        except RedshiftError as error:
            entry.query = number.value
            self._failed_locally(entry, error)
            return False
        self._take_status()
        entry.query = number.value
        self._journal.ended(entry, ran.count)
        self._journal.ready(self._status)
        if ran.result is not None:
            description, columns = described(row_description(ran.result))
            if not prepared:
                self._client.send(description)
            for place in range(ran.result.ntuples):
                self._client.send(row(data_row(ran.result, place), columns))
        self._client.send(command_complete(ran.tag))
        return True

    def _failed_locally(self, entry: Entry, error: RedshiftError) -> None:
        self._take_status()
        if self._status == b"T":
            self._connection.pgconn.exec_(_MARK.encode())  # the transaction is over, as after any error
            self._take_status()
        self._journal.ended(entry, error=error)
        self._journal.ready(self._status)
        self._client.send(error_response(error))

    def _take_status(self) -> None:
        self._status = {0: b"I", 1: b"T", 2: b"T", 3: b"E"}.get(int(self._connection.pgconn.transaction_status), b"I")
        if self._connection.pgconn.status != psycopg.pq.ConnStatus.OK:
            raise BackendGoneError

    # The extended protocol.

    def _parse(self, body: bytes) -> None:
        (name, sql), types = texts(body, 2)
        self._statements.pop(name, None)
        self._results.parsed(name)
        try:
            translation = self._translated(sql) if sql.strip() else None
        except RedshiftError as error:
            self._journal.parsed(sql, None)
            self._send(b"P", text(name) + text(self._refusal(error)) + b"\0\0")
            return
        if translation is None:
            self._send(b"P", body)
            return
        self._journal.parsed(sql, translation)
        self._statements[name] = _Statement(sql, translation, parameter_types(types))
        if translation.call is not None:
            self._parse_call(name, translation.call, types)
        elif translation.local:
            self._send(b"P", text(name) + text("") + b"\0\0")
        else:
            self._send(b"P", text(name) + text(translation.sql[0]) + types)

    def _parse_call(self, name: str, command: CallCommand, types: bytes) -> None:
        """PostgreSQL prepares the CALL and tells the client about it; it is never executed there."""
        self._settle()
        try:
            prepared = self._local.prepared_call(command)
        except RedshiftError as error:
            prepared, types = self._refusal(error), b"\0\0"
        self._take_status()
        self._send(b"P", text(name) + text(prepared) + types)

    def _translated(self, sql: str) -> Translation:
        found = untouched_catalog_query(sql) if self._psql else None
        try:
            found = found or translate(sql, self._columns)
            self._local.external.prepare(found.named, found.kind)
            return found
        except (RedshiftError, BackendGoneError, ClientGoneError):
            raise
        except Exception as error:
            _LOG.exception("a statement could not be translated: %s", masked(sql))
            raise RedshiftError(f"internal error of the local endpoint: {error!r}; nothing was executed") from error

    def _columns(self, table: str) -> list[str] | None:
        """Asked in between."""
        self._local.external.see(part.name for part in tokenize(table) if part.kind == "quoted")
        self._settle()
        columns = table_columns(self._connection, table)
        self._take_status()
        return columns

    def _settle(self) -> None:
        """Everything that is under way is done."""
        if self._out or self._awaited:
            self._send(b"S", b"")
            answer = self._await(forwarded=False)
            self._skipping = self._skipping or not self._drain(answer)

    def _bind(self, body: bytes) -> None:
        (portal, name), rest = texts(body, 2)
        self._portals.pop(portal, None)
        statement = self._statements.get(name)
        if statement is not None:
            bound = Bound()
            if statement.translation is not None and statement.translation.call is not None:
                values, formats, result_formats = bound_values(rest)
                bound = Bound(values, formats, statement.types, result_formats)
            self._portals[portal] = (statement, bound)
        self._results.bound(portal, name, rest)
        self._send(b"B", body)

    def _describe(self, body: bytes) -> None:
        (name,), _ = texts(body[1:], 1)
        self._results.asked(body[:1], name)
        self._send(b"D", body)

    def _execute(self, body: bytes) -> None:
        (portal,), _ = texts(body, 1)
        statement, bound = self._portals.get(portal, (None, None))
        if statement is None or statement.translation is None or not statement.translation.local:
            if statement is not None and not self._read_again(statement):
                return
            self._results.executed(portal)
            self._send(b"E", body)
            return
        self._send(b"S", b"")
        answer = self._await(forwarded=False)
        self._skipping = not (self._drain(answer) and self._run_locally(statement.text, statement.translation, bound))

    def _read_again(self, statement: _Statement) -> bool:
        """External tables may have changed since the statement was prepared; whether it can be executed."""
        if statement.translation is not None and statement.translation.named.pairs:
            try:
                self._local.external.prepare(statement.translation.named, statement.translation.kind)
            except RedshiftError as error:
                self._settle()
                self._failed_locally(self._journal.begins(statement.text, statement.translation), error)
                self._skipping = True
                return False
        self._begins(statement)
        return True

    def _close(self, body: bytes) -> None:
        (name,), _ = texts(body[1:], 1)
        (self._statements if body[:1] == b"S" else self._portals).pop(name, None)
        self._results.closed(body[:1], name)
        self._send(b"C", body)

    def _sync(self, body: bytes) -> None:
        self._skipping = False
        self._send(b"S", body)
        self._await(forwarded=True)

    # PostgreSQL's side.

    def _refusal(self, error: RedshiftError) -> str:
        number = len(self._refusals) + 1
        self._refusals[number] = error
        return f"{_MARK}{number}"

    def _send(self, kind: bytes, body: bytes) -> None:
        self._out += message(kind, body)
        if len(self._out) > _CHUNK:
            self._flush()

    def _await(self, *, forwarded: bool) -> _Answer:
        answer = _Answer(forwarded)
        self._awaited.append(answer)
        self._results.synced()
        self._journal.awaits()
        return answer

    def _flush(self) -> None:
        """Sends what waits; reads meanwhile, since PostgreSQL may wait for that."""
        while self._out:
            readable, writable, _ = select.select([self._socket], [self._socket], [])
            if readable:
                self._pump()
            if writable:
                try:
                    del self._out[: self._socket.send(self._out)]
                except BlockingIOError:
                    continue
                except OSError as error:
                    raise BackendGoneError(str(error)) from error

    def _drain(self, answer: _Answer | None = None) -> bool:
        """Waits for everything that is under way; whether `answer` came without an error."""
        self._flush()
        while self._awaited:
            select.select([self._socket], [], [])
            self._pump()
        return answer is None or not answer.failed

    def _pump(self) -> None:
        """Takes what PostgreSQL sent, and gives it to the client: all of it as it is, but for what `_look` replaces."""
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            raise BackendGoneError(str(error)) from error
        if not data:
            raise BackendGoneError
        if self._partial:
            data = self._partial + data
            self._partial = b""
        at, size, start = self._skip, len(data), 0
        looked_at = _LOOKED_AT | self._results.looked_at
        unpack = struct.Struct(">I").unpack_from
        while at + 5 <= size:
            kind = data[at]
            end = at + 1 + unpack(data, at + 1)[0]
            if kind in looked_at:
                if end > size:
                    break
                start = self._looked_at(data, start, at, end)
                looked_at = _LOOKED_AT | self._results.looked_at
            at = end
        if at >= size:
            self._skip = at - size
        else:
            self._skip = 0
            self._partial = data[at:]
        self._forward(memoryview(data)[start:at])

    def _forward(self, data: memoryview) -> None:
        """What has been gathered, and this after it."""
        if self._gathered:
            self._gathered += data
            self._client.send(self._gathered)
            self._gathered = bytearray()
        elif data:
            self._client.send(data)

    def _looked_at(self, data: bytes, start: int, at: int, end: int) -> int:
        """A message that is of interest; where what is yet to be forwarded starts after it."""
        kind = data[at]
        if kind == _COMPLETE:
            self._journal.completed(data[at + 5 : end - 1].decode())
        if kind not in (_READY, _ERROR):
            whole = data[at:end]
            told = self._results.take(whole)
            if told is whole:
                return start
            self._gathered += data[start:at] + told
            return end
        self._forward(memoryview(data)[start:at])
        self._look(kind, data[at:end])
        return end

    def _look(self, kind: int, whole: bytes) -> None:
        if kind == _READY:
            self._status = whole[5:6]
            self._journal.ready(self._status)
            self._results.ready()
            answer = self._awaited.popleft() if self._awaited else _Answer(True)
            if not self._awaited:
                self._refusals.clear()
            if answer.forwarded:
                self._client.send(whole)
            return
        if self._awaited:
            self._awaited[0].failed = True
        fields = error_fields(whole[5:])
        error = self._error(fields)
        self._journal.failed(error)
        self._client.send(error_response(error, fields.get("V", "ERROR")))

    def _error(self, fields: dict[str, str]) -> RedshiftError:
        words = fields.get("M", "")
        if _MARK in words:
            number = words.split(_MARK, 1)[1].split('"', 1)[0]
            if number.isdigit() and int(number) in self._refusals:
                return self._refusals[int(number)]
        return in_redshift_words(fields)


_HANDLERS: dict[bytes, Callable[[Relay, bytes], None]] = {
    b"Q": Relay._query,
    b"P": Relay._parse,
    b"B": Relay._bind,
    b"E": Relay._execute,
    b"C": Relay._close,
    b"S": Relay._sync,
    b"D": Relay._describe,
    b"H": lambda relay, body: relay._send(b"H", body),
    b"d": lambda relay, body: None,
    b"c": lambda relay, body: None,
    b"f": lambda relay, body: None,
}
__all__ += ["ClientGoneError"]
