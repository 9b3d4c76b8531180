"""Errors of the Data API, as its service model names them.

AwsError
├── ValidationError                ValidationException
├── NotFoundError                  ResourceNotFoundException
├── TooManyStatementsError         ActiveStatementsExceededException
├── TooManySessionsError           ActiveSessionsExceededException
├── TooManyWaitingError            ActiveWaitingRequestsExceededException
└── WarehouseUnreachableError      InternalServerException: PostgreSQL does not answer
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = [
    "NotFoundError",
    "TooManySessionsError",
    "TooManyStatementsError",
    "TooManyWaitingError",
    "ValidationError",
    "WarehouseUnreachableError",
]


class ValidationError(AwsError):
    """The request is not valid."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class NotFoundError(AwsError):
    """The statement, its result, the session or the table does not exist."""

    def __init__(self, message: str, resource: str) -> None:
        super().__init__("ResourceNotFoundException", message)
        self.members = {"ResourceId": resource}


class TooManyStatementsError(AwsError):
    """More statements are active than the service allows."""

    def __init__(self, limit: int) -> None:
        super().__init__("ActiveStatementsExceededException", f"The number of active statements exceeds the limit of {limit}.")


class TooManySessionsError(AwsError):
    """More sessions are open than the service allows."""

    def __init__(self, limit: int) -> None:
        super().__init__("ActiveSessionsExceededException", f"The number of active sessions exceeds the limit of {limit}.")


class TooManyWaitingError(AwsError):
    """More requests wait for statements than may hold a thread of the server."""

    def __init__(self, limit: int) -> None:
        super().__init__("ActiveWaitingRequestsExceededException", f"The number of waiting requests exceeds the limit of {limit}.")


class WarehouseUnreachableError(AwsError):
    """The database behind the warehouse does not answer."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "InternalServerException", f"The warehouse's database does not answer: {detail}. See `etl status`, start it with `etl up`.", 500
        )
