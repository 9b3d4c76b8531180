"""Where a task begins to capture changes, and where it stops by itself (StartReplicationTask's CdcStartPosition and CdcStopPosition).

Reasons are those of StopReason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from localaws.dms.binlog.events import Position

__all__ = ["AFTER_CACHED", "AFTER_LOAD", "LOADED", "NORMAL", "Until", "parse_start"]

NORMAL, LOADED = "NORMAL", "FULL_LOAD_ONLY_FINISHED"
AFTER_LOAD, AFTER_CACHED = "STOPPED_AFTER_FULL_LOAD", "STOPPED_AFTER_CACHED_EVENTS"
_MOMENT = r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})Z?"
_TIMES = {"server_time": "STOPPED_AT_SERVER_TIME", "commit_time": "STOPPED_AT_COMMIT_TIME"}


@dataclass(frozen=True, slots=True)
class Until:
    """Everything before `position` is applied, or everything that was committed up to `seconds` (since the epoch).

    At a server time the task stops when that second is over and what was committed until then is applied, also when nothing later is
    committed; at a commit time when something later is.
    """

    position: Position | None = None
    seconds: int | None = None
    by_clock: bool = False
    reason: str = NORMAL

    @classmethod
    def parse(cls, text: str) -> Until:
        """From `file:offset`, `server_time:2026-01-02T03:04:05` or `commit_time:…`, in UTC. ValueError when it is none of them."""
        found = re.fullmatch(rf"(server_time|commit_time):\s*{_MOMENT}", text)
        if found is None:
            return cls(position=Position.parse(text))
        return cls(seconds=_seconds(found[2]), by_clock=found[1] == "server_time", reason=_TIMES[found[1]])

    def excludes(self, seconds: int) -> bool:
        """Whether a transaction that was committed then comes after it."""
        return self.seconds is not None and seconds > self.seconds

    def reached(self, position: Position) -> bool:
        """Whether everything before it is read when everything before the position is."""
        return self.position is not None and position.order >= self.position.order

    def over(self, now: float) -> bool:
        """Whether its second is over by the clock."""
        return self.by_clock and self.seconds is not None and now >= self.seconds + 1


def parse_start(text: str) -> Position | int:
    """From `file:offset`, or a time in UTC, `2026-01-02T03:04:05`, as seconds since the epoch. ValueError when it is neither."""
    found = re.fullmatch(_MOMENT, text)
    return _seconds(found[1]) if found is not None else Position.parse(text)


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
