"""Tables of DynamoDB as a whole: made, dropped, emptied, and written many items at once, sent again while DynamoDB is busy."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from localaws.dms.exceptions import TargetError, TargetLostError
from localaws.dms.target.staging import storage_errors

__all__ = ["AT_ONCE", "Tables", "code_of", "schema_of"]

AT_ONCE = 25
"""Requests that BatchWriteItem takes."""
_UNITS = {"ReadCapacityUnits": 200, "WriteCapacityUnits": 200}
"""What DMS gives tables that it makes."""
_ATTEMPTS, _FIRST_WAIT, _LONGEST_WAIT = 12, 0.05, 5.0
_THROTTLED = ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")
_WAITING = {"Delay": 1, "MaxAttempts": 120}

Key = Sequence[tuple[str, str]]
"""Names of the partition key and perhaps the sort key, with the letters of their types."""


class Tables:
    """The tables of one account and region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def described(self, table: str) -> dict[str, Any] | None:
        """What DescribeTable tells; None when there is none."""
        try:
            with storage_errors("DynamoDB"):
                found: dict[str, Any] = self._client.describe_table(TableName=table)["Table"]
                return found
        except TargetError as error:
            if code_of(error) == "ResourceNotFoundException":
                return None
            raise

    def create(self, table: str, key: Key) -> None:
        """Makes the table, and waits until it is there, whoever made it."""
        try:
            with storage_errors("DynamoDB"):
                self._client.create_table(
                    TableName=table,
                    KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in _kinds(key)],
                    AttributeDefinitions=[{"AttributeName": name, "AttributeType": letter} for name, letter in key],
                    ProvisionedThroughput=_UNITS,
                )
        except TargetError as error:
            if code_of(error) != "ResourceInUseException":
                raise
        with storage_errors("DynamoDB"):
            self._client.get_waiter("table_exists").wait(TableName=table, WaiterConfig=_WAITING)

    def drop(self, table: str) -> None:
        """Deletes the table, and waits until it is gone."""
        with storage_errors("DynamoDB"):
            self._client.delete_table(TableName=table)
            self._client.get_waiter("table_not_exists").wait(TableName=table, WaiterConfig=_WAITING)

    def empty(self, table: str, key: Key) -> None:
        """Deletes every item."""
        names = {f"#k{number}": name for number, (name, _) in enumerate(key)}
        pages = self._client.get_paginator("scan").paginate(
            TableName=table, ProjectionExpression=", ".join(names), ExpressionAttributeNames=names, ConsistentRead=True
        )
        with storage_errors("DynamoDB"):
            keys = [item for page in pages for item in page["Items"]]
        for first in range(0, len(keys), AT_ONCE):
            self.write(table, [{"DeleteRequest": {"Key": key}} for key in keys[first : first + AT_ONCE]])

    def write(self, table: str, requests: list[dict[str, Any]]) -> None:
        """Up to `AT_ONCE` requests, no two of one item."""
        left, wait = requests, _FIRST_WAIT
        for _ in range(_ATTEMPTS):
            try:
                with storage_errors("DynamoDB"):
                    left = self._client.batch_write_item(RequestItems={table: left}).get("UnprocessedItems", {}).get(table, [])
            except TargetError as error:
                if code_of(error) not in _THROTTLED:
                    raise
            if not left:
                return
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        raise TargetLostError(f"DynamoDB took {len(left)} items in none of {_ATTEMPTS} attempts. The task tries again.")


def _kinds(key: Key) -> Iterator[tuple[str, str]]:
    return zip((name for name, _ in key), ("HASH", "RANGE"), strict=False)


def schema_of(key: Key) -> set[tuple[str, str]]:
    """Names of the key with their kinds, HASH or RANGE."""
    return set(_kinds(key))


def code_of(error: TargetError) -> str:
    """DynamoDB's code of an error; empty where it is none of DynamoDB's."""
    cause = error.__cause__
    return str(cause.response["Error"]["Code"]) if isinstance(cause, ClientError) else ""
