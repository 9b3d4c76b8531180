"""Streams of Kinesis batch by batch, against moto's: where reading begins and goes on, failures, what a record's payload becomes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from awsglue._storage.kinesis import position_of
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.exceptions import BadOptionError, NotSupportedError, SourceError
from stream_batches import Rows, collected
from waiting import wait_until

pytestmark = pytest.mark.timeout(300)

ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"


@pytest.fixture
def stream(aws: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts records into the stream `clicks` of two shards: texts and bytes as they are, anything else as JSON."""
    monkeypatch.setenv("ETL_HOME", str(tmp_path / "home"))
    client = aws("kinesis")
    client.create_stream(StreamName="clicks", ShardCount=2)
    client.get_waiter("stream_exists").wait(StreamName="clicks")

    def put(*records: Any) -> None:
        for number, record in enumerate(records):
            data = record if isinstance(record, str | bytes) else json.dumps(record)
            client.put_record(StreamName="clicks", Data=data.encode() if isinstance(data, str) else data, PartitionKey=str(number))

    yield put  # type: ignore[misc]
    client.delete_stream(StreamName="clicks")


def batches(glue: GlueContext, checkpoint: Path, wanted: int, work: Callable[[Any, int], Rows] | None = None, **options: Any) -> Rows:
    """Rows that the batches of a streaming job had, until there are `wanted` of them; what there is after two minutes."""
    frame = glue.create_data_frame.from_options("kinesis", {"streamARN": ARN, "classification": "json", **options})
    return collected(glue, frame, checkpoint, wanted, work)


def test_a_job_goes_on_where_its_last_run_ended_and_a_new_checkpoint_begins_anew(
    stream: Callable[..., None], plain_glue: GlueContext, tmp_path: Path
) -> None:
    what = {"startingPosition": "trim_horizon", "schema": "`id` INT, name STRING"}
    stream({"id": 1, "name": "a"}, {"id": 2}, {"id": 3, "name": "c"})

    assert batches(plain_glue, tmp_path / "one", 3, **what) == [(1, "a"), (2, None), (3, "c")]
    stream({"id": 4, "name": "d"})
    assert batches(plain_glue, tmp_path / "one", 1, **what) == [(4, "d")]
    again = batches(plain_glue, tmp_path / "two", 4, **what)
    assert [row[0] for row in again] == [1, 2, 3, 4]


def test_latest_leaves_what_was_there_and_a_failed_batch_is_read_again(
    stream: Callable[..., None], plain_glue: GlueContext, tmp_path: Path
) -> None:
    stream({"id": 1})
    attempts: list[list[int]] = []

    def put_more() -> None:
        wait_until(lambda: [*(tmp_path / "home").rglob("_state.json")])  # says since when the job reads
        stream({"id": 2}, {"id": 3})

    threading.Thread(target=put_more, daemon=True).start()

    def work(data: Any, number: int) -> Rows:
        frame = DynamicFrame.fromDF(data, plain_glue, "batch")
        attempts.append(sorted(row.id for row in frame.toDF().collect()))
        if len(attempts) == 1:
            raise ValueError("the warehouse was away")
        return [(id,) for id in attempts[-1]]

    found = batches(plain_glue, tmp_path / "checkpoint", 2, work, startingPosition="latest", inferSchema="true")

    assert found == [(2,), (3,)]
    assert attempts[0] == attempts[1], "the same batch again"


@pytest.mark.parametrize("by_name", [False, True], ids=["of_the_query", "of_the_session"])
def test_a_stream_is_put_into_a_table_and_goes_on_from_its_checkpoint(
    stream: Callable[..., None], plain_glue: GlueContext, tmp_path: Path, by_name: bool, request: pytest.FixtureRequest
) -> None:
    spark, where = plain_glue.spark_session, {"path": str(tmp_path / "kept"), "checkpointLocation": str(tmp_path / "checkpoint")}
    if by_name:
        request.addfinalizer(lambda: spark.conf.unset("spark.sql.streaming.checkpointLocation"))
        spark.conf.set("spark.sql.streaming.checkpointLocation", where.pop("checkpointLocation"))
    more = {"streamARN": ARN, "classification": "json", "startingPosition": "trim_horizon", "schema": "id INT"}

    def ids_after(count: int) -> list[int]:
        writer = plain_glue.create_data_frame.from_options("kinesis", more).writeStream.options(**where).queryName("clicks")
        query = writer.toTable("kept_clicks")
        try:
            wait_until(lambda: query.exception() is not None or spark.table("kept_clicks").count() >= count)
        finally:
            query.stop()
        return sorted(row.id for row in spark.table("kept_clicks").collect())

    stream({"id": 1}, {"id": 2})
    assert ids_after(2) == [1, 2]
    stream({"id": 3})
    assert ids_after(3) == [1, 2, 3]
    spark.sql("drop table kept_clicks")


AVRO = '{"type": "record", "name": "r", "fields": [{"name": "id", "type": "long"}, {"name": "name", "type": "string"}]}'


@pytest.mark.parametrize(
    ("records", "options", "expected"),
    [
        pytest.param(
            ["1;x", "2;y"], {"classification": "csv", "delimiter": ";", "schema": "id INT, name STRING"}, [(1, "x"), (2, "y")], id="csv"
        ),
        pytest.param([{"a": 1}], {"inferSchema": "true"}, [('{"a": 1}',)], id="text_of_inferred_json"),
        pytest.param(["no json"], {"schema": "id INT"}, [(None,)], id="what_is_no_json"),
        # Avro: a long is zigzag, a text follows its length.
        pytest.param([b"\x02\x02x", b"\x04\x02y"], {"classification": "avro", "avroSchema": AVRO}, [(1, "x"), (2, "y")], id="avro"),
        pytest.param([b"\x02\x02x"], {"classification": "avro", "schema": AVRO}, [(1, "x")], id="avro_in_schema"),
    ],
)
def test_a_payload_becomes_columns(
    stream: Callable[..., None], plain_glue: GlueContext, tmp_path: Path, records: list[Any], options: dict[str, str], expected: Rows
) -> None:
    stream(*records)

    assert batches(plain_glue, tmp_path / "checkpoint", len(records), startingPosition="TRIM_HORIZON", **options) == expected


def test_a_table_of_the_catalog_and_times_of_arrival(
    stream: Callable[..., None], aws: Any, plain_glue: GlueContext, tmp_path: Path
) -> None:
    stream({"id": 7, "at": {"city": "Oslo"}})
    storage = {
        "Columns": [{"Name": "id", "Type": "int"}, {"Name": "at", "Type": "struct<city:string>"}],
        "Parameters": {"typeOfData": "kinesis", "streamARN": ARN, "classification": "json"},
    }
    aws("glue").create_database(DatabaseInput={"Name": "streams"})
    aws("glue").create_table(DatabaseName="streams", TableInput={"Name": "clicks", "StorageDescriptor": storage})
    more = {"startingPosition": "TRIM_HORIZON", "inferSchema": "false", "addRecordTimestamp": "true"}

    frame = plain_glue.create_data_frame.from_catalog(database="streams", table_name="clicks", additional_options=more)

    assert frame.columns == ["id", "at", "__src_timestamp"]
    ((id, at, stamp),) = collected(plain_glue, frame, tmp_path / "checkpoint", 1)
    assert (id, at.city, abs((datetime.now(UTC).replace(tzinfo=None) - stamp).total_seconds()) < 600) == (7, "Oslo", True)
    out = DynamicFrame.fromDF(plain_glue.spark_session.sql("select 8 id"), plain_glue, "out")
    plain_glue.write_dynamic_frame.from_catalog(out, database="streams", table_name="clicks")
    assert [row[:2] for row in collected(plain_glue, frame, tmp_path / "checkpoint", 1)] == [(8, None)]
    aws("glue").delete_table(DatabaseName="streams", Name="clicks")


def test_a_sample_of_a_stream_is_a_frame_of_its_fields(stream: Callable[..., None], plain_glue: GlueContext) -> None:
    stream({"id": 1, "tags": ["x"]}, {"id": 2}, {"id": 3})
    options = {"streamARN": ARN, "startingPosition": "earliest", "inferSchema": "true"}
    frame = plain_glue.create_data_frame.from_options("kinesis", options)

    sample = plain_glue.getSampleStreamingDynamicFrame(
        frame, {"windowSize": "1 second", "pollingTimeInMs": "5000", "recordPollingLimit": "2"}
    )

    assert sample.count() == 2
    assert set(sample.toDF().columns) <= {"id", "tags"}


def test_a_frame_is_put_into_a_stream_as_json(stream: Callable[..., None], aws: Any, plain_glue: GlueContext) -> None:
    spark = plain_glue.spark_session
    frame = DynamicFrame.fromDF(spark.sql("select 1L id, array('x') tags union all select 2, null"), plain_glue, "out")

    plain_glue.write_dynamic_frame.from_options(frame, "kinesis", {"streamARN": ARN, "partitionKey": "k"})

    client, found = aws("kinesis"), []
    for shard in client.list_shards(StreamName="clicks")["Shards"]:
        start = client.get_shard_iterator(StreamName="clicks", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        found += client.get_records(ShardIterator=start)["Records"]
    assert sorted((record["PartitionKey"], record["Data"]) for record in found) == [("k", b'{"id":1,"tags":["x"]}'), ("k", b'{"id":2}')]
    with pytest.raises(SourceError, match="There are: clicks"):
        plain_glue.write_dynamic_frame.from_options(frame, "kinesis", {"streamName": "nosuch"})


def test_a_stream_option_or_position_that_there_is_not_is_named(stream: Callable[..., None], plain_glue: GlueContext) -> None:
    def read(**options: Any) -> Any:
        return plain_glue.create_data_frame.from_options("kinesis", options)

    with pytest.raises(SourceError, match="Kinesis stream nosuch: there is none of this name. There are: clicks"):
        read(streamName="nosuch")
    with pytest.raises(BadOptionError, match="no option 'topicName'"):
        read(streamName="clicks", topicName="x")
    with pytest.raises(BadOptionError, match="startingPosition 'middle'. Possible: .*trim_horizon"):
        read(streamName="clicks", startingPosition="middle")
    with pytest.raises(BadOptionError, match="lacks streamARN"):
        read()
    with pytest.raises(NotSupportedError, match="classification 'groklog' of a stream"):
        read(streamName="clicks", classification="grokLog", schema="a STRING")
    assert position_of("2026-01-31T08:00:00+02:00").moment == datetime(2026, 1, 31, 6, tzinfo=UTC).timestamp()
