"""Waiting for what happens in another thread or process, as long as a busy machine may need and no longer than it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["wait_until"]

Found = TypeVar("Found")


def wait_until(check: Callable[[], Found], seconds: float = 120) -> Found:
    """The first true answer of `check`. Fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, f"it did not happen within {seconds:g} s"
        time.sleep(0.05)
    return answer
