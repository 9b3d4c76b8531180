"""Topics of Kafka batch by batch, against a broker: where reading begins and goes on, what is written, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.exceptions import BadOptionError, NotSupportedError
from kafka_broker import broker
from stream_batches import Rows, collected

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with broker(tmp_path_factory.mktemp("kafka")) as address:
        yield address


def put(glue: GlueContext, servers: str, topic: str, *rows: tuple[int, str | None], **more: str) -> None:
    """Writes records of `id` and `name` to a topic."""
    frame = DynamicFrame.fromDF(glue.spark_session.createDataFrame(list(rows), "id int, name string"), glue, "out")
    glue.write_dynamic_frame.from_options(frame, "kafka", {"bootstrap.servers": servers, "topic": topic, "classification": "json", **more})


def test_a_job_goes_on_where_its_last_run_ended(servers: str, plain_glue: GlueContext, tmp_path: Path) -> None:
    what = {"bootstrap.servers": servers, "topicName": "orders", "startingOffsets": "earliest", "classification": "json",
            "schema": "`id` INT, name STRING", "security.protocol": "PLAINTEXT"}  # fmt: skip
    put(plain_glue, servers, "orders", (1, "a"), (2, None), (3, "c"))

    def batches(wanted: int) -> Rows:
        return collected(plain_glue, plain_glue.create_data_frame.from_options("kafka", what), tmp_path / "checkpoint", wanted)

    assert batches(3) == [(1, "a"), (2, None), (3, "c")]
    put(plain_glue, servers, "orders", (4, "d"))
    assert batches(1) == [(4, "d")]


def test_a_batch_that_fails_is_read_again_and_shows_its_fields(servers: str, plain_glue: GlueContext, tmp_path: Path) -> None:
    put(plain_glue, servers, "early", (1, "before"))
    options = {"bootstrap.servers": servers, "subscribePattern": "ear.*", "startingTimestamp": "2020-01-31T08:00:00Z",
               "inferSchema": "true", "classification": "json", "maxOffsetsPerTrigger": "10"}  # fmt: skip
    attempts: list[list[Any]] = []

    def work(data: Any, number: int) -> Rows:
        attempts.append(DynamicFrame.fromDF(data, plain_glue, "batch").toDF().select("id", "name").collect())
        if len(attempts) == 1:
            raise ValueError("the warehouse was away")
        return [tuple(row) for row in attempts[-1]]

    frame = plain_glue.create_data_frame.from_options("kafka", options)
    assert collected(plain_glue, frame, tmp_path / "checkpoint", 1, work) == [(1, "before")]
    assert attempts[0] == attempts[1]


def test_a_table_and_a_connection_of_the_catalog_with_keys_headers_and_times(
    servers: str, aws: Any, plain_glue: GlueContext, tmp_path: Path
) -> None:
    put(plain_glue, servers, "clicks", (7, "Oslo"), key="name", partition="0")
    glue = aws("glue")
    properties = {"KAFKA_BOOTSTRAP_SERVERS": servers, "KAFKA_SSL_ENABLED": "false"}
    glue.create_connection(ConnectionInput={"Name": "msk", "ConnectionType": "KAFKA", "ConnectionProperties": properties})
    storage = {
        "Columns": [{"Name": "id", "Type": "int"}],
        "Parameters": {"typeOfData": "kafka", "topicName": "clicks", "connectionName": "msk", "classification": "json"},
    }
    glue.create_database(DatabaseInput={"Name": "topics"})
    glue.create_table(DatabaseName="topics", TableInput={"Name": "clicks", "StorageDescriptor": storage})
    more = {"startingOffsets": "earliest", "inferSchema": "false", "includeHeaders": "true", "addRecordTimestamp": "true"}

    frame = plain_glue.create_data_frame.from_catalog(database="topics", table_name="clicks", additional_options=more)

    assert frame.columns == ["id", "glue_streaming_kafka_headers", "__src_timestamp"]
    ((id, headers, stamp),) = collected(plain_glue, frame, tmp_path / "checkpoint", 1)
    assert (id, headers, abs((datetime.now(UTC).replace(tzinfo=None) - stamp).total_seconds()) < 600) == (7, None, True)
    sent = plain_glue.spark_session.sql("select '{\"id\": 8}' value, array(struct('from' key, cast('web' as binary) value)) headers")
    sent.write.format("kafka").options(**{"kafka.bootstrap.servers": servers, "includeHeaders": "true", "topic": "clicks"}).save()
    ((id, headers, _),) = collected(plain_glue, frame, tmp_path / "checkpoint", 1)
    assert (id, headers) == (8, [("from", "web")])
    reader = plain_glue.spark_session.read.format("kafka").option("kafka.bootstrap.servers", servers)
    assert [row.key for row in reader.option("subscribe", "clicks").load().collect()] == [b"Oslo", None]


def test_a_table_of_the_catalog_and_a_sink_are_written_to(servers: str, aws: Any, plain_glue: GlueContext) -> None:
    storage = {
        "Columns": [{"Name": "id", "Type": "int"}],
        "Parameters": {"typeOfData": "kafka", "topicName": "sold", "bootstrap.servers": servers, "classification": "json"},
    }
    aws("glue").create_database(DatabaseInput={"Name": "sales"})
    aws("glue").create_table(DatabaseName="sales", TableInput={"Name": "sold", "StorageDescriptor": storage})
    avro = {**storage, "Parameters": {**storage["Parameters"], "classification": "avro"}}
    aws("glue").create_table(DatabaseName="sales", TableInput={"Name": "avro", "StorageDescriptor": avro})
    frame = DynamicFrame.fromDF(plain_glue.spark_session.sql("select 1 id"), plain_glue, "out")

    plain_glue.write_dynamic_frame.from_catalog(frame, database="sales", table_name="sold")
    sink = plain_glue.getSink("kafka", **{"bootstrap.servers": servers, "topic": "sold", "typeOfData": "kafka"})
    sink.writeFrame(frame)

    reader = plain_glue.spark_session.read.format("kafka").option("kafka.bootstrap.servers", servers)
    assert [row.value for row in reader.option("subscribe", "sold").load().collect()] == [b'{"id":1}', b'{"id":1}']
    with pytest.raises(NotSupportedError, match=r"writing 'avro' to the stream of sales\.avro"):
        plain_glue.write_dynamic_frame.from_catalog(frame, database="sales", table_name="avro")


def test_what_there_is_not_or_cannot_be_is_named(aws: Any, plain_glue: GlueContext) -> None:
    here = {"bootstrap.servers": "127.0.0.1:1"}

    def read(**options: Any) -> Any:
        return plain_glue.create_data_frame.from_options("kafka", {**here, **options})

    with pytest.raises(BadOptionError, match="no option 'topic'"):
        read(topic="x")
    with pytest.raises(BadOptionError, match="exactly one of topicName, subscribePattern and assign"):
        read(startingOffsets="earliest")
    with pytest.raises(BadOptionError, match="startingTimestamp 'noon'"):
        read(topicName="x", startingTimestamp="noon")
    with pytest.raises(BadOptionError, match="startingOffsets and startingTimestamp"):
        read(topicName="x", startingOffsets="earliest", startingTimestamp="2020-01-31T08:00:00Z")
    with pytest.raises(NotSupportedError, match="DynamicFrame of 'kafka'"):
        plain_glue.create_dynamic_frame.from_options("kafka", {**here, "topicName": "x"})
    with pytest.raises(BadOptionError, match="key 'k' is no field"):
        put(plain_glue, "127.0.0.1:1", "x", (1, "a"), key="k")
    with pytest.raises(NotSupportedError, match="writing 'avro' to Kafka"):
        put(plain_glue, "127.0.0.1:1", "x", (1, "a"), classification="avro")
    glue = aws("glue")
    properties = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "KAFKA_SASL_MECHANISM": "AWS_MSK_IAM"}
    glue.create_connection(ConnectionInput={"Name": "iam", "ConnectionType": "KAFKA", "ConnectionProperties": properties})
    with pytest.raises(NotSupportedError, match="KAFKA_SASL_MECHANISM of the connection 'iam'"):
        plain_glue.create_data_frame.from_options("kafka", {"connectionName": "iam", "topicName": "x"})
    storage = {"SchemaReference": {"SchemaId": {"SchemaName": "s", "RegistryName": "r"}}, "Parameters": {"typeOfData": "kafka"}}
    glue.create_database(DatabaseInput={"Name": "registry"})
    glue.create_table(DatabaseName="registry", TableInput={"Name": "t", "StorageDescriptor": storage})
    with pytest.raises(NotSupportedError, match="the schema of registry.t in the Glue Schema Registry"):
        plain_glue.create_data_frame.from_catalog(database="registry", table_name="t")
