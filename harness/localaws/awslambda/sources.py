"""Event source mappings: queues and streams polled, and the functions that are mapped to them invoked with what came.

The mappings are moto's. Its own deliveries, which would run inside a call of the sender, are taken off when a mapping is made.
A batch of a queue that fails comes back after the visibility time-out; a batch of a stream is tried again until it succeeds or
`MaximumRetryAttempts` are used, and holds its shard meanwhile ("How Lambda processes records from stream and queue-based event sources").
"""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from localaws.awslambda.exceptions import InvalidParameterError
from localaws.awslambda.functions import Function, find_function
from localaws.awslambda.invocations import Invocations
from localaws.errors import AwsError
from localaws.every import Every
from localaws.moto_app import ACCOUNT_ID

__all__ = ["Poller", "check_mapping", "take_off_motos_delivery"]

_LOG = logging.getLogger("localaws")
_PAUSE = 0.3
_REFUSED = (
    "FilterCriteria",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "TumblingWindowInSeconds",
    "SelfManagedEventSource",
    "ScalingConfig",
)
_SERVICES = ("sqs", "dynamodb", "kinesis")


def check_mapping(asked: Mapping[str, Any]) -> None:
    """What is mapped here, and how.

    Raises:
        InvalidParameterError: another source, or an option that would not be honoured.
    """
    arn = str(asked.get("EventSourceArn", ""))
    service = arn.split(":")[2] if arn.count(":") > 2 else ""
    if arn and service not in _SERVICES:
        raise InvalidParameterError(f"Event source {arn}: {service or 'this'} is not polled here; {', '.join(_SERVICES)} are.")
    if given := [name for name in _REFUSED if asked.get(name)]:
        raise InvalidParameterError(f"{', '.join(given)} of an event source mapping would not be honoured here.")


def take_off_motos_delivery(invoke_later: Callable[[str, str], None]) -> None:
    """Make moto's back ends keep mappings and leave the delivery to the poller; topics and log groups invoke by `invoke_later`."""
    from moto.awslambda.models import LambdaBackend, LambdaFunction

    original = LambdaBackend.create_event_source_mapping
    if getattr(original, "without_delivery", False):
        return

    def create(self: Any, spec: dict[str, Any]) -> Any:
        from moto.backends import get_backend

        mapping = original(self, spec)
        sources: list[Any] = [*get_backend("sqs")[self.account_id][self.region_name].queues.values()]
        sources += get_backend("kinesis")[self.account_id][self.region_name].streams.values()
        sources += get_backend("dynamodb")[self.account_id][self.region_name].tables.values()
        for source in sources:
            source.lambda_event_source_mappings.clear()
        return mapping

    def invoke(self: Any, body: str, request_headers: Any, response_headers: Any) -> str:
        invoke_later(self.function_arn, body or "{}")
        return "{}"

    LambdaFunction.invoke = invoke  # type: ignore[method-assign]
    create.without_delivery = True  # type: ignore[attr-defined]
    LambdaBackend.create_event_source_mapping = create  # type: ignore[method-assign]


@dataclass
class _Shard:
    """Where a mapping is in a shard, and the batch that has not succeeded yet."""

    iterator: str | None
    pending: list[dict[str, Any]] = field(default_factory=list)
    attempts: int = 0
    again_at: float = 0.0


class Poller:
    """One thread that looks at every mapping's source in turn."""

    def __init__(self, invocations: Invocations, control_plane: Callable[[str], Any], region: str) -> None:
        self.invocations, self.client, self.region = invocations, control_plane, region
        self._shards: dict[tuple[str, str], _Shard] = {}
        self._every = Every("event sources", _PAUSE, self._look)

    def close(self) -> None:
        """Ends the thread."""
        self._every.close()

    def _look(self) -> None:
        for mapping in self._mappings():
            try:
                self._poll(mapping)
            except (ClientError, AwsError) as error:
                _LOG.warning("event source %s: %s", mapping.event_source_arn, error)
            except Exception:  # noqa: BLE001 - one mapping's mistake must not silence the others
                _LOG.exception("event source %s", mapping.event_source_arn)

    def _mappings(self) -> list[Any]:
        from moto.backends import get_backend

        found = get_backend("lambda")[ACCOUNT_ID][self.region].list_event_source_mappings("", "")
        return [mapping for mapping in found if mapping.enabled]

    def _poll(self, mapping: Any) -> None:
        function = find_function(self.invocations.home, self.region, mapping.function_arn, None)
        service = mapping.event_source_arn.split(":")[2]
        if service == "sqs":
            self._poll_queue(mapping, function)
        elif service == "kinesis":
            self._poll_kinesis(mapping, function)
        else:
            self._poll_dynamodb(mapping, function)

    def _poll_queue(self, mapping: Any, function: Function) -> None:
        sqs = self.client("sqs")
        name = mapping.event_source_arn.rsplit(":", 1)[1]
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        size = min(int(mapping.batch_size or 10), 10)
        messages = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=size, WaitTimeSeconds=0, AttributeNames=["All"], MessageAttributeNames=["All"]
        ).get("Messages", [])
        if not messages:
            return
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": _attributes(message.get("MessageAttributes", {})),
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": mapping.event_source_arn,
                "awsRegion": self.region,
            }
            for message in messages
        ]
        outcome = self.invocations.invoke(function, json.dumps({"Records": records}), self.region)
        if outcome.failed:
            return
        failed = _failed_items(mapping, outcome.payload)
        for message in messages:
            if failed is None or message["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _poll_kinesis(self, mapping: Any, function: Function) -> None:
        kinesis, arn = self.client("kinesis"), mapping.event_source_arn
        name = arn.rsplit("/", 1)[1]
        for shard in kinesis.list_shards(StreamName=name)["Shards"]:
            shard_id = shard["ShardId"]
            state = self._shards.get((mapping.uuid, shard_id))
            if state is None:
                kind = mapping.starting_position or "TRIM_HORIZON"
                iterator = kinesis.get_shard_iterator(StreamName=name, ShardId=shard_id, ShardIteratorType=kind)["ShardIterator"]
                state = self._shards[mapping.uuid, shard_id] = _Shard(iterator)
            if not state.pending and state.iterator is not None:
                page = kinesis.get_records(ShardIterator=state.iterator, Limit=int(mapping.batch_size or 100))
                state.iterator = page.get("NextShardIterator")
                state.pending = [_kinesis_record(record, shard_id, arn, self.region) for record in page["Records"]]
            self._deliver(mapping, function, state)

    def _poll_dynamodb(self, mapping: Any, function: Function) -> None:
        streams, arn = self.client("dynamodbstreams"), mapping.event_source_arn
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            shard_id = shard["ShardId"]
            state = self._shards.get((mapping.uuid, shard_id))
            if state is None:
                kind = mapping.starting_position or "TRIM_HORIZON"
                iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard_id, ShardIteratorType=kind)["ShardIterator"]
                state = self._shards[mapping.uuid, shard_id] = _Shard(iterator)
            if not state.pending and state.iterator is not None:
                page = streams.get_records(ShardIterator=state.iterator, Limit=int(mapping.batch_size or 100))
                state.iterator = page.get("NextShardIterator")
                state.pending = [{**record, "eventSourceARN": arn} for record in page["Records"]]
            self._deliver(mapping, function, state)

    def _deliver(self, mapping: Any, function: Function, state: _Shard) -> None:
        if not state.pending or time.monotonic() < state.again_at:
            return
        outcome = self.invocations.invoke(function, json.dumps({"Records": state.pending}, default=_plain), self.region)
        most = mapping.max_retry_attempts
        if outcome.failed and (most is None or int(most) < 0 or state.attempts < int(most)):
            state.attempts += 1
            state.again_at = time.monotonic() + min(1.0 * 2 ** (state.attempts - 1), 60.0)
            return
        if outcome.failed:
            _LOG.warning(
                "event source %s: %s records are given up after %s attempts",
                mapping.event_source_arn,
                len(state.pending),
                state.attempts + 1,
            )
        state.pending, state.attempts = [], 0


def _failed_items(mapping: Any, payload: str) -> set[str] | None:
    """Ids of messages that the function says failed (ReportBatchItemFailures); None when all succeeded."""
    if "ReportBatchItemFailures" not in (mapping.function_response_types or []):
        return None
    document = json.loads(payload or "null") or {}
    return {item["itemIdentifier"] for item in document.get("batchItemFailures", [])}


def _attributes(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"dataType": each["DataType"], **({"stringValue": each["StringValue"]} if "StringValue" in each else {})}
        for name, each in given.items()
    }


def _kinesis_record(record: Mapping[str, Any], shard_id: str, arn: str, region: str) -> dict[str, Any]:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "awsRegion": region,
        "eventSourceARN": arn,
    }


def _plain(value: Any) -> Any:
    return value.timestamp() if hasattr(value, "timestamp") else base64.b64encode(value).decode()
