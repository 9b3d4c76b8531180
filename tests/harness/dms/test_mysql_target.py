"""A MySQL-compatible server as the target: what is on the source is there, through load, changes, DDL, misfits and kills."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dms_lab import Running, client, differences, execute, mappings, rows_of, schema_of
from test_tasks import KILLS, Writer, described, start, statistics

from localaws.dms.endpoints import target_values
from localaws.dms.exceptions import SettingsError
from localaws.dms.reloading import ReloadRequest
from localaws.dms.replication import Replication, Task
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.connection import MySqlAddress
from localaws.dms.source.snapshot import Position, current_position
from localaws.dms.target import mysql
from localaws.dms.target.mysql import MySqlTarget
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home
from waiting import wait_until

Start = Callable[..., Running]


def into(schema: str, target: str, *more: dict[str, Any]) -> str:
    """Mappings of all tables of a schema into another database of the same server."""
    rename = {
        "rule-type": "transformation", "rule-id": "9", "rule-name": "9", "rule-target": "schema", "rule-action": "rename",
        "object-locator": {"schema-name": schema}, "value": target,
    }  # fmt: skip
    return mappings(schema, rename, *more)


@pytest.fixture
def standby(source: Any) -> Iterator[str]:
    """The name of the target's database."""
    name = schema_of(source)[:50] + "_standby"
    execute(source, f"CREATE OR REPLACE DATABASE {name}")
    yield name
    execute(source, f"DROP DATABASE {name}")


@pytest.fixture
def replicate(address: MySqlAddress) -> Iterator[Start]:
    started: list[Running] = []

    def begin(name: str, rules: str, start_type: str = "start-replication", **settings: Any) -> Running:
        read = TaskSettings.parse(json.dumps({"FullLoadSettings": {"MaxFullLoadSubTasks": 2}, **settings}))
        task = Task(name, "full-load-and-cdc", address, TableMappings.parse(rules), read, 7100 + len(started))
        running = Running(Replication(task, lambda: MySqlTarget(address, name, safe=not read.strict, lob_bytes=read.lob_bytes)), start_type)
        started.append(running)
        return running

    yield begin
    for running in started:
        running.replication.stopping.set()
        running._thread.join(30)


def caught_up(running: Running, source: Any) -> None:
    end, done = current_position(source), running.replication.statistics
    running.wait_for(lambda: done.phase == "ongoing replication" and Position.parse(done.position).order >= end.order)


def different(source: Any, schema: str, standby: str, *tables: str) -> dict[str, Any]:
    found = {}
    for table in tables:
        here, there = (rows_of(source, f"SELECT * FROM {name}.{table}") for name in (schema, standby))
        if here != there:
            found[table] = ([row for row in here if row not in there], [row for row in there if row not in here])
    return found


def test_a_standby_follows_its_source_through_changes_ddl_and_a_restart(source: Any, standby: str, replicate: Start) -> None:
    schema, rules = schema_of(source), into(schema_of(source), standby)
    execute(
        source,
        "CREATE TABLE k (id INT PRIMARY KEY, name VARCHAR(20), n DECIMAL(10,2), at DATETIME(3))",
        "CREATE TABLE bag (x INT, y VARCHAR(10), f FLOAT)",
        "CREATE TABLE two (p INT, q VARCHAR(10) COLLATE utf8mb4_bin, v INT UNSIGNED, PRIMARY KEY (p, q))",
        "INSERT INTO k SELECT seq, CONCAT('n', seq), seq / 4, '2024-01-02 03:04:05.678' FROM seq_1_to_1000",
        "INSERT INTO bag VALUES (1, 'a', 0.1), (1, 'a', 0.1), (1, 'a', 0.1), (1, 'A', 0.1), (2, NULL, NULL), (2, NULL, NULL)",
        "INSERT INTO two VALUES (1, 'a', 7), (1, 'A', 4000000000)",
    )
    running = replicate("standby", rules)
    caught_up(running, source)
    assert different(source, schema, standby, "k", "bag", "two") == {}

    execute(
        source,
        "INSERT INTO k VALUES (5000, 'x', 1, NULL)", "UPDATE k SET name = 'y' WHERE id < 10", "DELETE FROM k WHERE id BETWEEN 20 AND 29",
        "UPDATE k SET id = 9000 WHERE id = 30", "UPDATE k SET id = 30 WHERE id = 31",
        "DELETE FROM bag WHERE y = 'a' AND BINARY y = 'a' LIMIT 2", "INSERT INTO bag VALUES (3, 'c', 1), (3, 'c', 1)",
        "UPDATE bag SET y = 'z' WHERE x = 2 LIMIT 1", "UPDATE two SET q = 'c' WHERE q = 'a'",
    )  # fmt: skip
    caught_up(running, source)
    assert different(source, schema, standby, "k", "bag", "two") == {}

    execute(
        source,
        "ALTER TABLE two ADD COLUMN w VARCHAR(5)", "INSERT INTO two VALUES (2, 'n', 7, 'w')",
        "ALTER TABLE two RENAME COLUMN w TO ww", "INSERT INTO two VALUES (3, 'n', 7, 'w')",
        "ALTER TABLE two MODIFY ww VARCHAR(50)", "INSERT INTO two VALUES (4, 'n', 7, 'a longer text than five')",
        "ALTER TABLE k DROP COLUMN at", "INSERT INTO k VALUES (6000, 'after', 6)",
        "CREATE TABLE fresh (id INT PRIMARY KEY)", "INSERT INTO fresh VALUES (1), (2)", "TRUNCATE bag",
        "INSERT INTO bag VALUES (9, 'o', 2)",
    )  # fmt: skip
    caught_up(running, source)
    assert different(source, schema, standby, "k", "bag", "two", "fresh") == {}

    running.stop()
    execute(source, "DELETE FROM k WHERE id > 900", "INSERT INTO bag VALUES (9, 'o', 2)", "UPDATE fresh SET id = id + 10")
    running = replicate("standby", rules, "resume-processing")
    caught_up(running, source)
    assert different(source, schema, standby, "k", "bag", "two", "fresh") == {}
    assert rows_of(source, "SELECT * FROM awsdms_control.awsdms_apply_exceptions WHERE task_name = 'standby'") == []


VALUES = (
    "(1, -128, 255, -8388608, 18446744073709551615, -99999.99999, 0.1, 0.1, b'101', 1, 2024, '2024-02-29', '-12:30:01.5', "
    "'2024-01-02 03:04:05.000006', '2024-01-02 03:04:05', 'tab\\t new\\n back\\\\ quote\\' \"', 'ä', 'N', '\\\\N', 'b', 'a,c', "
    "X'0009005C0AFF', X'00', '{\"a\": [1, \"\\\\u00e4\"]}', '')",
    "(2, 127, 0, 8388607, 0, 0.00001, -1e-30, 1.7976931348623157e308, b'0', 0, 1901, '1000-01-01', '838:59:59', "
    "'9999-12-31 23:59:59.999999', '2038-01-19 03:14:07', '😀', 'ÿ', '', 'NULL', 'x''y', '', X'', X'FFFE', '[]', REPEAT('z', 70000))",
    "(3" + ", NULL" * 24 + ")",
)


@pytest.mark.parametrize("mode", ["safe", "strict_dms"])
def test_values_of_every_type_arrive_as_they_are(source: Any, standby: str, replicate: Start, mode: str) -> None:
    schema = schema_of(source)
    execute(
        source,
        "CREATE TABLE t (id INT PRIMARY KEY, i1 TINYINT, u1 TINYINT UNSIGNED, i3 MEDIUMINT, u8 BIGINT UNSIGNED, d DECIMAL(20,5), f FLOAT, "
        "g DOUBLE, b3 BIT(3), b1 BIT(1), y YEAR, da DATE, ti TIME(1), dt DATETIME(6), ts TIMESTAMP NULL, v VARCHAR(200), "
        "l CHAR(4) CHARACTER SET latin1, c CHAR(3), n VARCHAR(9), e ENUM('b', 'x''y'), s SET('a', 'c'), vb VARBINARY(20), bl BLOB, "
        "j JSON, lt LONGTEXT)",
        f"INSERT INTO t VALUES {VALUES[0]}, {VALUES[2]}",
    )
    running = replicate(f"types-{mode}", into(schema, standby), LocalEngine={"Mode": mode}, TargetMetadata={"LobMaxSize": 100})
    caught_up(running, source)
    execute(source, f"INSERT INTO t VALUES {VALUES[1]}", "UPDATE t SET i1 = 5 WHERE id = 1")
    caught_up(running, source)

    assert rows_of(source, f"SELECT * FROM awsdms_control.awsdms_apply_exceptions WHERE task_name = 'types-{mode}'") == []
    here, there = (rows_of(source, f"SELECT *, CAST(ti AS CHAR) FROM {name}.t") for name in (schema, standby))
    if mode == "strict_dms":  # BIT(1) is a TINYINT(1) there, and TIME a VARCHAR
        here = [(*row[:9], None if row[9] is None else row[9][0], *row[10:12], row[-1], *row[13:]) for row in here]
    assert there == here


def test_what_does_not_fit_a_table_that_exists_is_kept_with_the_servers_reason(source: Any, standby: str, replicate: Start) -> None:
    schema = schema_of(source)
    execute(
        source,
        "CREATE TABLE k (id INT PRIMARY KEY, v INT, name VARCHAR(20))",
        "INSERT INTO k SELECT seq, seq, 'fits' FROM seq_1_to_100",
        "UPDATE k SET v = 40000 WHERE id = 50",
        # As a dump makes it: other types, a column that the server computes, and one that only the target has.
        f"CREATE TABLE {standby}.k (id INT PRIMARY KEY, v SMALLINT, name VARCHAR(5), twice INT AS (v * 2) STORED, own INT DEFAULT 7)",
    )
    running = replicate("misfits", into(schema, standby), FullLoadSettings={"TargetTablePrepMode": "DO_NOTHING"})
    caught_up(running, source)
    assert rows_of(source, f"SELECT COUNT(*), MAX(twice), MIN(own) FROM {standby}.k") == [(99, 200, 7)]

    execute(source, "UPDATE k SET name = 'too long' WHERE id = 1", "UPDATE k SET name = 'new' WHERE id = 2", "DELETE FROM k WHERE id = 3")
    caught_up(running, source)

    assert rows_of(source, f"SELECT id, name FROM {standby}.k WHERE id < 4") == [(1, "fits"), (2, "new")]
    told = rows_of(source, "SELECT statement, error FROM awsdms_control.awsdms_apply_exceptions WHERE task_name = 'misfits'")
    assert [statement for statement, _ in told] == ["INSERT {'id': 50}", "UPSERT {'id': 1}"]
    assert "Out of range value for column 'v'" in told[0][1]
    assert "Data truncated for column 'name'" in told[1][1]


def test_rows_that_the_target_refuses_by_a_unique_key_of_its_own_are_kept_as_they_were(source: Any, standby: str, replicate: Start) -> None:
    schema = schema_of(source)
    execute(
        source,
        "CREATE TABLE k (id INT PRIMARY KEY, u INT)",
        "INSERT INTO k VALUES (1, 10), (2, 20), (3, 30), (4, 40)",
        f"CREATE TABLE {standby}.k (id INT PRIMARY KEY, u INT, UNIQUE (u))",
    )
    running = replicate("unique", into(schema, standby), FullLoadSettings={"TargetTablePrepMode": "DO_NOTHING"})
    caught_up(running, source)
    execute(source, f"INSERT INTO {standby}.k VALUES (99, 999)")  # a row of the target's own
    source.begin()
    # 1 takes what 99 has; 2 what 1 had, and 3 what 2 had: none of them can follow. 4 can, and so does a new row.
    execute(source, "UPDATE k SET u = 999 WHERE id = 1", "UPDATE k SET u = 10 WHERE id = 2", "UPDATE k SET u = 20 WHERE id = 3")
    execute(source, "UPDATE k SET u = 41 WHERE id = 4", "INSERT INTO k VALUES (5, 50)")
    source.commit()
    caught_up(running, source)

    assert rows_of(source, f"SELECT id, u FROM {standby}.k") == sorted([(1, 10), (2, 20), (3, 30), (4, 41), (5, 50), (99, 999)], key=repr)
    told = rows_of(source, "SELECT statement FROM awsdms_control.awsdms_apply_exceptions WHERE task_name = 'unique'")
    assert told == [(f"UPSERT {{'id': {key}}}",) for key in (1, 2, 3)]


def test_a_table_that_nothing_fits_is_suspended_without_trying_every_row(
    source: Any, standby: str, replicate: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema, tried = schema_of(source), list[int]()
    load_once = MySqlTarget._load_once
    monkeypatch.setattr(mysql, "_MOST_REFUSED", 3)
    monkeypatch.setattr(MySqlTarget, "_load_once", lambda self, *given: (tried.append(len(given[2])), load_once(self, *given))[1])
    execute(
        source,
        "CREATE TABLE k (id INT PRIMARY KEY, name VARCHAR(20))",
        "INSERT INTO k SELECT seq, 'longer than five' FROM seq_1_to_1000",
        f"CREATE TABLE {standby}.k (id INT PRIMARY KEY, name VARCHAR(5))",
    )
    running = replicate("nothing_fits", into(schema, standby), FullLoadSettings={"TargetTablePrepMode": "DO_NOTHING"})
    table = running.replication.statistics.table(schema, "k")
    running.wait_for(lambda: table.table_state == "Table error")

    assert "refuses more than 3 rows, the first because of: Data truncated for column 'name'" in table.message
    assert tried.count(1) == 4
    assert rows_of(source, f"SELECT COUNT(*) FROM {standby}.k") == [(0,)]


def test_of_rows_without_a_key_only_those_go_that_went_on_the_source(source: Any, standby: str, replicate: Start) -> None:
    schema = schema_of(source)
    execute(
        source,
        "CREATE TABLE bag (x INT, y VARCHAR(20))",
        "INSERT INTO bag VALUES (1, 'fits'), (1, 'fits'), (2, 'does not fit'), (3, NULL)",
        f"CREATE TABLE {standby}.bag (x INT, y VARCHAR(5))",
    )
    running = replicate("bags", into(schema, standby), FullLoadSettings={"TargetTablePrepMode": "DO_NOTHING"})
    caught_up(running, source)
    execute(source, "DELETE FROM bag WHERE x = 2", "DELETE FROM bag WHERE x = 1 LIMIT 1")
    caught_up(running, source)

    assert rows_of(source, f"SELECT x, y FROM {standby}.bag") == [(1, "fits"), (3, None)]
    told = rows_of(source, "SELECT statement FROM awsdms_control.awsdms_apply_exceptions WHERE task_name = 'bags'")
    assert [statement.partition(" ")[0] for (statement,) in told] == ["DELETE", "INSERT"]


def test_one_database_for_all_schemas_is_refused_by_name() -> None:
    endpoint = {"EndpointIdentifier": "one", "EngineName": "aurora", "MySQLSettings": {"TargetDbType": "specific-database"}}

    with pytest.raises(SettingsError, match="TargetDbType"):
        target_values(endpoint, "", lambda name: "", "")


@pytest.fixture(scope="module")
def dms(endpoint: EndpointEngine) -> Any:
    return client(endpoint, "dms")


@pytest.fixture(scope="module")
def arns(dms: Any, endpoint: EndpointEngine, address: MySqlAddress, redshift: RedshiftEngine) -> dict[str, str]:
    """One source, and a target of each kind."""
    values, login = redshift.connection(), {"Username": address.user, "Password": address.password}
    server = {"ServerName": address.host, "Port": address.port, **login}
    client(endpoint, "s3").create_bucket(Bucket="fan-out")
    warehouse = {"ServerName": values["host"], "Port": values["port"], "Username": values["user"], "Password": values["password"]}
    made = {
        "source": {"EndpointType": "source", "EngineName": "mysql", **server},
        "standby": {"EndpointType": "target", "EngineName": "aurora", **server},
        "warehouse": {"EndpointType": "target", "EngineName": "redshift", "DatabaseName": "warehouse", **warehouse},
        "lake": {"EndpointType": "target", "EngineName": "s3", "S3Settings": {"BucketName": "fan-out", "IncludeOpForFullLoad": True}},
    }
    found = {
        name: dms.create_endpoint(EndpointIdentifier=f"fan-{name}", **given)["Endpoint"]["EndpointArn"] for name, given in made.items()
    }
    instance = dms.create_replication_instance(ReplicationInstanceIdentifier="fan", ReplicationInstanceClass="dms.t3.micro")
    return {**found, "instance": instance["ReplicationInstance"]["ReplicationInstanceArn"]}


@pytest.fixture
def create(dms: Any, arns: dict[str, str]) -> Iterator[Callable[[str, str, str], str]]:
    made: list[str] = []

    def make(name: str, target: str, rules: str) -> str:
        task = dms.create_replication_task(
            ReplicationTaskIdentifier=name, MigrationType="full-load-and-cdc", TableMappings=rules, SourceEndpointArn=arns["source"],
            TargetEndpointArn=arns[target], ReplicationInstanceArn=arns["instance"],
            ReplicationTaskSettings=json.dumps({"FullLoadSettings": {"MaxFullLoadSubTasks": 2}, "LocalEngine": {"Mode": "safe"}}),
        )  # fmt: skip
        made.append(task["ReplicationTask"]["ReplicationTaskArn"])
        return made[-1]

    yield make
    for arn in made:
        if described(dms, arn)["Status"] in ("starting", "running"):
            dms.stop_replication_task(ReplicationTaskArn=arn)
        wait_until(lambda arn=arn: described(dms, arn)["Status"] in ("ready", "stopped", "failed"))  # type: ignore[misc]
        dms.delete_replication_task(ReplicationTaskArn=arn)


TABLES = (
    "CREATE TABLE k (id INT PRIMARY KEY, v INT, name VARCHAR(10))",
    "CREATE TABLE bag (x INT, y VARCHAR(5))",
    "CREATE TABLE two (a VARCHAR(10), b INT, c INT, PRIMARY KEY (a, b))",
    "INSERT INTO k SELECT seq, 0, 'first' FROM seq_1_to_400",
    "INSERT INTO bag SELECT seq % 5, 'first' FROM seq_1_to_100",
)


def _kill(state: Path, kills: int, dice: random.Random) -> None:
    killed: set[int] = set()
    deadline = time.monotonic() + 20 * kills
    while len(killed) < kills:
        assert time.monotonic() < deadline, "the task's process does not come back"
        time.sleep(dice.uniform(0.3, 2.5))
        pid = json.loads(state.read_text())["pid"]
        if pid is not None and pid not in killed:
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)


def _fan_out(
    kills: int, home: Home, dms: Any, arns: dict[str, str], create: Any, source: Any, standby: str, warehouse: Any, endpoint: EndpointEngine
) -> None:
    """Three tasks on one source at once while rows change and the one of the standby is killed: at the end all targets are equal."""
    schema, address = schema_of(source), _address(source)
    execute(source, *TABLES)
    tasks = {
        "standby": create("fan-standby", "standby", into(schema, standby)),
        "warehouse": create("fan-warehouse", "warehouse", mappings(schema)),
        "lake": create("fan-lake", "lake", mappings(schema)),
    }
    writer = Writer(address, schema, 5)
    writer.start()
    for arn in tasks.values():
        start(dms, arn)
    _kill(home.root / "dms" / "fan-standby" / "run.json", kills, random.Random(11))
    writer.end()
    for arn in tasks.values():
        wait_until(lambda arn=arn: statistics(dms, arn).get("two", {}).get("TableState") == "Table completed")  # type: ignore[misc]
    wait_until(lambda: different(source, schema, standby, "k", "bag", "two") == {})
    wait_until(lambda: differences(source, warehouse, [f"{schema}.{table}" for table in ("k", "bag", "two")]) == {})
    wait_until(lambda: _replayed(client(endpoint, "s3"), schema) == rows_of(source, "SELECT id, v, name FROM k"))
    assert {described(dms, arn)["Status"] for arn in tasks.values()} == {"running"}
    print(f"{kills} kills, {writer.transactions} transactions, equal in three targets")


def _address(source: Any) -> MySqlAddress:
    return MySqlAddress(source.host, source.port, source.user.decode(), source.password.decode())


def _replayed(s3: Any, schema: str) -> list[tuple[Any, ...]]:
    """Rows of k from the files of the lake: what a reader gets that applies them in the order of their names. An update of the key leaves
    the row of the old one, which DMS's files do not name: the writer of this test moves keys by 1000, so it is taken away."""
    rows: dict[int, tuple[Any, ...]] = {}
    keys = [item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="fan-out") for item in page.get("Contents", [])]
    for key in sorted((key for key in keys if f"{schema}/k/" in key), key=lambda key: ("LOAD" not in key, key)):
        for line in s3.get_object(Bucket="fan-out", Key=key)["Body"].read().decode().splitlines():
            operation, *values = line.split(",")
            row = int(values[0])
            if operation == "U" and row not in rows:
                rows.pop(row - 1000, None)
            rows.pop(row, None)
            if operation != "D":
                rows[row] = (row, int(values[1]), values[2])
    return sorted(rows.values(), key=repr)


def test_three_tasks_on_one_source_keep_three_targets_equal_while_one_is_killed(
    home: Home, dms: Any, arns: dict[str, str], create: Any, source: Any, standby: str, warehouse: psycopg.Connection[Any],
    endpoint: EndpointEngine,
) -> None:  # fmt: skip
    _fan_out(3, home, dms, arns, create, source, standby, warehouse, endpoint)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_standby_whose_task_is_killed_a_hundred_times_is_equal(
    home: Home, dms: Any, arns: dict[str, str], create: Any, source: Any, standby: str, warehouse: psycopg.Connection[Any],
    endpoint: EndpointEngine,
) -> None:  # fmt: skip
    _fan_out(KILLS, home, dms, arns, create, source, standby, warehouse, endpoint)


def test_a_key_that_changed_asks_for_a_reload(source: Any, standby: str, replicate: Start) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT NOT NULL PRIMARY KEY, code INT NOT NULL)", "INSERT INTO k VALUES (1, 10), (2, 20)")
    running = replicate("rekeyed", into(schema, standby))
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")

    execute(source, "ALTER TABLE k DROP PRIMARY KEY, ADD PRIMARY KEY (code)", "UPDATE k SET id = 7")
    running.wait_for(lambda: "changed from id to code" in running.replication.suspended.get(f"{schema}.k", ""))

    running.replication.reloads.put(ReloadRequest(schema, "k"))
    about = running.replication.statistics.table(schema, "k")
    running.wait_for(lambda: about.full_load_reloaded and about.table_state == "Table completed")
    running.wait_for(lambda: rows_of(source, f"SELECT * FROM {standby}.k") == [(7, 10), (7, 20)])
    running.stop()
