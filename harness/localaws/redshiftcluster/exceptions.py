"""Errors of clusters.

AwsError
├── InvalidClusterParameterError  a parameter is missing, or the local Redshift cannot be what it asks for
├── NoClusterServerError          the local Redshift does not run
├── ClusterQuotaExceededError     there is one warehouse, and another cluster is it
├── InvalidClusterStateError      it is paused already, or runs already
└── NoSnapshotError               a cluster is deleted with a last snapshot, which nothing here would write
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = [
    "ClusterQuotaExceededError",
    "InvalidClusterParameterError",
    "InvalidClusterStateError",
    "NoClusterServerError",
    "NoSnapshotError",
]


class InvalidClusterParameterError(AwsError):
    """A parameter cannot be taken."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValue", message)


class NoClusterServerError(AwsError):
    """Nothing would answer at the cluster's address."""

    def __init__(self) -> None:
        super().__init__(
            "InvalidParameterValue",
            "No server stands behind this endpoint: the local Redshift does not run. Start it with `./etl up redshift`.",
        )


class ClusterQuotaExceededError(AwsError):
    """One home, one warehouse."""

    def __init__(self, existing: str) -> None:
        super().__init__("ClusterQuotaExceeded", f"This home has one warehouse, and the cluster {existing} is it. Delete that one first.")


class InvalidClusterStateError(AwsError):
    """It is what it would become."""

    def __init__(self, cluster: str, state: str) -> None:
        super().__init__("InvalidClusterState", f"The cluster {cluster} is {state} already.")


class NoSnapshotError(AwsError):
    """A promise that nobody would keep."""

    def __init__(self) -> None:
        super().__init__(
            "InvalidParameterCombination",
            "A last snapshot is asked for, and the local Redshift writes none: delete with SkipFinalClusterSnapshot. Its data stay.",
        )
