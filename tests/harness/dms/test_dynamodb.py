"""DynamoDB as a target, at the local endpoint: items by themselves and by the guide's own object-mapping rules, kept in sync."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from dms_lab import Running, client, execute, mappings, schema_of

from localaws.dms.exceptions import SettingsError
from localaws.dms.process import Definition, make_target
from localaws.dms.replication import Replication, Task
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.connection import MySqlAddress
from localaws.dms.target.dynamodb import EXCEPTIONS, DynamoDbTarget
from localaws.dms.target.dynamodb_tables import Tables
from localaws.engines.endpoint import EndpointEngine
from waiting import wait_until

Start = Callable[..., Running]


@pytest.fixture
def dynamodb(endpoint: EndpointEngine) -> Iterator[Any]:
    found = client(endpoint, "dynamodb")
    yield found
    for table in found.list_tables()["TableNames"]:
        found.delete_table(TableName=table)


@pytest.fixture
def replicate(address: MySqlAddress, dynamodb: Any, tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def begin(name: str, rules: str, migration: str = "full-load-and-cdc", **settings: Any) -> Running:
        parsed, found = TableMappings.parse(rules), TaskSettings.parse(json.dumps(settings))
        task = Task(name, migration, address, parsed, found, 7300 + len(started))
        target = lambda: DynamoDbTarget(dynamodb, name, parsed.objects, tmp_path, safe=not found.strict)  # noqa: E731
        started.append(Running(Replication(task, target), "start-replication"))
        return started[-1]

    yield begin
    for running in started:
        running.replication.stopping.set()
        running._thread.join(30)


def items(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    read = TypeDeserializer().deserialize
    if table not in dynamodb.list_tables()["TableNames"]:
        return []
    found = dynamodb.scan(TableName=table, ConsistentRead=True)["Items"]
    return sorted(({name: read(value) for name, value in item.items()} for item in found), key=str)


def mapped(schema: str, table: str, action: str = "map-record-to-record", to: str = "customer_t", **parameters: Any) -> dict[str, Any]:
    locator = {"schema-name": schema, "table-name": table}
    rule = {"rule-type": "object-mapping", "rule-id": "2", "rule-name": "TransformToDDB", "rule-action": action, "object-locator": locator}
    return {**rule, "target-table-name": to, "mapping-parameters": parameters}


def test_rows_are_items_and_stay_equal_while_they_change(source: Any, dynamodb: Any, replicate: Start, caplog: Any) -> None:
    schema = schema_of(source)
    execute(
        source,
        "CREATE TABLE things (id INT PRIMARY KEY, name VARCHAR(9), n DECIMAL(30,4), ok BIT(1), day DATE, at DATETIME(3), raw BLOB, "
        "t LONGTEXT)",
        "INSERT INTO things VALUES (1, 'a', 12345678901234567890123456.7891, b'1', '2024-02-29', '2024-01-02 03:04:05.5', 0xFF, 'x')",
        "INSERT INTO things (id, name) VALUES (2, ''), (3, 'c')", "COMMIT",
    )  # fmt: skip
    running = replicate("plain", mappings(schema))
    running.wait_for(lambda: len(items(dynamodb, "things")) == 3)
    first = items(dynamodb, "things")[0]
    assert {name: str(value) for name, value in first.items()} == {
        "id": "1", "name": "a", "n": "12345678901234567890123456.7891", "ok": "True", "day": "2024-02-29",
        "at": "2024-01-02T03:04:05.500000Z",
    }  # fmt: skip
    assert items(dynamodb, "things")[1:] == [{"id": 2, "name": ""}, {"id": 3, "name": "c"}]
    assert "things: raw, t are left out" in caplog.text
    described = dynamodb.describe_table(TableName="things")["Table"]
    assert described["ProvisionedThroughput"]["WriteCapacityUnits"] == 200

    execute(source, "UPDATE things SET name = 'b' WHERE id = 2", "DELETE FROM things WHERE id = 1", "UPDATE things SET id = 4 WHERE id = 3")
    running.wait_for(lambda: {"id": 4, "name": "c"} in items(dynamodb, "things"))
    assert items(dynamodb, "things") == [{"id": 2, "name": "b"}, {"id": 3, "name": "c"}, {"id": 4, "name": "c"}]
    assert "keys are updated" in caplog.text

    execute(source, "TRUNCATE TABLE things")
    running.wait_for(lambda: items(dynamodb, "things") == [])
    execute(source, "DROP TABLE things")
    running.wait_for(lambda: "things" not in dynamodb.list_tables()["TableNames"])
    running.stop()


def test_in_safe_mode_an_updated_key_leaves_nothing_of_the_old_one(source: Any, dynamodb: Any, replicate: Start) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE things (id INT PRIMARY KEY, name VARCHAR(20))", "INSERT INTO things VALUES (1, 'a')", "COMMIT")
    running = replicate("safe", mappings(schema), LocalEngine={"Mode": "safe"})
    running.wait_for(lambda: len(items(dynamodb, "things")) == 1)

    execute(source, "UPDATE things SET id = 2")

    running.wait_for(lambda: items(dynamodb, "things") == [{"id": 2, "name": "a"}])


NAME = {"target-attribute-name": "CustomerName", "attribute-type": "scalar", "attribute-sub-type": "string", "value": "${First},${Last}"}
DETAILS = {
    "target-attribute-name": "ContactDetails", "attribute-type": "document", "attribute-sub-type": "dynamodb-map",
    "value": {"M": {"Home": {"M": {"Address": {"S": "${Home}"}, "Phone": {"S": "${Phone}"}}}}},
}  # fmt: skip
NUMBERS = {"target-attribute-name": "Numbers", "attribute-type": "document", "attribute-sub-type": "dynamodb-list",
           "value": {"L": [{"N": "${Store}"}, {"N": "${income}"}]}}  # fmt: skip
EXCLUDED = ["First", "Last", "Home", "Phone"]


@pytest.mark.parametrize(
    ("action", "rest"),
    [
        ("map-record-to-record", {"NickName": "Nick", "income": 5, "Store": 7}),
        ("map-record-to-document", {"_doc": {"NickName": "Nick", "income": 5, "Store": 7}}),
    ],
)
def test_the_guides_own_mapping_makes_its_items(source: Any, dynamodb: Any, replicate: Start, action: str, rest: dict[str, Any]) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE customer (First VARCHAR(9), Last VARCHAR(9), Store INT, Home VARCHAR(30), Phone VARCHAR(20), "
            "NickName VARCHAR(9), income INT, PRIMARY KEY (First, Last))",
            "INSERT INTO customer VALUES ('Randy', 'Marsh', 7, '221B Baker Street', NULL, 'Nick', 5)", "COMMIT")  # fmt: skip
    rule = mapped(schema, "customer", action, **{
        "partition-key-name": "CustomerName", "exclude-columns": EXCLUDED, "attribute-mappings": [NAME, DETAILS, NUMBERS],
    })  # fmt: skip
    running = replicate("guide", mappings(schema, rule))
    running.wait_for(lambda: len(items(dynamodb, "customer_t")) == 1)

    home = {"Home": {"Address": "221B Baker Street"}}
    made = {"CustomerName": "Randy,Marsh", "ContactDetails": home, "Numbers": [7, 5], **rest}
    assert items(dynamodb, "customer_t") == [made]
    execute(source, "UPDATE customer SET Phone = '12'")
    running.wait_for(lambda: items(dynamodb, "customer_t") == [{**made, "ContactDetails": {"Home": {**home["Home"], "Phone": "12"}}}])
    execute(source, "DELETE FROM customer")
    running.wait_for(lambda: items(dynamodb, "customer_t") == [])


def test_a_condition_holds_in_the_phases_that_it_is_asked_in(source: Any, dynamodb: Any, replicate: Start) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, n INT)", "INSERT INTO k VALUES (1, 1), (2, 2)", "COMMIT")
    condition = {"expression": "attribute_not_exists(#i)", "expression-attribute-names": [{"name": "#i", "value": "id"}]}
    rule = mapped(schema, "k", to="k", **{"condition-expression": condition})
    dynamodb.create_table(
        TableName="k", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
    )  # fmt: skip
    dynamodb.put_item(TableName="k", Item={"id": {"N": "1"}, "own": {"S": "mine"}})

    running = replicate("condition", mappings(schema, rule), FullLoadSettings={"TargetTablePrepMode": "DO_NOTHING"})
    running.wait_for(lambda: len(items(dynamodb, "k")) == 2)
    assert items(dynamodb, "k") == [{"id": 1, "own": "mine"}, {"id": 2, "n": 2}]
    running.wait_for(lambda: len(items(dynamodb, EXCEPTIONS)) == 1)  # written after the items
    (kept,) = items(dynamodb, EXCEPTIONS)
    assert "ConditionalCheckFailed" in kept["error"]
    execute(source, "UPDATE k SET n = 9")
    running.wait_for(lambda: items(dynamodb, "k") == [{"id": 1, "n": 9}, {"id": 2, "n": 9}])


def test_rows_that_are_no_items_are_kept_with_the_reason(source: Any, dynamodb: Any, replicate: Start) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id VARCHAR(9) PRIMARY KEY, n DECIMAL(50,0), t LONGTEXT)",
            f"INSERT INTO k VALUES ('a', 1, NULL), ('', 2, NULL), ('c', {'9' * 39}, NULL)",
            "CREATE TABLE pair (a INT, b INT, PRIMARY KEY (a, b))", "INSERT INTO pair VALUES (1, 2)", "COMMIT")  # fmt: skip

    running = replicate("refused", mappings(schema), migration="full-load")
    running.wait_until_it_ends()

    assert items(dynamodb, "k") == [{"id": "a", "n": 1}]
    told = sorted(item["error"] for item in items(dynamodb, EXCEPTIONS))
    assert [text.split()[0] for text in told] == ["n:", "the"]
    assert "primary key of several columns" in running.replication.statistics.table(schema, "pair").message


def test_a_row_that_was_refused_can_be_deleted(source: Any, dynamodb: Any, replicate: Start) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, n DECIMAL(50,0))", "INSERT INTO k VALUES (1, 1), (2, 2)", "COMMIT")
    running = replicate("deleted", mappings(schema))
    running.wait_for(lambda: len(items(dynamodb, "k")) == 2)

    execute(source, f"UPDATE k SET n = {'9' * 39} WHERE id = 1")
    running.wait_for(lambda: len(items(dynamodb, EXCEPTIONS)) == 1)
    execute(source, "DELETE FROM k WHERE id = 1")

    running.wait_for(lambda: items(dynamodb, "k") == [{"id": 2, "n": 2}])
    assert len(items(dynamodb, EXCEPTIONS)) == 1


def test_a_table_that_can_be_none_is_suspended_when_changes_alone_are_captured(source: Any, dynamodb: Any, replicate: Start) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE pair (a INT, b INT, PRIMARY KEY (a, b))", "CREATE TABLE k (id INT PRIMARY KEY)")
    running = replicate("alone", mappings(schema), migration="cdc")
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")

    execute(source, "CREATE TABLE late (a INT)", "INSERT INTO late VALUES (1)", "INSERT INTO pair VALUES (1, 2)")
    execute(source, "INSERT INTO k VALUES (1)")

    running.wait_for(lambda: items(dynamodb, "k") == [{"id": 1}])
    reasons = running.replication.suspended
    assert "primary key of several columns" in reasons[f"{schema}.pair"]
    assert "no primary key" in reasons[f"{schema}.late"]


def test_a_table_that_another_task_has_just_made_is_there(dynamodb: Any) -> None:
    tables = Tables(dynamodb)
    tables.create("twice", (("id", "S"),))
    tables.create("twice", (("id", "S"),))

    assert tables.described("twice") is not None


def test_a_task_of_the_endpoint_fills_a_table(endpoint: EndpointEngine, address: MySqlAddress, source: Any, dynamodb: Any) -> None:
    schema, dms = schema_of(source), client(endpoint, "dms")
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)", "INSERT INTO k VALUES (1)", "COMMIT")
    instance = dms.create_replication_instance(ReplicationInstanceIdentifier="items", ReplicationInstanceClass="dms.t3.micro")
    here = dms.create_endpoint(
        EndpointIdentifier="items-source", EndpointType="source", EngineName="mysql", ServerName=address.host, Port=address.port,
        Username=address.user, Password=address.password,
    )  # fmt: skip
    there = dms.create_endpoint(
        EndpointIdentifier="items-target", EndpointType="target", EngineName="dynamodb",
        DynamoDbSettings={"ServiceAccessRoleArn": "arn:aws:iam::123456789012:role/dms"},
    )  # fmt: skip
    task = dms.create_replication_task(
        ReplicationTaskIdentifier="items", SourceEndpointArn=here["Endpoint"]["EndpointArn"],
        TargetEndpointArn=there["Endpoint"]["EndpointArn"],
        ReplicationInstanceArn=instance["ReplicationInstance"]["ReplicationInstanceArn"], MigrationType="full-load",
        TableMappings=mappings(schema),
    )["ReplicationTask"]  # fmt: skip

    def status() -> str:
        filters = [{"Name": "replication-task-arn", "Values": [task["ReplicationTaskArn"]]}]
        return str(dms.describe_replication_tasks(Filters=filters)["ReplicationTasks"][0]["Status"])

    try:
        dms.start_replication_task(ReplicationTaskArn=task["ReplicationTaskArn"], StartReplicationTaskType="start-replication")
        wait_until(lambda: items(dynamodb, "k") == [{"id": 1}])
    finally:
        wait_until(lambda: status() in ("ready", "stopped", "failed"))  # a full load ends by itself
        dms.delete_replication_task(ReplicationTaskArn=task["ReplicationTaskArn"])


def test_a_sort_key_needs_a_partition_key() -> None:
    with pytest.raises(SettingsError, match="partition-key-name"):
        TableMappings.parse(mappings("s", mapped("s", "t", **{"sort-key-name": "x"})))


RETYPED = {
    "rule-type": "transformation", "rule-id": "2", "rule-name": "2", "rule-target": "column", "rule-action": "change-data-type",
    "object-locator": {"schema-name": "s", "table-name": "t", "column-name": "c"}, "data-type": {"type": "int8"},
}  # fmt: skip
PARTITIONED = {"rule-type": "object-mapping", "rule-id": "2", "rule-name": "2", "rule-action": "map-record-to-record",
               "object-locator": {"schema-name": "s", "table-name": "t"},
               "mapping-parameters": {"partition-key-type": "primary-key"}}  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "rule", "reason"),
    [
        ("kinesis", mapped("s", "t"), "members for DynamoDB, and the target is a stream"),
        ("kinesis", RETYPED, "change-data-type is not done on streams"),
        ("dynamodb", PARTITIONED, "none of the members for DynamoDB"),
    ],
)
def test_a_rule_for_another_kind_of_target_is_refused(engine: str, rule: dict[str, Any], reason: str, tmp_path: Path) -> None:
    target = {"engine": engine, "settings": {"StreamArn": "arn:aws:kinesis:us-east-1:123456789012:stream/s"}}
    definition = Definition("task", "full-load", "start-replication", {}, target, mappings("s", rule), "", 1)

    with pytest.raises(SettingsError, match=reason):
        make_target(definition, tmp_path)
