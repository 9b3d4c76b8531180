"""Time, processor time and memory of a tree of processes, sampled from /proc.

Memory is the sum of the proportional set sizes (PSS): a page that several processes share, as PostgreSQL's buffers are, counts
once. Where the kernel shows only the resident size, that is taken.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Meter", "Usage"]

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    """What a stage took: wall-clock seconds, processor seconds, highest memory of all processes together in bytes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


class Meter:
    """Watches this process, its descendants, and those of `roots()`, while it is open."""

    def __init__(self, roots: Callable[[], Collection[int]], every: float = 0.5) -> None:
        self._roots, self._every = roots, every
        self._cpu: dict[tuple[int, int], float] = {}  # (pid, start) -> seconds, kept when the process has ended
        self._peak = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="meter", daemon=True)

    def __enter__(self) -> Meter:
        self._sample()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def stage(self, done: Callable[[Usage], None]) -> Iterator[None]:
        """Measures the block and hands the usage to `done`; not when the block fails."""
        self._sample()
        with self._lock:
            before, self._peak = sum(self._cpu.values()), 0
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        self._sample()
        with self._lock:
            done(Usage(seconds, sum(self._cpu.values()) - before, self._peak))

    def _watch(self) -> None:
        while not self._over.wait(self._every):
            self._sample()

    def _sample(self) -> None:
        roots = {os.getpid(), *self._roots()}
        memory = 0
        with self._lock:
            for pid in _descendants(roots):
                with suppress(OSError, ValueError, IndexError):  # it has ended meanwhile
                    started, seconds = _processor(pid)
                    self._cpu[pid, started] = seconds
                    memory += _memory(pid)
            self._peak = max(self._peak, memory)


def _descendants(roots: set[int]) -> set[int]:
    children: dict[int, list[int]] = {}
    for entry in os.listdir(_PROC):
        if entry.isdigit():
            with suppress(OSError, ValueError, IndexError):
                children.setdefault(int(_fields(int(entry))[1]), []).append(int(entry))
    found, waiting = set(), list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, [])
    return found


def _fields(pid: int) -> list[str]:
    """Of /proc/<pid>/stat, from the state on (the name before it may hold anything)."""
    return (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()


def _processor(pid: int) -> tuple[int, float]:
    fields = _fields(pid)
    return int(fields[19]), (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int) -> int:
    with suppress(OSError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text("utf-8").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return int((_PROC / str(pid) / "statm").read_text("utf-8").split()[1]) * _PAGE
