"""Validation: a target that is equal is told so, and of one that is not exactly the rows that differ; also while rows change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow as pa
import pymysql
import pytest
from dms_lab import Running, execute, mappings, rows_of, schema_of

from localaws.dms.exceptions import SettingsError
from localaws.dms.replication import Replication, Task
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.connection import MySqlAddress
from localaws.dms.target.mysql import MySqlTarget
from localaws.dms.validation.compare import Difference, differing

ONLY = {"FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"}, "ValidationSettings": {"EnableValidation": True, "ValidationOnly": True}}
CORNERS = (
    "CREATE TABLE k (id INT PRIMARY KEY, n VARCHAR(40), d DECIMAL(12,4), f FLOAT, r DOUBLE, at DATETIME(6), stamp TIMESTAMP NULL, "
    "b VARBINARY(8), big BIGINT UNSIGNED, flag BIT(1), bits BIT(9), e ENUM('a','b'), t TIME, y YEAR, day DATE)",
    "INSERT INTO k VALUES (1, 'ä ', 1.5, 0.1, 1e-300, '2024-01-02 03:04:05.678901', '2024-01-02', X'00ff', 18446744073709551615, 1, "
    "b'101010101', 'b', '-10:00:00', 2024, '2024-02-29')",
    "INSERT INTO k VALUES (2, '', 0, 3.25e20, 0, '1970-01-01', NULL, X'', 0, 0, b'0', 'a', '838:59:59', 1901, '0000-00-00')",
    "INSERT INTO k (id) SELECT seq FROM seq_3_to_50",
)


@dataclass
class Pair:
    """A source with a target: `begin` starts a task between them, `table` is the target's name of a table."""

    begin: Callable[..., Running]
    target: Any
    schema: str
    mappings: str

    def table(self, name: str) -> str:
        return f"{self.schema}.{name}"

    def change(self, statement: str) -> None:
        with self.target.cursor() as cursor:
            cursor.execute(statement)

    def failures(self) -> list[tuple[Any, ...]]:
        control = "awsdms_control" if isinstance(self.target, pymysql.connections.Connection) else "public"
        key = "`key`" if control == "awsdms_control" else '"key"'
        table = f"{control}.awsdms_validation_failures_v1"
        return rows_of(self.target, f"SELECT {key}, failure_type, details FROM {table} WHERE table_owner = '{self.schema}'")


@pytest.fixture(params=["redshift", "mysql"])
def pair(
    request: pytest.FixtureRequest, source: Any, address: MySqlAddress, start: Callable[..., Running], warehouse: psycopg.Connection[Any]
) -> Iterator[Pair]:
    schema = schema_of(source)
    if request.param == "redshift":
        yield Pair(start, warehouse, schema, mappings(schema))
        return
    copy, started = schema[:50] + "_copy", list[Running]()
    execute(source, f"CREATE OR REPLACE DATABASE {copy}")
    rename = {
        "rule-type": "transformation", "rule-id": "9", "rule-name": "9", "rule-target": "schema", "rule-action": "rename",
        "object-locator": {"schema-name": schema}, "value": copy,
    }  # fmt: skip

    def begin(name: str, rules: str, migration: str = "full-load-and-cdc", **settings: Any) -> Running:
        read = TaskSettings.parse(json.dumps(settings))
        task = Task(name, migration, address, TableMappings.parse(rules), read, 7300 + len(started))
        started.append(Running(Replication(task, lambda: MySqlTarget(address, name, safe=False)), "start-replication"))
        return started[-1]

    yield Pair(begin, source, copy, mappings(schema, rename))
    for running in started:
        running.stop()
    execute(source, f"DROP DATABASE {copy}")


def state(running: Running, table: str = "k") -> tuple[str, int, int]:
    found = next((item for item in list(running.replication.statistics.tables.values()) if item.table_name == table), None)
    if found is None:
        return "", 0, 0
    return found.validation_state, found.validation_failed, found.validation_pending


def test_rows_are_compared_after_the_load_and_as_they_change(source: Any, pair: Pair) -> None:
    execute(source, *CORNERS, "CREATE TABLE bag (x INT)", "INSERT INTO bag VALUES (1)")
    running = pair.begin("valid", pair.mappings, ValidationSettings={"EnableValidation": True, "PartitionSize": 20})

    running.wait_for(lambda: state(running) == ("Validated", 0, 0))
    running.wait_for(lambda: state(running, "bag")[0] == "No primary key")
    execute(source, "UPDATE k SET n = 'new' WHERE id < 10", "DELETE FROM k WHERE id = 50", "UPDATE k SET id = 90 WHERE id = 40")
    running.wait_for(lambda: running.replication.statistics.applied_changes >= 11 and state(running) == ("Validated", 0, 0))

    # What someone did to the target comes to light when the row is changed again.
    pair.change(f"UPDATE {pair.table('k')} SET n = 'other' WHERE id = 3")
    pair.change(f"DELETE FROM {pair.table('k')} WHERE id = 4")
    execute(source, "UPDATE k SET id = id + 1000 WHERE id = 45")
    running.wait_for(lambda: running.replication.statistics.applied_changes >= 12 and state(running) == ("Validated", 0, 0))
    running.stop()


def test_exactly_the_rows_that_differ_are_told(source: Any, pair: Pair) -> None:
    execute(source, *CORNERS)
    assert pair.begin("load", pair.mappings, migration="full-load").wait_until_it_ends() == "FULL_LOAD_ONLY_FINISHED"
    alike = pair.begin("alike", pair.mappings, migration="full-load", **ONLY)
    assert alike.wait_until_it_ends() == "FULL_LOAD_ONLY_FINISHED"
    assert state(alike) == ("Validated", 0, 0)

    pair.change(f"UPDATE {pair.table('k')} SET n = 'x', d = 2.5 WHERE id = 1")
    pair.change(f"DELETE FROM {pair.table('k')} WHERE id = 20")
    pair.change(f"INSERT INTO {pair.table('k')} (id) VALUES (99)")
    told = pair.begin("told", pair.mappings, migration="full-load", **ONLY)

    told.wait_until_it_ends()
    assert state(told) == ("Mismatched records", 3, 0)
    assert pair.failures() == [
        ('{"key": ["1"]}', "RECORD_DIFF", '[[{"n": "\\u00e4 "}, {"n": "x"}], [{"d": "1.5000"}, {"d": "2.5000"}]]'),
        ('{"key": ["20"]}', "MISSING_TARGET", "[]"),
        ('{"key": ["99"]}', "MISSING_SOURCE", "[]"),
    ]


def test_a_difference_goes_when_the_row_is_right_again(source: Any, pair: Pair) -> None:
    execute(source, "CREATE TABLE k (a VARCHAR(9), b DATE, v INT, PRIMARY KEY (a, b))", "INSERT INTO k VALUES ('it''s', '2024-01-02', 1)")
    running = pair.begin("again", pair.mappings, ValidationSettings={"EnableValidation": True})
    running.wait_for(lambda: state(running) == ("Validated", 0, 0))
    pair.change(f"INSERT INTO {pair.table('k')} VALUES ('y', '2024-01-03', 7)")
    replicator = running.replication

    # A row that only the target has: the source's insert of it is refused by MySQL, and a second row in Redshift.
    execute(source, "INSERT INTO k VALUES ('y', '2024-01-03', 8)")
    running.wait_for(lambda: state(running)[:2] == ("Mismatched records", 1))
    assert replicator.statistics.tables[f"{schema_of(source)}.k"].validation_details.startswith('RECORD_DIFF {"key": ["y", "2024-01-03"]}')

    execute(source, "UPDATE k SET v = 9 WHERE a = 'y'")
    running.wait_for(lambda: state(running) == ("Validated", 0, 0))
    assert pair.failures() == []
    running.stop()


def test_rows_are_the_same_in_any_order_and_differences_have_their_columns() -> None:
    here = pa.table({"id": [2, 1, 3], "v": ["b", "a", None]})

    assert differing(here, here.take([1, 2, 0]), ["id"]) == []
    assert differing(here, pa.table({"id": [1, 2, 2, 4], "v": ["a", "b", "b", "d"]}), ["id"]) == [
        Difference((4,), "MISSING_SOURCE"),
        Difference((2,), "RECORD_DIFF", (("number of rows", 1, 2),)),
        Difference((3,), "MISSING_TARGET"),
    ]
    empty = pa.table({"id": [1, 2, 3], "v": ["a", "b", ""]})
    assert differing(here, empty, ["id"]) == [Difference((3,), "RECORD_DIFF", (("v", None, ""),))]


def test_details_are_shortened_to_what_the_control_table_holds() -> None:
    wide = Difference((1,), "RECORD_DIFF", tuple((f"c{number}", "x" * 5000, None) for number in range(40)))

    assert len(wide.details_text()) <= 8000
    assert json.loads(wide.details_text())[0] == [{"c0": "x" * 1000}, {"c0": None}]


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"ValidationSettings": {"ValidationOnly": True}}, "$.ValidationSettings.ValidationOnly"),
        ({**ONLY, "FullLoadSettings": {"TargetTablePrepMode": "DROP_AND_CREATE"}}, "$.FullLoadSettings.TargetTablePrepMode"),
        ({"ValidationSettings": {"EnableValidation": True, "SkipLobColumns": True}}, "$.ValidationSettings.SkipLobColumns"),
    ],
)
def test_settings_of_a_validation_that_cannot_be_done_are_refused(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(SettingsError) as refused:
        TaskSettings.parse(json.dumps(settings))

    assert refused.value.path == path
