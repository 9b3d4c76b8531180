"""Errors of the library.

EtlError
├── ConfigurationError          the caller asked for something that cannot be: fix the call
│   ├── ModelError              a declaration contradicts itself
│   ├── MissingColumnError      a transform was given a frame without a column that it needs
│   └── MissingReferenceError   a check was not given the list or the parents that it compares with
├── DataError                   the data is not what was declared: quarantine or fix the source
│   ├── UnbalancedBatchError    rows went missing or appeared between two steps
│   └── KeyCollisionError       two members were given one surrogate key
└── TransientError              the same call may succeed later: retried by the caller
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = [
    "ConfigurationError",
    "DataError",
    "EtlError",
    "KeyCollisionError",
    "MissingColumnError",
    "MissingReferenceError",
    "ModelError",
    "TransientError",
    "UnbalancedBatchError",
]


class EtlError(Exception):
    """Base of every error that this library raises on purpose."""


class ConfigurationError(EtlError):
    """The caller asked for something that cannot be."""


class ModelError(ConfigurationError):
    """A declaration contradicts itself or another."""

    def __init__(self, what: str, problem: str, fix: str) -> None:
        self.what, self.problem, self.fix = what, problem, fix
        super().__init__(f"{what} {problem}. To correct it: {fix}.")


class MissingColumnError(ConfigurationError):
    """A transform was given a frame without a column that it needs."""

    def __init__(self, transform: str, missing: Collection[str], present: Collection[str]) -> None:
        self.transform, self.missing, self.present = transform, sorted(missing), sorted(present)
        super().__init__(
            f"{transform} needs the columns {', '.join(self.missing)}, which the frame does not have. "
            f"It has: {', '.join(self.present)}. Rename them before the call, or select them at the source."
        )


class MissingReferenceError(ConfigurationError):
    """A check was not given the list of codes or the parents that it compares with."""

    def __init__(self, table: str, kind: str, missing: str, given: Collection[str]) -> None:
        self.table, self.kind, self.missing, self.given = table, kind, missing, sorted(given)
        super().__init__(
            f"{table} is checked against the {kind} {missing!r}, which was not given. "
            f"Given: {', '.join(self.given) or 'none'}. Pass {kind}={{{missing!r}: …}}; without it every record would be refused or none."
        )


class DataError(EtlError):
    """The data is not what was declared."""


class UnbalancedBatchError(DataError):
    """Rows went missing or appeared between two steps of a batch."""

    def __init__(self, batch_id: str, source: str, read: int, accepted: int, quarantined: int, duplicates: int) -> None:
        self.batch_id, self.source = batch_id, source
        self.read, self.accepted, self.quarantined, self.duplicates = read, accepted, quarantined, duplicates
        super().__init__(
            f"Batch {batch_id}, source {source}: {read} records were read, but {accepted} accepted + {quarantined} quarantined "
            f"+ {duplicates} duplicates = {accepted + quarantined + duplicates}. Nothing was published; compare the landing files with the reader."
        )


class KeyCollisionError(DataError):
    """Two members or versions were given one surrogate key."""

    def __init__(self, table: str, key: int, members: Collection[str]) -> None:
        self.table, self.key, self.members = table, key, sorted(members)
        super().__init__(
            f"{table}: the surrogate key {key} belongs to {' and to '.join(self.members)}. Nothing was published. Either the same "
            "version is there twice, or SHA-256's first 15 digits collide: then add a column to the natural key."
        )


class TransientError(EtlError):
    """The same call may succeed later."""
