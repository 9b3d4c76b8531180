"""A Kinesis stream as the target: DMS's messages, in the binlog's order, at least once and told apart by their sequence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dms_lab import Running, client, execute, mappings, schema_of
from test_tasks import described, start

from localaws.dms.exceptions import SettingsError, TargetError
from localaws.dms.plan import TablePlan
from localaws.dms.replication import Replication, Task
from localaws.dms.settings.kinesis_settings import KinesisSettings
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.connection import MySqlAddress
from localaws.dms.source.snapshot import current_position
from localaws.dms.target import kinesis
from localaws.dms.target.kinesis import KinesisTarget
from localaws.dms.target.messages import Message, Messages
from localaws.dms.types import SourceTable
from localaws.engines.endpoint import EndpointEngine
from waiting import wait_until

BY_KEY = {
    "rule-type": "object-mapping", "rule-id": "7", "rule-name": "7", "rule-action": "map-record-to-record",
    "object-locator": {"schema-name": "%", "table-name": "%"}, "mapping-parameters": {"partition-key-type": "primary-key"},
}  # fmt: skip


@pytest.fixture
def stream(endpoint: EndpointEngine) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Gives the records of a stream of the test's own: the JSON, with the partition key."""
    api = client(endpoint, "kinesis")
    api.create_stream(StreamName="changes", ShardCount=1)
    arn = api.describe_stream_summary(StreamName="changes")["StreamDescriptionSummary"]["StreamARN"]

    def records() -> list[dict[str, Any]]:
        at = api.get_shard_iterator(StreamName="changes", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        found = []
        while part := api.get_records(ShardIterator=at, Limit=1000):
            found += [{"key": record["PartitionKey"], **json.loads(record["Data"])} for record in part["Records"]]
            at = part["NextShardIterator"]
            if not part["Records"]:
                return found
        return found

    records.arn = arn  # type: ignore[attr-defined]
    yield records
    api.delete_stream(StreamName="changes", EnforceConsumerDeletion=True)


@pytest.fixture
def replicate(address: MySqlAddress, endpoint: EndpointEngine, stream: Any, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def begin(rules: str, start_type: str = "start-replication", values: dict[str, Any] | None = None, **settings: Any) -> Running:
        read, mapped = TaskSettings.parse(json.dumps(settings)), TableMappings.parse(rules)
        task = Task("stream", "full-load-and-cdc", address, mapped, read, 7500 + len(started))
        taken = KinesisSettings.read({"StreamArn": stream.arn, **(values or {})})

        def target() -> KinesisTarget:
            messages = Messages("stream", taken, mapped.objects, read.before_image)
            return KinesisTarget(client(endpoint, "kinesis"), taken.stream, messages, tmp_path)

        started.append(Running(Replication(task, target), start_type))
        return started[-1]

    yield begin
    for running in started:
        running.stop()


def caught_up(running: Running, source: Any) -> None:
    end, done = current_position(source), running.replication
    running.wait_for(lambda: done.applied_up_to is not None and done.applied_up_to.order >= end.order)


def test_rows_and_changes_are_messages_in_their_order(source: Any, replicate: Callable[..., Running], stream: Any) -> None:
    schema = schema_of(source)
    execute(
        source,
        "CREATE TABLE k (id INT PRIMARY KEY, name VARCHAR(9), d DECIMAL(30,12), at DATETIME(3), b VARBINARY(4))",
        "INSERT INTO k VALUES (1, 'ä', 123456789012345678.000000000001, '2024-01-02 03:04:05.5', X'00ff')",
        "CREATE TABLE other (x BIGINT UNSIGNED)",
    )
    running = replicate(mappings(schema), values={"IncludeTransactionDetails": True})
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")
    source.begin()
    execute(source, "UPDATE k SET name = ''", "INSERT INTO other VALUES (18446744073709551615)", "DELETE FROM k")
    source.commit()
    execute(source, "INSERT INTO other VALUES (2)")
    caught_up(running, source)

    records = stream()
    data = [record for record in records if record["metadata"]["record-type"] == "data"]
    control = [(record["metadata"]["operation"], record["metadata"]["table-name"]) for record in records if "control" in record]
    row = {"id": 1, "name": "ä", "d": 123456789012345678.000000000001, "at": "2024-01-02T03:04:05.500000Z", "b": "0x00ff"}
    unnamed = {name: value for name, value in row.items() if name != "name"}
    assert sorted(control) == [("create-table", "k"), ("create-table", "other"), ("drop-table", "k"), ("drop-table", "other")]
    assert [(record["metadata"]["operation"], record["data"]) for record in data] == [
        ("load", row), ("update", unnamed), ("insert", {"x": 18446744073709551615}), ("delete", unnamed), ("insert", {"x": 2}),
    ]  # fmt: skip
    assert [record["key"] for record in data] == [f"{schema}.{name}" for name in ("k", "k", "other", "k", "other")]
    first, second, third, fourth = (record["metadata"] for record in data[1:])
    assert first["transaction-id"] == second["transaction-id"] == third["transaction-id"] == fourth["prev-transaction-id"]
    assert [item["transaction-record-id"] for item in (first, second, third, fourth)] == [1, 2, 3, 1]
    assert data[0]["metadata"] == {
        "timestamp": data[0]["metadata"]["timestamp"], "record-type": "data", "operation": "load", "partition-key-type": "schema-table",
        "schema-name": schema, "table-name": "k",
    }  # fmt: skip


def test_a_batch_that_is_sent_again_has_the_same_sequences(
    source: Any, replicate: Callable[..., Running], stream: Any, tmp_path: Path
) -> None:
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, v INT)")
    values = {"IncludeTransactionDetails": True, "MessageFormat": "json-unformatted"}
    running = replicate(mappings(schema_of(source)), values=values)
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")
    execute(source, "INSERT INTO k VALUES (1000, 0)")
    caught_up(running, source)
    before = (tmp_path / "kinesis.json").read_text("utf-8")
    execute(source, "INSERT INTO k SELECT seq, 0 FROM seq_1_to_700", "UPDATE k SET v = 1 WHERE id <= 3", "DELETE FROM k WHERE id = 2")
    caught_up(running, source)
    running.stop()

    (tmp_path / "kinesis.json").write_text(before, "utf-8")  # as if it had been killed before it noted the batch
    running = replicate(mappings(schema_of(source)), "resume-processing", values)
    caught_up(running, source)

    data = [record for record in stream() if "data" in record]
    rows: dict[int, int] = {}
    for record in {item["metadata"]["stream-position"]: item for item in data}.values():
        if record["metadata"]["operation"] == "delete":
            del rows[record["data"]["id"]]
        else:
            rows[record["data"]["id"]] = record["data"]["v"]
    assert len(data) == 1 + 2 * 704
    assert rows == {1000: 0, 1: 1, 3: 1} | dict.fromkeys(range(4, 701), 0)
    # Each transaction names the one before it, over batches and processes.
    pairs = list(dict.fromkeys((item["metadata"]["prev-transaction-id"], item["metadata"]["transaction-id"]) for item in data))
    assert [former for former, _ in pairs] == [0, *(transaction for _, transaction in pairs[:-1])]


def test_settings_give_keys_before_images_and_empty_values(source: Any, replicate: Callable[..., Running], stream: Any) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, v INT, n TEXT)", "INSERT INTO k VALUES (1, 2, NULL)")
    asked = ("IncludePartitionValue", "PartitionIncludeSchemaTable", "IncludeNullAndEmpty", "IncludeTableAlterOperations")
    values = dict.fromkeys(asked, True)
    image = {"EnableBeforeImage": True, "FieldName": "before-image", "ColumnFilter": "all"}
    running = replicate(mappings(schema, BY_KEY), values=values, BeforeImageSettings=image)
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")
    execute(source, "UPDATE k SET id = 5, v = 3, n = 'x'", "TRUNCATE k")
    caught_up(running, source)

    records = [record for record in stream() if record["metadata"]["operation"] not in ("create-table", "drop-table")]
    loaded, updated, truncated = records
    assert (loaded["key"], loaded["data"]) == (f"{schema}.k.1", {"id": 1, "v": 2, "n": None})
    assert (updated["metadata"]["partition-key-type"], updated["metadata"]["partition-key-value"]) == ("primary-key", f"{schema}.k.5")
    assert (updated["data"], updated["before-image"]) == ({"id": 5, "v": 3, "n": "x"}, {"id": 1, "v": 2, "n": None})
    assert (truncated["metadata"]["record-type"], truncated["metadata"]["operation"]) == ("control", "truncate-table")


class Throttling:
    """A client of which every second record of a call is throttled, as long as there are several."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def describe_stream_summary(self, **arguments: Any) -> Any:
        return self._api.describe_stream_summary(**arguments)

    def put_records(self, StreamARN: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        taken = Records[::2] if len(Records) > 1 else Records
        self._api.put_records(StreamARN=StreamARN, Records=taken)
        results = [{} if record in taken else {"ErrorCode": "ProvisionedThroughputExceededException"} for record in Records]
        return {"FailedRecordCount": len(Records) - len(taken), "Records": results}


def test_throttled_records_are_sent_again_with_those_of_their_key_that_follow(
    endpoint: EndpointEngine, stream: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinesis, "_FIRST_WAIT", 0.0)
    monkeypatch.setattr(kinesis, "_LONGEST_WAIT", 0.0)
    target = KinesisTarget(Throttling(client(endpoint, "kinesis")), stream.arn, Messages("t", KinesisSettings(stream.arn)), tmp_path)

    table = TablePlan(SourceTable("s", "t", (), ()), "s", "t", (), ())
    target._send([Message(table, f"key{number % 2}", json.dumps({"n": number}).encode()) for number in range(6)])

    found = stream()
    assert {record["n"] for record in found} == set(range(6))
    for key, numbers in (("key0", [0, 2, 4]), ("key1", [1, 3, 5])):
        last = [record["n"] for record in found if record["key"] == key]
        assert [number for place, number in enumerate(last) if number not in last[place + 1 :]] == numbers


def test_a_message_that_no_record_can_hold_is_kept_with_its_reason(
    source: Any, replicate: Callable[..., Running], stream: Any, tmp_path: Path
) -> None:
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, t LONGTEXT)", "INSERT INTO k VALUES (1, REPEAT('x', 1100000)), (2, 'small')")
    running = replicate(mappings(schema_of(source)))
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")

    assert [record["data"]["id"] for record in stream() if "data" in record] == [2]
    (kept,) = (json.loads(line) for line in (tmp_path / "apply_exceptions.jsonl").read_text("utf-8").splitlines())
    assert json.loads(kept["message"])["data"]["id"] == 1
    assert "larger than 1,048,576 bytes" in kept["error"]


def test_a_stream_that_is_not_there_and_settings_that_are_none_are_told(endpoint: EndpointEngine, tmp_path: Path) -> None:
    arn = "arn:aws:kinesis:us-east-1:123456789012:stream/nowhere"
    with pytest.raises(TargetError, match="ResourceNotFoundException"):
        KinesisTarget(client(endpoint, "kinesis"), arn, Messages("t", KinesisSettings(arn)), tmp_path).open()
    wrong: dict[str, dict[str, Any]] = {"StreamArn": {}, "Shards": {"Shards": 1}, "MessageFormat": {"MessageFormat": "xml"}}
    for path, values in wrong.items():
        with pytest.raises(SettingsError, match=f"KinesisSettings.{path}"):
            KinesisSettings.read({"StreamArn": arn, **values} if values else {})


def test_a_task_of_the_endpoint_sends_to_a_stream(endpoint: EndpointEngine, address: MySqlAddress, source: Any, stream: Any) -> None:
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)", "INSERT INTO k VALUES (1)")
    dms = client(endpoint, "dms")
    instance = dms.create_replication_instance(ReplicationInstanceIdentifier="streams", ReplicationInstanceClass="dms.t3.micro")
    origin = dms.create_endpoint(
        EndpointIdentifier="stream-source", EndpointType="source", EngineName="mysql",
        ServerName=address.host, Port=address.port, Username=address.user, Password=address.password,
    )  # fmt: skip
    target = dms.create_endpoint(
        EndpointIdentifier="stream-target", EndpointType="target", EngineName="kinesis",
        KinesisSettings={"StreamArn": stream.arn, "MessageFormat": "json-unformatted"},
    )  # fmt: skip
    arn = dms.create_replication_task(
        ReplicationTaskIdentifier="to-stream", MigrationType="full-load", TableMappings=mappings(schema_of(source)),
        SourceEndpointArn=origin["Endpoint"]["EndpointArn"], TargetEndpointArn=target["Endpoint"]["EndpointArn"],
        ReplicationInstanceArn=instance["ReplicationInstance"]["ReplicationInstanceArn"],
    )["ReplicationTask"]["ReplicationTaskArn"]  # fmt: skip

    start(dms, arn)
    wait_until(lambda: described(dms, arn)["Status"] in ("stopped", "failed"))

    assert described(dms, arn)["Status"] == "stopped", described(dms, arn)
    assert [record["data"] for record in stream() if "data" in record] == [{"id": 1}]
    dms.delete_replication_task(ReplicationTaskArn=arn)


def test_a_change_that_no_record_can_hold_is_an_error_of_its_own_table(source: Any, replicate: Callable[..., Running], stream: Any) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE k (id INT PRIMARY KEY, t LONGTEXT)")
    running = replicate(mappings(schema), ErrorBehavior={"DataErrorPolicy": "SUSPEND_TABLE"})
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")
    source.begin()
    execute(source, "INSERT INTO a VALUES (1)", "INSERT INTO k VALUES (1, REPEAT('x', 1100000))")
    source.commit()
    caught_up(running, source)

    assert list(running.replication.suspended) == [f"{schema}.k"]
    assert [record["data"] for record in stream() if "data" in record] == [{"id": 1}]
