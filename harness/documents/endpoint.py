"""What the local AWS endpoint runs and what it refuses, from the tables that its router uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from localaws.refusals import NOT_EXECUTED
from localaws.s3.operations import OPERATIONS as S3_OPERATIONS
from localaws.services import SERVICES, handlers

__all__ = ["executed_operations", "refused_operations"]


def executed_operations() -> str:
    """A row for each service that something here answers for."""
    found: dict[str, set[str]] = defaultdict(set)
    for service, operation in handlers():
        found[service].add(operation)
    found["s3"] = set(S3_OPERATIONS)
    rows = [f"| `{service}` | {_modules(service)} | {_listed(found[service])} |" for service in sorted(found)]
    return "\n".join(["| service | in | operations |", "|---|---|---|", *rows])


def refused_operations() -> str:
    """A row for each service and reason."""
    rows = []
    for service, operations in NOT_EXECUTED.items():
        by_reason: dict[str, list[str]] = defaultdict(list)
        for operation, reason in operations.items():
            by_reason[reason].append(operation)
        rows += [f"| `{service}` | {_listed(names)} | {reason} |" for reason, names in by_reason.items()]
    return "\n".join(["| service | operations | since |", "|---|---|---|", *sorted(rows)])


def _modules(service: str) -> str:
    names = SERVICES.get(service, ("localaws.s3.operations",))
    return ", ".join(f"`{name}`" for name in names)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
