"""Independent steps of a job at the same time.

Most steps of a small batch are planning, which one thread of the driver does while the cores wait; several threads overlap it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pyspark.util import inheritable_thread_target

__all__ = ["AT_ONCE", "together"]

AT_ONCE = 4
"""Threads of the driver that plan and wait at the same time; more of them would only hold more frames in memory."""

Result = TypeVar("Result")


def together(*steps: Callable[[], Result]) -> list[Result]:
    """Run the steps in threads; what they return, in their order.

    The threads have the caller's job group and tags, so that stopping the run stops their Spark jobs, too. All have ended when this
    returns or raises: what it raises is the error of the first step in the order given that failed.
    """
    if len(steps) == 1:
        return [steps[0]()]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        running = [threads.submit(inheritable_thread_target(step)) for step in steps]
    return [step.result() for step in running]
