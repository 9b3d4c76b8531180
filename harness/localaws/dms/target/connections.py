"""Connections of a target, one for each thread: ended with their thread, and, when the target is closed, whatever waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from localaws.dms.exceptions import TargetLostError
from localaws.dms.source.connection import shut_down

__all__ = ["ThreadConnections"]

C = TypeVar("C")


class ThreadConnections(Generic[C]):
    """`connect` opens one, `fileno` gives its socket (None when it is closed), `close` ends it."""

    def __init__(self, connect: Callable[[], C], fileno: Callable[[C], int | None], close: Callable[[C], None]) -> None:
        self._connect, self._fileno, self._close = connect, fileno, close
        self._held: dict[threading.Thread, C] = {}
        self._lock, self._closed = threading.Lock(), False

    def mine(self) -> C:
        """This thread's.

        Raises:
            TargetLostError: the target was closed.
        """
        connection = self.held()
        if connection is None:
            self.release()
            connection = self._connect()
            with self._lock:
                self._held[threading.current_thread()] = connection
        if self._closed:
            self._close(connection)
            raise TargetLostError("The connections to the target were given up: the task ends, or tries again.")
        return connection

    def held(self) -> C | None:
        """This thread's, if it has an open one."""
        connection = self._held.get(threading.current_thread())
        return connection if connection is not None and self._fileno(connection) is not None else None

    def release(self) -> None:
        """Ends the connections of threads that have ended."""
        with self._lock:
            for thread in [thread for thread in self._held if not thread.is_alive()]:
                self._close(self._held.pop(thread))

    def close(self) -> None:
        """Ends all of them; none is opened afterwards. Threads that wait for an answer have an error."""
        self._closed = True
        with self._lock:
            for thread, connection in self._held.items():
                number = self._fileno(connection)
                if number is not None:
                    shut_down(number)
                if thread is threading.current_thread() or not thread.is_alive():
                    self._close(connection)
