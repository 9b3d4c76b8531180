"""Errors of the replication engine. Each says what was wrong, where, and what to do.

    ReplicationError
    ├── SettingsError               table mappings, task or endpoint settings cannot be used; names the JSON path
    ├── SourceError                 the source does not answer, or is not set up for what the task asks
    │   ├── SourceLostError         the connection ended; the task tries again
    │   └── BinlogGoneError         the position is not in the source's binlogs any more
    ├── BinlogError                 the binlog cannot be decoded
    │   └── UnsupportedColumnError  a column of a type or character set that is not replicated
    ├── TargetError                 the target refused, or does not answer
    │   ├── TargetLostError         the connection ended; the task tries again
    │   └── CollisionError          another transaction was in the way; the batch is tried again
    └── TaskStateError              the task is not in a state for what was asked
"""

from __future__ import annotations

__all__ = [
    "BinlogError",
    "BinlogGoneError",
    "CollisionError",
    "ReplicationError",
    "SettingsError",
    "SourceError",
    "SourceLostError",
    "TargetError",
    "TargetLostError",
    "TaskStateError",
    "UnsupportedColumnError",
]

from localaws.exceptions import LocalAwsError


class ReplicationError(LocalAwsError):
    """Every error of the engine that a user can do something about."""


class SettingsError(ReplicationError):
    """A setting is unknown, of the wrong type, or contradicts another."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"The setting {path} cannot be used: {reason}.")


class SourceError(ReplicationError):
    """The source cannot be read, or is not set up for what the task asks."""


class SourceLostError(SourceError):
    """The connection to the source ended. The task tries again from its last committed position."""


class BinlogGoneError(SourceError):
    """The position that the task stands at is not in the source's binlogs any more."""

    def __init__(self, position: object, reason: str) -> None:
        super().__init__(
            f"The source has no binlog at {position} any more: {reason}. Changes since then cannot be read: "
            "start the task with reload-target, and keep binlogs longer on the source."
        )


class BinlogError(ReplicationError):
    """The binlog cannot be decoded: nothing after that event was applied."""


class UnsupportedColumnError(BinlogError):
    """A column's type or character set is not replicated."""

    def __init__(self, table: str, column: str, what: str) -> None:
        self.table, self.column = table, column
        super().__init__(f"{table}.{column} is {what}, which is not replicated: exclude the table, or change the column.")


class TargetError(ReplicationError):
    """The target refused a statement or a file."""


class TargetLostError(TargetError):
    """The connection to the target ended. The task tries again from its last committed position."""


class CollisionError(TargetError):
    """Another transaction of the target was in the way. The same batch is applied again, a few times."""


class TaskStateError(ReplicationError):
    """The task is not in a state for what was asked."""
