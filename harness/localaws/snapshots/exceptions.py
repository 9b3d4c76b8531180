"""Errors of snapshots.

SnapshotError
├── BusyError               something is under way that a snapshot would cut in two
├── SnapshotNameError       the name cannot be a folder's
├── SnapshotExistsError     there is one of that name
└── SnapshotMissingError    there is none of that name, or what lies there is no snapshot of this version
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from localaws.exceptions import LocalAwsError

__all__ = ["BusyError", "SnapshotError", "SnapshotExistsError", "SnapshotMissingError", "SnapshotNameError"]


class SnapshotError(LocalAwsError):
    """Something about the snapshots of a home."""


class BusyError(SnapshotError):
    """State changes while it would be copied or replaced."""

    def __init__(self, activities: Iterable[str]) -> None:
        named = "\n".join(f"  {activity}" for activity in activities)
        super().__init__(f"These are under way, and nothing was changed. Wait until they have ended, or stop them:\n{named}")


class SnapshotNameError(SnapshotError):
    """Not a name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} cannot be a snapshot's name: it begins with a letter or digit and has letters, digits, '.', '_' and '-', at most 64."
        )


class SnapshotExistsError(SnapshotError):
    """Not overwritten unless it is asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a snapshot {name} already. Give another name, or --replace.")


class SnapshotMissingError(SnapshotError):
    """Nothing that could be restored."""

    def __init__(self, name: str, folder: Path, reason: str = "there is none of that name") -> None:
        self.reason = reason
        super().__init__(f"The snapshot {name} cannot be used: {reason}. `./etl snapshot list` shows those of {folder}.")
