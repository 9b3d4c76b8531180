"""Long polling: a request with WaitTimeSeconds is answered when its statement has ended, or when the time is over."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from localaws.redshiftdata.exceptions import TooManyWaitingError, ValidationError
from localaws.redshiftdata.statements import Statement, StatementStore

__all__ = ["wait", "wait_seconds"]

_LONGEST_WAIT = 30  # "The maximum value is 30 seconds"
_MOST_WAITING = 8  # each holds a thread of the server
_waiting = threading.BoundedSemaphore(_MOST_WAITING)


def wait_seconds(asked: Mapping[str, Any]) -> int:
    """WaitTimeSeconds of a request. Raises ValidationError."""
    seconds = int(asked.get("WaitTimeSeconds", 0))
    if not 0 <= seconds <= _LONGEST_WAIT:
        raise ValidationError(f"WaitTimeSeconds must be between 1 and {_LONGEST_WAIT}.")
    return seconds


def wait(store: StatementStore, statement: Statement, asked: Mapping[str, Any], *, must: bool = True) -> None:
    """Once a statement is submitted its id must be told, waiting or not: then `must` is False.

    Raises:
        TooManyWaitingError: too many requests wait.
    """
    seconds = wait_seconds(asked)
    if seconds and not statement.final:
        if not _waiting.acquire(blocking=False):
            if must:
                raise TooManyWaitingError(_MOST_WAITING)
            return
        try:
            store.wait(statement, seconds)
        finally:
            _waiting.release()
