"""One run: what is due in buckets, tables and log groups at a moment is found and, unless it is a dry run, deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from localaws.moto_app import ACCOUNT_ID
from localaws.retention.rules import Rule, rules_of
from localaws.s3.lifecycle import kept_configuration
from localaws.s3.listing import keys
from localaws.s3.multipart import abort_upload, uploads
from localaws.s3.store import Bucket

__all__ = ["Due", "moment_of", "run"]

_TOO_OLD = timedelta(days=5 * 365)
"""An item that expired longer ago is not deleted ("Time to Live", DynamoDB Developer Guide): its number is taken for a mistake."""
Clients = Callable[..., Any]
"""`clients("dynamodb", "eu-central-1")` is a client of what moto keeps, in us-east-1 without a region."""


@dataclass(frozen=True)
class Due:
    """Something that is deleted."""

    kind: str
    """`object`, `upload`, `item` or `log events`."""
    place: str
    """The bucket, the table, or the log group."""
    name: str
    rule: str

    def as_answer(self) -> dict[str, str]:
        return asdict(self)


def run(home: Path, clients: Clients, at: datetime, dry: bool = False) -> list[Due]:
    """Delete what is due at `at`; with `dry`, only tell. What was (or would be) deleted, in order of place and name."""
    found = []
    for work in (_objects, _items, _log_events):
        for due, delete in work(home, clients, at):
            if dry or delete() is not _KEPT:
                found.append(due)
    return sorted(found, key=lambda due: (due.kind, due.place, due.name))


_KEPT = "it was renewed meanwhile"
Deletion = tuple[Due, Callable[[], object]]
"""What is due, and what deletes it: that answers `_KEPT` where it did not."""


def _objects(home: Path, clients: Clients, at: datetime) -> Iterator[Deletion]:
    for entry in clients("s3").list_buckets()["Buckets"]:
        bucket = Bucket(home, entry["Name"])
        if not (rules := _rules(bucket, clients)):
            continue
        for key in list(keys(bucket)):
            stored = bucket.find_or_none(key)
            if stored is not None and (rule := _due_by(rules, key, stored.size, stored.metadata.tags, stored.status.st_mtime, at)):
                yield Due("object", bucket.name, key, rule.name), partial(bucket.delete, key)
        for upload, facts in list(uploads(bucket)):
            overdue = next((rule for rule in rules if rule.is_upload_due(facts["key"], facts["started"], at)), None)
            if overdue is not None:
                yield (
                    Due("upload", bucket.name, facts["key"], overdue.name),
                    partial(abort_upload, bucket, upload),
                )


def _due_by(rules: list[Rule], key: str, size: int, tags: Mapping[str, str], created: float, at: datetime) -> Rule | None:
    return next((rule for rule in rules if rule.concerns(key, size, tags) and rule.is_due(created, at)), None)


def _rules(bucket: Bucket, clients: Clients) -> list[Rule]:
    configuration = kept_configuration(bucket)
    if configuration is None:
        try:
            configuration = clients("s3").get_bucket_lifecycle_configuration(Bucket=bucket.name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
                raise
            return []
    return rules_of(configuration)


def _items(home: Path, clients: Clients, at: datetime) -> Iterator[Deletion]:
    """Expired items of tables with a time to live, in every region. It is a number of seconds; anything else never expires."""
    from moto.backends import get_backend

    for region, back_end in list(get_backend("dynamodb")[ACCOUNT_ID].items()):
        if back_end.tables:
            yield from _items_of(clients("dynamodb", region), at)


def _items_of(table: Any, at: datetime) -> Iterator[Deletion]:
    latest, earliest = at.timestamp(), (at - _TOO_OLD).timestamp()
    for name in [each for page in table.get_paginator("list_tables").paginate() for each in page["TableNames"]]:
        told = table.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if told.get("TimeToLiveStatus") != "ENABLED":
            continue
        attribute = told["AttributeName"]
        names = [key["AttributeName"] for key in table.describe_table(TableName=name)["Table"]["KeySchema"]]
        for item in [each for page in table.get_paginator("scan").paginate(TableName=name) for each in page["Items"]]:
            moment = (item.get(attribute) or {}).get("N")
            if moment is None or not earliest < float(moment) <= latest:
                continue
            key = {each: item[each] for each in names}
            shown = "/".join(str(next(iter(value.values()))) for value in key.values())
            yield Due("item", name, shown, attribute), partial(_delete_item, table, name, key, attribute, item[attribute])


def _delete_item(table: Any, name: str, key: Mapping[str, Any], attribute: str, moment: Mapping[str, str]) -> str | None:
    """Deletes an item that expires when it did when it was read: a lease that was renewed since then is somebody's."""
    try:
        table.delete_item(
            TableName=name, Key=key, ConditionExpression="#moment = :moment", ExpressionAttributeNames={"#moment": attribute},
            ExpressionAttributeValues={":moment": moment},
        )  # fmt: skip
    except table.exceptions.ConditionalCheckFailedException:
        return _KEPT
    return None


def _log_events(home: Path, clients: Clients, at: datetime) -> Iterator[Deletion]:
    """Events of log groups with a retention, by stream."""
    from moto.backends import get_backend

    for back_end in list(get_backend("logs")[ACCOUNT_ID].values()):
        for group in list(back_end.groups.values()):
            if not group.retention_in_days:
                continue
            oldest = (at - timedelta(days=int(group.retention_in_days))).timestamp() * 1000
            for stream in list(group.streams.values()):
                old = [event for event in stream.events if event.timestamp < oldest]
                if old:
                    days = f"{group.retention_in_days} days"
                    due = Due("log events", group.name, f"{stream.log_stream_name} ({len(old)})", days)
                    yield due, partial(_forget, stream, oldest)


def _forget(stream: Any, oldest: float) -> None:
    stream.events = [event for event in stream.events if event.timestamp >= oldest]


def moment_of(text: str | None) -> datetime:
    """A moment given as a date or a time, UTC unless it says otherwise; now without one.

    Raises:
        ValueError: it is neither.
    """
    if not text:
        return datetime.now(UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
