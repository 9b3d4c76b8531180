"""Sessions of the Data API: connections that outlive the statement which opened them, one statement at a time.

A session is AVAILABLE, BUSY or CLOSED ("ListSessions"). It ends SessionKeepAliveSeconds after its last statement, after 24 hours (a
statement that runs then is let finish), or with the endpoint; what is known of it is kept for a day. A statement for one that is busy or
closed is refused, not queued.
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from localaws.records import Records
from localaws.redshift.session import Session
from localaws.redshiftdata.exceptions import NotFoundError, TooManySessionsError, ValidationError
from localaws.redshiftdata.statements import Target

__all__ = ["LONGEST_KEPT_SECONDS", "DataSession", "Sessions"]

LONGEST_KEPT_SECONDS = 86_400  # "The maximum time a session can keep alive is 24 hours"
_KEPT_SECONDS = 86_400  # ListSessions tells of "the last 24 hours"
_LIMIT = 500  # "Maximum number of active sessions": 500 for a cluster or a workgroup


@dataclass
class DataSession:
    """What is known of a session. Times are epoch seconds; `keep_alive` is in seconds; `current` is the statement that runs."""

    id: str
    target: Target
    keep_alive: int
    status: str = "BUSY"
    current: str = ""
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    ends_at: float = 0.0


class Sessions:
    """The sessions of one home, for several threads."""

    def __init__(self, folder: Path) -> None:
        self._records = Records(folder)
        self._changed = threading.Condition()
        self._connections: dict[str, Session] = {}
        self._known: dict[str, DataSession] = {}
        self._watcher: threading.Thread | None = None
        for document in self._records.all():
            session = DataSession(**{**document, "target": Target(**document["target"])})
            self._known[session.id] = session
            if session.status != "CLOSED":  # its connection ended with the process that had it
                self._end(session)

    def open(self, target: Target, keep_alive: int, statement: str) -> DataSession:
        """A new session, busy with its first statement.

        Raises:
            TooManySessionsError: the warehouse has as many as it may.
        """
        with self._changed:
            self._forget_old()
            if sum(one.status != "CLOSED" and _warehouse(one.target) == _warehouse(target) for one in self._known.values()) >= _LIMIT:
                raise TooManySessionsError(_LIMIT)
            session = DataSession(str(uuid.uuid4()), target, keep_alive, current=statement)
            self._known[session.id] = session
            self._set(session, "BUSY")
            return session

    def take(self, session_id: str, keep_alive: int | None, statement: str) -> DataSession:
        """The session for its next statement.

        Raises:
            ValidationError: there never was such a session, or it is busy or closed.
        """
        with self._changed:
            session = self._named(session_id)
            self._close_if_over(session)
            if session.status != "AVAILABLE":
                raise ValidationError("Session is not available")
            session.current = statement
            session.keep_alive = session.keep_alive if keep_alive is None else keep_alive
            self._set(session, "BUSY")
            return session

    def target(self, session_id: str) -> Target:
        """Where it runs. Raises ValidationError: there never was such a session."""
        with self._changed:
            return self._named(session_id).target

    def _named(self, session_id: str) -> DataSession:
        if session_id not in self._known:
            raise ValidationError(f"Session with Id: {session_id} is invalid")
        return self._known[session_id]

    def connection(self, session_id: str) -> Session | None:
        """Its connection, once its first statement has opened it."""
        with self._changed:
            return self._connections.get(session_id)

    def keep(self, session_id: str, connection: Session) -> None:
        """The connection that its first statement opened."""
        with self._changed:
            self._connections[session_id] = connection

    def release(self, session_id: str, statement: str) -> None:
        """Its statement has ended: it waits for the next one, or ends when it may not or its connection is broken."""
        with self._changed:
            session, connection = self._known.get(session_id), self._connections.get(session_id)
            if session is None or session.current != statement:
                return
            session.current = ""
            session.ends_at = min(time.time() + session.keep_alive, session.created_at + LONGEST_KEPT_SECONDS)
            if connection is None or connection.connection.closed or not session.keep_alive:
                self._end(session)
                return
            self._set(session, "AVAILABLE")
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="redshift-data sessions", daemon=True)
                self._watcher.start()
            self._changed.notify_all()

    def get(self, session_id: str) -> DataSession:
        """Raises NotFoundError."""
        with self._changed:
            session = self._known.get(session_id)
            if session is None:
                raise NotFoundError(f"Session with Id: {session_id} does not exist.", session_id)
            self._close_if_over(session)
            return session

    def all(self) -> list[DataSession]:
        """Newest first."""
        with self._changed:
            self._forget_old()
            for session in self._known.values():
                self._close_if_over(session)
            return sorted(self._known.values(), key=lambda one: (one.created_at, one.id), reverse=True)

    def close(self) -> None:
        """Ends all of them; for an orderly stop."""
        with self._changed:
            for session in self._known.values():
                if session.status != "CLOSED":
                    self._end(session)
            self._changed.notify_all()

    def _watch(self) -> None:
        """Ends sessions when their time is over, until none is left."""
        with self._changed:
            while True:
                for session in self._known.values():
                    self._close_if_over(session)
                waiting = [one.ends_at for one in self._known.values() if one.status == "AVAILABLE"]
                if not waiting and not any(one.status == "BUSY" for one in self._known.values()):
                    self._watcher = None
                    return
                self._changed.wait(max(0.0, min(waiting, default=time.time() + 60) - time.time()))

    def _close_if_over(self, session: DataSession) -> None:
        if session.status == "AVAILABLE" and session.ends_at <= time.time():
            self._end(session)

    def _end(self, session: DataSession) -> None:
        connection = self._connections.pop(session.id, None)
        if connection is not None:
            connection.close()
        session.current = ""
        self._set(session, "CLOSED")

    def _set(self, session: DataSession, status: str) -> None:
        session.status, session.updated_at = status, time.time()
        self._records.put(session.id, asdict(session))

    def _forget_old(self) -> None:
        for session in [one for one in self._known.values() if one.status == "CLOSED" and one.updated_at < time.time() - _KEPT_SECONDS]:
            del self._known[session.id]
            self._records.delete(session.id)


def _warehouse(target: Target) -> tuple[str, Any]:
    return target.cluster, target.workgroup
