"""The process that writes the query history of all sessions: they send it what they ran, and do not wait for it.

A session that is about to read the history asks for a flush: it sends the end of a pipe, which the historian closes once everything
that it was sent before is written.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from collections.abc import Callable, Mapping
from typing import Any

from localaws.redshift.history.entry import Entry
from localaws.redshift.history.store import HistoryStore

__all__ = ["Historian"]

_LONGEST = 1 << 20
_FLUSH = b"flush"
_WAIT_SECONDS = 5.0


class Historian:
    """Both ends: `start` in the server, `add` and `flush` in a session."""

    def __init__(self) -> None:
        self._here, self._there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._here, self._there):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST)

    def start(self, conninfo: Callable[[str], Mapping[str, Any]]) -> int:
        """Forks the process that writes; its id."""
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            self._here.close()
            self._serve(HistoryStore(conninfo))
            status = 0
        finally:
            os._exit(status)

    def add(self, entry: Entry) -> None:
        """Sends it; an entry that is too long for one message goes without the end of its text."""
        data = entry.to_bytes()
        if len(data) > _LONGEST // 4:
            entry.text = entry.text[: len(entry.text) // 8]
            data = entry.to_bytes()
        self._here.send(data)

    def flush(self) -> None:
        """Waits until what this session sent can be read."""
        reader, writer = os.pipe()
        try:
            socket.send_fds(self._here, [_FLUSH], [writer])
        finally:
            os.close(writer)
        with contextlib.closing(os.fdopen(reader, "rb")) as stream:
            select.select([stream], [], [], _WAIT_SECONDS)

    def close(self) -> None:
        self._here.close()
        self._there.close()

    def _serve(self, store: HistoryStore) -> None:
        """Until every sender is gone."""
        while True:
            entries: list[Entry] = []
            flushed: list[int] = []
            while True:
                data, handles, _, _ = socket.recv_fds(self._there, _LONGEST, 1)
                flushed += handles
                if not data:
                    return
                if data != _FLUSH:
                    entries.append(Entry.from_bytes(data))
                if len(entries) >= 500 or not select.select([self._there], [], [], 0)[0]:
                    break
            store.write(entries)
            for handle in flushed:
                os.close(handle)
