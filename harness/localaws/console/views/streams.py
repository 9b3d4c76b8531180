"""Where records wait: Kinesis streams, queues, and DynamoDB tables with their first items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.console.sources import Page, Query, Sources, attempt

__all__ = ["kinesis", "streams", "table"]

_RECORDS = 25
_ITEMS = 50
_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")


def streams(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """Every stream, queue and table with how much is in it. A queue's messages are not shown: to receive one would hide it."""
    kinesis_client, sqs, dynamodb = (sources.client(service) for service in ("kinesis", "sqs", "dynamodb"))
    names = sources.listed("kinesis", "list_streams", "StreamNames")
    data = {
        "streams": [kinesis_client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"] for name in names],
        "queues": [_queue(sqs, url) for url in sources.listed("sqs", "list_queues", "QueueUrls")],
        "tables": [dynamodb.describe_table(TableName=name)["Table"] for name in sources.listed("dynamodb", "list_tables", "TableNames")],
    }
    return Page("streams.html.j2", "Streams, queues, tables", data)


def kinesis(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """A stream's shards, each with its oldest records."""
    name, client = parts["name"], sources.client("kinesis")
    summary = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    shards = sources.listed("kinesis", "list_shards", "Shards", StreamName=name)
    records = {shard["ShardId"]: _records(client, name, shard["ShardId"]) for shard in shards}
    return Page("kinesis.html.j2", name, {"stream": summary, "shards": shards, "records": records, "most": _RECORDS})


def table(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """A DynamoDB table and its first items."""
    name, client = parts["name"], sources.client("dynamodb")
    described = client.describe_table(TableName=name)["Table"]
    items = client.scan(TableName=name, Limit=_ITEMS)["Items"]
    keys = [key["AttributeName"] for key in described["KeySchema"]]
    others = sorted({attribute for item in items for attribute in item} - set(keys))
    rows = [[_plain(item.get(attribute)) for attribute in [*keys, *others]] for item in items]
    return Page("items.html.j2", name, {"table": described, "columns": [*keys, *others], "rows": rows, "most": _ITEMS})


def _queue(sqs: Any, url: str) -> dict[str, Any]:
    found, problem = attempt(lambda: [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]])
    counts = [int(attributes.get(name, 0)) for attributes in found for name in _COUNTS]
    return {"name": url.rsplit("/", 1)[1], "counts": counts, "problem": problem}


def _records(client: Any, stream: str, shard: str) -> list[dict[str, Any]]:
    iterator = client.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    found = client.get_records(ShardIterator=iterator, Limit=_RECORDS)["Records"]
    return [{**record, "Data": record["Data"].decode("utf-8", "replace")} for record in found]


def _plain(value: Mapping[str, Any] | None) -> Any:
    """A DynamoDB value without its type; None where an item has none."""
    if value is None:
        return None
    kind, inner = next(iter(value.items()))
    if kind == "L":
        return [_plain(each) for each in inner]
    if kind == "M":
        return {name: _plain(each) for name, each in inner.items()}
    return "NULL" if kind == "NULL" else inner
