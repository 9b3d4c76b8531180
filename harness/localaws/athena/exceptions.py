"""Errors of Athena.

InvalidRequestError     InvalidRequestException: the request is refused, no query is made of it
NoMetadataError         MetadataException: the catalog has no such thing
QueryFailure            a query that was taken fails; its words are the StateChangeReason
QueryCancelled          a query that was taken ends before it is done
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["NO_COLUMN", "InvalidRequestError", "NoMetadataError", "QueryCancelled", "QueryFailure", "no_column", "not_supported"]


class InvalidRequestError(AwsError):
    """The request cannot be taken."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidRequestException", message)


class NoMetadataError(AwsError):
    """The catalog has no such database or table."""

    def __init__(self, message: str) -> None:
        super().__init__("MetadataException", message)


class QueryFailure(Exception):
    """The query fails. `name` is one of Trino's error names, as they stand at the head of Athena's reasons."""

    def __init__(self, name: str, message: str) -> None:
        self.name = name
        super().__init__(f"{name}: {message}")


class QueryCancelled(Exception):
    """Somebody stopped it, or a limit of the workgroup did."""


NO_COLUMN = "Column '{0}' cannot be resolved or requester is not authorized to access requested resources"
"""Athena's words for a column that is not there, and for one that whoever asks must not see: they are the same."""


def no_column(name: str) -> QueryFailure:
    """A column that there is not for whoever asks."""
    return QueryFailure("COLUMN_NOT_FOUND", NO_COLUMN.format(name))


def not_supported(what: str) -> QueryFailure:
    """For what Athena can do and this endpoint cannot."""
    return QueryFailure("NOT_SUPPORTED", f"{what} is not supported by the local Athena; nothing was done.")
