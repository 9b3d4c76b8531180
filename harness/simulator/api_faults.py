"""Faults that a test asks the API for: each spoils the next answers of one path and is then used up.

`POST /_admin/faults` with `{"kind", "path", "count", "skip", "seconds"}` adds one, `DELETE /_admin/faults` forgets all,
`GET /_admin/requests` lists the paths asked for so far.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from simulator.api_pages import ApiError

__all__ = ["KINDS", "Fault", "Faults"]

KINDS = {
    "throttle": "429 with Retry-After: `seconds`",
    "error": "500",
    "unavailable": "503 without Retry-After",
    "timeout": "waits `seconds`, then closes without an answer",
    "cut": "declares the whole length and closes in the middle of the body",
    "repeat": "the answer given before on the same path, once more",
    "short": "a page without its last record",
    "shape": "valid JSON of another shape: the records under another name",
    "garbage": "200 with a body that is no JSON",
    "unauthorized": "401, as if the token had expired",
}


@dataclass
class Fault:
    """kind: of KINDS; path: of the requests it spoils; skip: good answers before it; count: answers it spoils; seconds: for throttle
    and timeout."""

    kind: str
    path: str
    count: int = 1
    skip: int = 0
    seconds: float = 1.0


@dataclass
class Faults:
    """The faults that wait, in the order in which they were asked for. Safe for several threads."""

    waiting: list[Fault] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, values: Any) -> None:
        if not isinstance(values, dict) or not {"kind", "path"} <= set(values) or not set(values) <= set(Fault.__dataclass_fields__):
            raise ApiError(400, "bad_fault", f"A fault has kind and path, and may have count, skip and seconds; this is {values!r}.")
        fault = Fault(**values)
        if fault.kind not in KINDS:
            raise ApiError(400, "bad_fault", f"kind is {fault.kind!r}; the kinds are {', '.join(KINDS)}.")
        with self.lock:
            self.waiting.append(fault)

    def clear(self) -> None:
        with self.lock:
            self.waiting.clear()

    def take(self, path: str) -> Fault | None:
        """The fault that spoils this request, if any; it is used up by one."""
        with self.lock:
            for fault in self.waiting:
                if fault.path != path:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    return None
                fault.count -= 1
                if fault.count <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
