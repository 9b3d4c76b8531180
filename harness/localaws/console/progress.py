"""What became of each state of an execution, from its history.

The history's events of tasks carry a resource and no state: they are those of the state that was entered last, is not left, and has
that resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["progress_of"]

_FAILURES = ("TaskFailed", "TaskTimedOut")


def progress_of(machine: Mapping[str, Any], history: Iterable[Mapping[str, Any]], status: str) -> dict[str, str]:
    """State to `running`, `succeeded`, `caught`, `failed` or `aborted`; what was not entered is not there."""
    states = dict(_states(machine))
    found: dict[str, str] = {}
    open_: list[str] = []
    failing: set[str] = set()
    for event in history:
        kind = event["type"]
        details: Mapping[str, Any] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
        if kind.endswith("StateEntered"):
            open_.append(details["name"])
            found[details["name"]] = "running"
        elif kind.endswith("StateExited") and details["name"] in open_:
            open_.remove(details["name"])
            found[details["name"]] = "caught" if details["name"] in failing else "succeeded"
            failing.discard(details["name"])
        elif kind in (*_FAILURES, "TaskSucceeded"):
            of = next((name for name in reversed(open_) if states.get(name, {}).get("Resource") == details.get("resource")), None)
            if of is not None:
                (failing.discard if kind == "TaskSucceeded" else failing.add)(of)
        elif kind in ("ParallelStateFailed", "MapStateFailed"):
            kinds = ("Parallel",) if kind.startswith("P") else ("Map",)
            failing.update(name for name in open_[::-1] if states.get(name, {}).get("Type") in kinds)
    if status != "RUNNING":
        if status in ("FAILED", "TIMED_OUT") and open_ and not failing & set(open_):
            failing.add(open_[-1])
        for name in open_:
            found[name] = "failed" if name in failing and status != "ABORTED" else "aborted"
    return found


def _states(machine: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        for part in [*state.get("Branches", []), *(state[key] for key in ("ItemProcessor", "Iterator") if key in state)]:
            yield from _states(part)
