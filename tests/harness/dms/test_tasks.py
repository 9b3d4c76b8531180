"""Tasks driven by boto3's dms client against the endpoint, as on AWS; and killed."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner
from dms_lab import client, differences, execute, mappings, next_second, rows_of, schema_of

from cli.dms import dms as dms_command
from localaws.dms.source.connection import MySqlAddress, open_source
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home
from waiting import wait_until

KILLS = int(os.environ.get("ETL_DMS_KILLS", "100"))


@pytest.fixture(scope="module")
def dms(endpoint: EndpointEngine) -> Any:
    return client(endpoint, "dms")


@pytest.fixture(scope="module")
def arns(dms: Any, endpoint: EndpointEngine, address: MySqlAddress, redshift: RedshiftEngine) -> dict[str, str]:
    """An instance, a source whose password is the endpoint's, and a target whose password is in Secrets Manager."""
    values = redshift.connection()
    secret = {"host": values["host"], "port": values["port"], "username": values["user"], "password": values["password"]}
    client(endpoint, "secretsmanager").create_secret(Name="redshift", SecretString=json.dumps(secret))
    instance = dms.create_replication_instance(ReplicationInstanceIdentifier="one", ReplicationInstanceClass="dms.t3.micro")
    source = dms.create_endpoint(
        EndpointIdentifier="source", EndpointType="source", EngineName="mysql",
        ServerName=address.host, Port=address.port, Username=address.user, Password=address.password,
    )  # fmt: skip
    target = dms.create_endpoint(
        EndpointIdentifier="target", EndpointType="target", EngineName="redshift",
        RedshiftSettings={"SecretsManagerSecretId": "redshift", "DatabaseName": "warehouse"},
    )  # fmt: skip
    return {
        "ReplicationInstanceArn": instance["ReplicationInstance"]["ReplicationInstanceArn"],
        "SourceEndpointArn": source["Endpoint"]["EndpointArn"],
        "TargetEndpointArn": target["Endpoint"]["EndpointArn"],
    }


@pytest.fixture
def create(dms: Any, arns: dict[str, str]) -> Iterator[Callable[..., str]]:
    """Creates a task and gives its ARN; stopped and deleted at the end."""
    made: list[str] = []

    def make(name: str, rules: str, migration: str = "full-load-and-cdc", **settings: Any) -> str:
        task = dms.create_replication_task(
            ReplicationTaskIdentifier=name, MigrationType=migration, TableMappings=rules,
            ReplicationTaskSettings=json.dumps({"FullLoadSettings": {"MaxFullLoadSubTasks": 2}, **settings}), **arns,
        )  # fmt: skip
        made.append(task["ReplicationTask"]["ReplicationTaskArn"])
        return made[-1]

    yield make
    for arn in made:
        if described(dms, arn)["Status"] in ("starting", "running"):
            dms.stop_replication_task(ReplicationTaskArn=arn)
        wait_until(lambda arn=arn: described(dms, arn)["Status"] in ("ready", "stopped", "failed"))  # type: ignore[misc]
        dms.delete_replication_task(ReplicationTaskArn=arn)


def described(dms: Any, arn: str) -> dict[str, Any]:
    filters = [{"Name": "replication-task-arn", "Values": [arn]}]
    task: dict[str, Any] = dms.describe_replication_tasks(Filters=filters)["ReplicationTasks"][0]
    return task


def identifiers(dms: Any) -> set[str]:
    """Of all tasks that there are, those of other tests among them."""
    return {task["ReplicationTaskIdentifier"] for task in dms.describe_replication_tasks()["ReplicationTasks"]}


def start(dms: Any, arn: str, kind: str = "start-replication", **more: Any) -> None:
    dms.start_replication_task(ReplicationTaskArn=arn, StartReplicationTaskType=kind, **more)


def statistics(dms: Any, arn: str) -> dict[str, dict[str, Any]]:
    return {table["TableName"]: table for table in dms.describe_table_statistics(ReplicationTaskArn=arn)["TableStatistics"]}


def test_connections_are_really_tried(dms: Any, arns: dict[str, str], address: MySqlAddress) -> None:
    wrong = dms.create_endpoint(
        EndpointIdentifier="wrong", EndpointType="source", EngineName="mysql",
        ServerName=address.host, Port=address.port, Username=address.user, Password="not this one",
    )["Endpoint"]["EndpointArn"]  # fmt: skip
    for arn in (arns["SourceEndpointArn"], arns["TargetEndpointArn"], wrong):
        dms.test_connection(ReplicationInstanceArn=arns["ReplicationInstanceArn"], EndpointArn=arn)

    found = {item["EndpointIdentifier"]: item for item in dms.describe_connections()["Connections"]}

    assert {name: item["Status"] for name, item in found.items()} == {"source": "successful", "target": "successful", "wrong": "failed"}
    assert "Access denied" in found["wrong"]["LastFailureMessage"]


def metrics(endpoint: EndpointEngine, task: str) -> set[str]:
    """Names of what CloudWatch has of a task."""
    dimensions = [{"Name": "ReplicationTaskIdentifier", "Value": task}]
    found = client(endpoint, "cloudwatch").list_metrics(Namespace="AWS/DMS", Dimensions=dimensions)["Metrics"]
    return {metric["MetricName"] for metric in found}


def test_a_task_starts_stops_resumes_and_reloads(
    home: Home, endpoint: EndpointEngine, dms: Any, create: Callable[..., str], source: Any, warehouse: psycopg.Connection[Any]
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, v INT UNSIGNED)", "INSERT INTO k SELECT seq, seq FROM seq_1_to_100")
    arn = create("life", mappings(schema))
    assert described(dms, arn)["Status"] == "ready"
    with pytest.raises(ClientError, match="InvalidResourceStateFault"):
        start(dms, arn, "resume-processing")

    start(dms, arn)
    wait_until(lambda: statistics(dms, arn).get("k", {}).get("TableState") == "Table completed")
    execute(source, "DELETE FROM k WHERE id > 90", "UPDATE k SET v = 0 WHERE id = 1")
    wait_until(lambda: statistics(dms, arn)["k"]["AppliedUpdates"] == 1)
    found = statistics(dms, arn)["k"]
    assert (found["FullLoadRows"], found["Deletes"], found["AppliedDeletes"], found["Updates"]) == (100, 10, 10, 1)
    with pytest.raises(ClientError, match="InvalidResourceStateFault"):
        start(dms, arn)
    with pytest.raises(ClientError, match="InvalidResourceStateFault"):
        dms.delete_replication_task(ReplicationTaskArn=arn)

    shown = CliRunner(env={"ETL_HOME": str(home.root), "COLUMNS": "200"}).invoke(dms_command, ["tables", "life"])
    assert shown.exit_code == 0, shown.output
    assert re.search(rf"{schema}\.k\W+Table completed\W+100\W+0\W+0 of 0\W+1 of 1\W+10 of 10", shown.output)
    assert f"{schema}.k: v is unsigned, and overflows above 2,147,483,647" in shown.output
    shown = CliRunner(env={"ETL_HOME": str(home.root), "COLUMNS": "200"}).invoke(dms_command, ["watch", "--once"])
    assert re.search(r"life\W+running\W+ongoing replication\W+100 %", shown.output)

    dms.stop_replication_task(ReplicationTaskArn=arn)
    wait_until(lambda: described(dms, arn)["Status"] == "stopped")
    assert described(dms, arn)["StopReason"] == "Stop Reason NORMAL"
    assert described(dms, arn)["ReplicationTaskStats"]["FullLoadProgressPercent"] == 100
    assert metrics(endpoint, "life") >= {"CDCLatencySource", "CDCLatencyTarget", "CDCIncomingChanges", "CDCThroughputRowsTarget"}
    execute(source, "INSERT INTO k VALUES (200, 1)")
    start(dms, arn, "resume-processing")
    wait_until(lambda: statistics(dms, arn).get("k", {}).get("AppliedInserts") == 1)
    assert differences(source, warehouse, [f"{schema}.k"]) == {}

    dms.stop_replication_task(ReplicationTaskArn=arn)
    wait_until(lambda: described(dms, arn)["Status"] == "stopped")
    warehouse.execute(f"DELETE FROM {schema}.k")
    start(dms, arn, "reload-target")
    wait_until(lambda: statistics(dms, arn).get("k", {}).get("FullLoadRows") == 91)
    wait_until(lambda: differences(source, warehouse, [f"{schema}.k"]) == {})


def test_a_task_goes_on_with_the_next_endpoint(
    endpoint: EndpointEngine, dms: Any, create: Callable[..., str], source: Any, warehouse: psycopg.Connection[Any]
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)", "INSERT INTO k VALUES (1)")
    arn = create("endpoints", mappings(schema))
    start(dms, arn)
    wait_until(lambda: statistics(dms, arn).get("k", {}).get("TableState") == "Table completed")

    endpoint.stop()
    execute(source, "INSERT INTO k VALUES (2)")
    endpoint.start()

    wait_until(lambda: differences(source, warehouse, [f"{schema}.k"]) == {})
    assert described(dms, arn)["Status"] == "running"


def test_a_full_load_alone_ends_by_itself_and_is_compared(
    home: Home, endpoint: EndpointEngine, dms: Any, create: Callable[..., str], source: Any, warehouse: psycopg.Connection[Any]
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)", "INSERT INTO k VALUES (1), (2), (3)")
    rules = json.loads(mappings(schema))
    rules["rules"][0]["filters"] = [
        {"filter-type": "source", "column-name": "id", "filter-conditions": [{"filter-operator": "gte", "value": "2"}]}
    ]
    arn = create("once", json.dumps(rules), migration="full-load")
    start(dms, arn)

    wait_until(lambda: described(dms, arn)["Status"] == "stopped")

    assert described(dms, arn)["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    assert rows_of(warehouse, f"SELECT id FROM {schema}.k") == [(2,), (3,)]
    with urllib.request.urlopen(f"{endpoint.endpoint}/_etl/replication/once") as answer:
        page = answer.read().decode()
    assert "FULL_LOAD_ONLY_FINISHED" in page
    assert f"<td>{schema}.k</td><td>Table completed</td>" in page
    validate, before = CliRunner(env={"ETL_HOME": str(home.root), "COLUMNS": "200"}).invoke, identifiers(dms)
    alike = validate(dms_command, ["validate", "once"])
    assert alike.exit_code == 0, alike.output
    assert re.search(rf"{schema}\.k\W+Validated\W+0\W+0", alike.output)
    warehouse.execute(f"DELETE FROM {schema}.k WHERE id = 3")
    differs = validate(dms_command, ["validate", "once"])
    assert differs.exit_code == 1
    assert re.search(r"Mismatched records\W+1\W+0\W+MISSING_TARGET", differs.output)
    late = validate(dms_command, ["validate", "once", "--seconds", "0"])
    assert late.exit_code == 1
    assert "has not ended within 0 s" in late.output
    assert identifiers(dms) == before
    assert "once" in before
    execute(source, "CREATE TABLE bag (x INT)")
    create("keyless", mappings(schema, table="bag"), migration="full-load")
    nothing = validate(dms_command, ["validate", "keyless"])
    assert nothing.exit_code == 1
    assert "nothing was compared: no table has a primary key" in nothing.output


def test_a_task_whose_settings_cannot_be_done_is_not_created(dms: Any, arns: dict[str, str]) -> None:
    with pytest.raises(ClientError, match=r"\$\.FullLoadSettings\.Mode"):
        dms.create_replication_task(
            ReplicationTaskIdentifier="bad", MigrationType="cdc", TableMappings=mappings("x"),
            ReplicationTaskSettings='{"FullLoadSettings": {"Mode": 1}}', **arns,
        )  # fmt: skip


def test_tables_are_reloaded_and_compared_by_the_api(
    dms: Any, create: Callable[..., str], source: Any, warehouse: psycopg.Connection[Any]
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)", "INSERT INTO k VALUES (1), (2)")
    arn = create("reloaded", mappings(schema), ValidationSettings={"EnableValidation": True})
    table = [{"SchemaName": schema, "TableName": "k"}]
    with pytest.raises(ClientError, match="InvalidResourceStateFault.*does not run"):
        dms.reload_tables(ReplicationTaskArn=arn, TablesToReload=table)
    start(dms, arn)
    wait_until(lambda: statistics(dms, arn).get("k", {}).get("ValidationState") == "Validated")
    with pytest.raises(ClientError, match="InvalidParameterValueException.*no table of task"):
        dms.reload_tables(ReplicationTaskArn=arn, TablesToReload=[{"SchemaName": schema, "TableName": "other"}])
    with pytest.raises(ClientError, match="InvalidParameterValueException.*none of data-reload, validate-only"):
        dms.reload_tables(ReplicationTaskArn=arn, TablesToReload=table, ReloadOption="all")

    warehouse.execute(f"DELETE FROM {schema}.k WHERE id = 2")
    assert dms.reload_tables(ReplicationTaskArn=arn, TablesToReload=table, ReloadOption="validate-only")["ReplicationTaskArn"] == arn
    wait_until(lambda: statistics(dms, arn)["k"]["ValidationState"] == "Mismatched records")
    assert statistics(dms, arn)["k"]["ValidationFailedRecords"] == 1
    dms.reload_tables(ReplicationTaskArn=arn, TablesToReload=table)

    wait_until(lambda: statistics(dms, arn)["k"]["FullLoadReloaded"] and statistics(dms, arn)["k"]["ValidationState"] == "Validated")
    assert rows_of(warehouse, f"SELECT id FROM {schema}.k") == [(1,), (2,)]


@pytest.mark.parametrize("position", ["server_time:yesterday", "1767323045", "binlog.000001", "binlog.000001:x"])
def test_a_position_that_is_none_is_refused_when_the_task_starts(dms: Any, create: Callable[..., str], source: Any, position: str) -> None:
    arn = create("nowhere", mappings(schema_of(source)), migration="cdc")
    for name in ("CdcStartPosition", "CdcStopPosition"):
        with pytest.raises(ClientError, match=rf"InvalidParameterValueException.*{name} '{position}'.*file:offset"):
            start(dms, arn, **{name: position})
    assert described(dms, arn)["Status"] == "ready"


def test_a_start_that_says_two_things_or_is_for_a_load_is_refused(dms: Any, create: Callable[..., str], source: Any) -> None:
    schema = schema_of(source)
    changes, load = create("both", mappings(schema), migration="cdc"), create("load", mappings(schema))
    at = datetime(2026, 1, 2, tzinfo=UTC)
    with pytest.raises(ClientError, match="InvalidParameterCombinationException.*give one of them"):
        start(dms, changes, CdcStartPosition="binlog.000001:4", CdcStartTime=at)
    with pytest.raises(ClientError, match="InvalidParameterCombinationException.*begins with its load"):
        start(dms, load, CdcStartTime=at)


def test_a_task_starts_at_a_time_and_stops_at_a_time(
    dms: Any, create: Callable[..., str], source: Any, warehouse: psycopg.Connection[Any]
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)", "INSERT INTO k VALUES (1)")
    moments = [next_second(source)]
    execute(source, "INSERT INTO k VALUES (2)")
    moments.append(next_second(source))
    execute(source, "INSERT INTO k VALUES (3)")
    arn = create("times", mappings(schema), migration="cdc")

    begin, end = (datetime.fromtimestamp(at, UTC) for at in moments)
    start(dms, arn, CdcStartTime=begin, CdcStopPosition=f"commit_time:{end - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}")
    wait_until(lambda: described(dms, arn)["Status"] in ("stopped", "failed"))

    found = described(dms, arn)
    assert (found["Status"], found["StopReason"]) == ("stopped", "Stop Reason STOPPED_AT_COMMIT_TIME"), found.get("LastFailureMessage")
    assert found["CdcStartPosition"] == f"{begin:%Y-%m-%dT%H:%M:%S}"
    assert rows_of(warehouse, f"SELECT id FROM {schema}.k") == [(2,)]


def test_a_position_that_is_gone_fails_the_task_with_the_reason(dms: Any, create: Callable[..., str], source: Any) -> None:
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)")
    arn = create("gone", mappings(schema_of(source)), migration="cdc")
    start(dms, arn, CdcStartPosition="checkpoint:V1#binlog.999999:4")

    wait_until(lambda: described(dms, arn)["Status"] == "failed")

    assert "no binlog at" in described(dms, arn)["LastFailureMessage"]


class Writer(threading.Thread):
    """Changes rows of three tables until it is told to end."""

    def __init__(self, address: MySqlAddress, schema: str, seed: int) -> None:
        super().__init__(daemon=True)
        self._connection, self._dice, self.ending = open_source(address, database=schema), random.Random(seed), threading.Event()
        self.error: BaseException | None = None
        self.transactions = 0

    def run(self) -> None:
        try:
            while not self.ending.is_set():
                self._transaction()
                self.transactions += 1
                time.sleep(0.002)
        except BaseException as error:  # noqa: BLE001 - raised by the test
            self.error = error

    def _transaction(self) -> None:
        dice, key = self._dice, self._dice.randrange(500)
        choices = (
            f"INSERT INTO k VALUES ({key}, {dice.randrange(9)}, 'n') ON DUPLICATE KEY UPDATE v = v + 1",
            f"DELETE FROM k WHERE id BETWEEN {key} AND {key + 3}",
            f"UPDATE IGNORE k SET id = id + 1000 WHERE id = {key}",
            f"INSERT INTO bag VALUES ({key % 5}, NULL), ({key % 5}, 'x')",
            f"DELETE FROM bag WHERE x = {key % 5} LIMIT 1",
            f"UPDATE bag SET y = 'z' WHERE x = {key % 5} LIMIT 1",
            f"REPLACE INTO two VALUES ('{key % 40}', {key % 7}, {key})",
        )
        self._connection.begin()
        with self._connection.cursor() as cursor:
            for _ in range(dice.randint(1, 4)):
                cursor.execute(dice.choice(choices))
        self._connection.commit()

    def end(self) -> None:
        self.ending.set()
        self.join(30)
        self._connection.close()
        if self.error is not None:
            raise self.error


def _killed(
    kills: int, dms: Any, create: Callable[..., str], source: Any, warehouse: psycopg.Connection[Any], address: MySqlAddress, home: Home
) -> None:
    """Kills the task's process at random instants while rows change; at the end every row is as on the source."""
    schema = schema_of(source)
    execute(
        source,
        "CREATE TABLE k (id INT PRIMARY KEY, v INT, name VARCHAR(10))",
        "CREATE TABLE bag (x INT, y VARCHAR(5))",
        "CREATE TABLE two (a VARCHAR(10), b INT, c INT, PRIMARY KEY (a, b))",
        "INSERT INTO k SELECT seq, 0, 'first' FROM seq_1_to_400",
        "INSERT INTO bag SELECT seq % 5, 'first' FROM seq_1_to_100",
    )
    tables = [f"{schema}.{name}" for name in ("k", "bag", "two")]
    arn, dice = create("killed", mappings(schema)), random.Random(7)
    writer = Writer(address, schema, 3)
    writer.start()
    start(dms, arn)
    state = home.root / "dms" / "killed" / "run.json"
    killed: set[int] = set()
    while len(killed) < kills:
        time.sleep(dice.uniform(0.3, 2.5))
        pid = json.loads(state.read_text())["pid"]
        if pid is not None and pid not in killed:
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
    writer.end()
    assert writer.transactions > 50 * kills
    wait_until(lambda: statistics(dms, arn).get("two", {}).get("TableState") == "Table completed")
    wait_until(lambda: differences(source, warehouse, tables) == {})
    assert described(dms, arn)["Status"] == "running"
    rows = sum(len(rows_of(warehouse, f"SELECT * FROM {table}")) for table in tables)
    print(f"{kills} kills, {writer.transactions} transactions, {rows} rows are equal")


def test_a_task_that_is_killed_under_load_loses_nothing_and_applies_nothing_twice(
    dms: Any, create: Callable[..., str], source: Any, warehouse: psycopg.Connection[Any], address: MySqlAddress, home: Home
) -> None:
    _killed(4, dms, create, source, warehouse, address, home)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_task_that_is_killed_a_hundred_times_loses_nothing_and_applies_nothing_twice(
    dms: Any, create: Callable[..., str], source: Any, warehouse: psycopg.Connection[Any], address: MySqlAddress, home: Home
) -> None:
    _killed(KILLS, dms, create, source, warehouse, address, home)
