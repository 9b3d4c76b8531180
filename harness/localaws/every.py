"""What the endpoint does again and again: schedules, alarms, deliveries, retention, sources that are polled."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

__all__ = ["Every"]

_LOG = logging.getLogger("localaws")
_PATIENCE = 5.0
"""Seconds that the turn under way has to end, when the endpoint does."""


class Every:
    """Calls `turn` with so many seconds between two turns, from its making until `close`.

    An error of a turn is logged with the name, once for as long as the turns fail alike, and the next turn comes all the same.
    """

    def __init__(self, name: str, seconds: float, turn: Callable[[], None], at_once: bool = False) -> None:
        """`at_once`: the first turn is not waited for."""
        self.name, self._seconds, self._turn, self._at_once = name, seconds, turn, at_once
        self._told = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No further turn begins; the one under way is waited for, not for ever."""
        self._ended.set()
        self._thread.join(timeout=_PATIENCE)

    def _run(self) -> None:
        wait = 0.0 if self._at_once else self._seconds
        while not self._ended.wait(wait):
            wait = self._seconds
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001 - a turn's mistake must not end all that follow
                self._tell(error)
            else:
                self._told = ""

    def _tell(self, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        if text != self._told:
            _LOG.error("%s: a turn failed, the next is in %g s", self.name, self._seconds, exc_info=error)
        self._told = text
