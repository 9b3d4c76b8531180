"""Connections to the source: PyMySQL for log-in and queries; its socket, once logged in, for what must be fast."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pymysql

from localaws.dms.exceptions import SourceError, SourceLostError

__all__ = ["KEEP_ALIVE", "MySqlAddress", "connected", "fileno", "is_lost", "keep_alive", "open_source", "shut_down", "source_errors"]

_LOST = frozenset((2002, 2003, 2006, 2013, 2014, 2055, 1053, 1040, 1158, 1159, 1160, 1161))
_SECONDS_TO_CONNECT = 10
KEEP_ALIVE = {"idle": 30, "interval": 10, "count": 3}
"""Seconds of silence after which the other side is asked for a sign of life, seconds between such questions, and how many stay
unanswered before a connection is taken for lost: a network that swallows everything tells nobody."""


@dataclass(frozen=True, slots=True)
class MySqlAddress:
    """Where a MySQL-compatible server is, source or target, and as whom to log in; `script` is what each connection to a target runs
    first (AfterConnectScript)."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    ssl: dict[str, Any] | None = None
    script: str = ""


def open_source(address: MySqlAddress, **more: Any) -> pymysql.connections.Connection[Any]:
    """A connection in UTC that gives texts as utf8mb4 and dates as they are.

    Raises:
        SourceLostError: nobody answers.
        SourceError: the log-in is refused.
    """
    with source_errors():
        connection = pymysql.connect(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            ssl=address.ssl,
            charset="utf8mb4",
            connect_timeout=_SECONDS_TO_CONNECT,
            autocommit=True,
            init_command="SET time_zone='+00:00', sql_mode='', net_write_timeout=600",
            **more,
        )
        keep_alive(connection)
        return connection


def keep_alive(connection: pymysql.connections.Connection[Any]) -> None:
    """Notices a network that is cut while an answer is waited for."""
    own: socket.socket = connection._sock  # type: ignore[attr-defined]
    own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, option in (("idle", "TCP_KEEPIDLE"), ("interval", "TCP_KEEPINTVL"), ("count", "TCP_KEEPCNT")):
        if hasattr(socket, option):
            own.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), KEEP_ALIVE[name])


def fileno(connection: pymysql.connections.Connection[Any]) -> int | None:
    """The connection's socket; None when it is closed."""
    own = connection._sock  # type: ignore[attr-defined]
    return own.fileno() if own is not None and own.fileno() >= 0 else None


def shut_down(number: int) -> None:
    """Ends a connection under whoever reads or writes it: closing its descriptor would leave them waiting."""
    try:
        with socket.socket(fileno=os.dup(number)) as copy:
            copy.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is ended already


@contextmanager
def connected(address: MySqlAddress) -> Iterator[pymysql.connections.Connection[Any]]:
    """A connection that is closed at the end."""
    connection = open_source(address)
    try:
        yield connection
    finally:
        connection.close()


def is_lost(error: pymysql.err.Error) -> bool:
    """Whether the error is one of the network, or of a server that is going away."""
    return (error.args and error.args[0] in _LOST) or isinstance(error, pymysql.err.InterfaceError)


@contextmanager
def source_errors() -> Iterator[None]:
    """PyMySQL's errors as this package's: those of the network apart, because the task tries again after them."""
    try:
        yield
    except pymysql.err.Error as error:
        code, message = (*error.args, "", "")[:2]
        if is_lost(error):
            raise SourceLostError(f"The source does not answer: {message or error}. The task tries again.") from error
        raise SourceError(f"The source refuses: {message} (error {code}).") from error
    except OSError as error:
        raise SourceLostError(f"The connection to the source ended: {error}. The task tries again.") from error
