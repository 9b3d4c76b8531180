"""Keep the journal of DynamoDB items as long as the items are, and not as their history.

A lease that is renewed every few seconds writes the same item again and again, under conditions that need the item before.
So, after a replay, the writes of items are replaced by one PutItem for each item that the tables then have.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from localaws.journal import Entry
from localaws.moto_app import MotoCall

__all__ = ["with_items_compacted"]

_ITEM_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
_WORTH_WHILE = 200


def with_items_compacted(entries: list[Entry], client: Callable[[str, str], Any]) -> list[Entry]:
    """The entries with their item writes replaced; as they are when there are few. Called when moto has replayed them all."""
    writes = [entry for entry in entries if _writes_items(entry)]
    if len(writes) < _WORTH_WHILE:
        return entries
    rest = [entry for entry in entries if not _writes_items(entry)]
    regions = sorted({entry.call.region for entry in writes})
    return [*rest, *(entry for region in regions for entry in _items(region, client("dynamodb", region), writes[-1]))]


def _writes_items(entry: Entry) -> bool:
    return entry.call.service == "dynamodb" and entry.call.operation in _ITEM_WRITES


def _items(region: str, dynamodb: Any, last: Entry) -> Iterator[Entry]:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.PutItem"}
    for table in _pages(dynamodb, "list_tables", "TableNames"):
        for item in _pages(dynamodb, "scan", "Items", TableName=table):
            body = json.dumps({"TableName": table, "Item": item}, default=_base64).encode()
            yield Entry(MotoCall("dynamodb", "PutItem", "dynamodb", region, "POST", "/", "", headers, body), last.seed, last.at, {})


def _pages(dynamodb: Any, operation: str, member: str, **arguments: Any) -> Iterable[Any]:
    for page in dynamodb.get_paginator(operation).paginate(**arguments):
        yield from page[member]


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"an item holds a {type(value).__name__}")
