"""Where a task begins and where it ends by itself: positions, times, the end of its load."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from dms_lab import Running, differences, execute, mappings, next_second, rows_of, schema_of

from localaws.dms.binlog.events import Item, Position
from localaws.dms.bounds import Until, parse_start
from localaws.dms.exceptions import BinlogGoneError, SourceError
from localaws.dms.source.connection import MySqlAddress
from localaws.dms.source.positions import position_at
from localaws.dms.source.snapshot import current_position
from localaws.dms.source.stream import BinlogStream

Start = Callable[..., Running]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mysql-bin.000002:7", Until(position=Position("mysql-bin.000002", 7))),
        ("server_time:1970-01-01T00:01:00", Until(seconds=60, by_clock=True, reason="STOPPED_AT_SERVER_TIME")),
        ("commit_time: 1970-01-01T00:01:00Z", Until(seconds=60, reason="STOPPED_AT_COMMIT_TIME")),
    ],
    ids=["position", "server-time", "commit-time"],
)
def test_ends_are_read_as_dms_writes_them(text: str, found: Until) -> None:
    assert Until.parse(text) == found


def test_starts_are_positions_or_times() -> None:
    assert parse_start("b.000001:4") == Position("b.000001", 4)
    assert parse_start("1970-01-01T00:01:00") == 60
    with pytest.raises(ValueError, match="file:offset"):
        parse_start("yesterday")


def test_a_time_is_found_in_the_file_that_has_it(source: Any, address: MySqlAddress) -> None:
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)", "INSERT INTO k VALUES (1)")
    execute(source, "SET SESSION binlog_format=STATEMENT", "UPDATE k SET id = 11", "SET SESSION binlog_format=ROW")  # is passed over
    positions, moments = [current_position(source)], [next_second(source)]
    execute(source, "INSERT INTO k VALUES (2)", "FLUSH BINARY LOGS")
    moments.append(next_second(source))
    execute(source, "INSERT INTO k VALUES (3)")
    positions.append(current_position(source))

    assert position_at(address, moments[0], 7001) == positions[0]
    second = position_at(address, moments[1], 7001)
    assert positions[0].order < second.order < positions[1].order
    assert position_at(address, moments[1] + 3600, 7001).order >= positions[1].order


def test_a_time_before_the_oldest_binlog_is_refused(source: Any, address: MySqlAddress) -> None:
    execute(source, "FLUSH BINARY LOGS", f"PURGE BINARY LOGS TO '{current_position(source).file}'")
    execute(source, "FLUSH BINARY LOGS")

    with pytest.raises(BinlogGoneError, match="before the oldest binlog that is kept"):
        position_at(address, 1_000_000_000, 7002)


def test_a_task_ends_at_a_position_between_transactions_that_are_read_together(
    start: Start, source: Any, warehouse: psycopg.Connection[Any]
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)")
    begin = current_position(source)
    execute(source, "INSERT INTO k VALUES (1)")
    end = current_position(source)
    execute(source, "INSERT INTO k VALUES (2)")

    task = start("position", mappings(schema), migration="cdc", first=begin, until=Until(position=end))

    assert task.wait_until_it_ends() == "NORMAL"
    assert rows_of(warehouse, f"SELECT id FROM {schema}.k") == [(1,)]
    assert task.replication.statistics.position == str(end)


def test_a_server_time_ends_a_task_whose_source_is_quiet(start: Start, source: Any) -> None:
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)")
    until = Until(seconds=next_second(source) + 1, by_clock=True, reason="STOPPED_AT_SERVER_TIME")

    task = start("clock", mappings(schema_of(source)), migration="cdc", until=until)

    assert task.wait_until_it_ends() == "STOPPED_AT_SERVER_TIME"


def test_a_server_time_ends_a_task_when_what_was_committed_until_then_is_applied(
    start: Start, source: Any, warehouse: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)")
    read, over = BinlogStream.read, threading.Event()

    def behind(self: BinlogStream, wait: float) -> Iterator[Item]:
        """Nothing is read before the time is over."""
        assert over.wait(60)
        return read(self, wait)

    monkeypatch.setattr(BinlogStream, "read", behind)
    execute(source, "INSERT INTO k VALUES (1)")
    begin = current_position(source)
    execute(source, "INSERT INTO k VALUES (2)")
    until = Until(seconds=next_second(source), by_clock=True, reason="STOPPED_AT_SERVER_TIME")
    task = start("behind", mappings(schema), until=until, migration="cdc", first=begin)
    task.wait_for(lambda: task.replication.statistics.phase == "ongoing replication")
    next_second(source)
    execute(source, "INSERT INTO k VALUES (3)")
    over.set()

    assert task.wait_until_it_ends() == "STOPPED_AT_SERVER_TIME"
    assert rows_of(warehouse, f"SELECT id FROM {schema}.k") == [(2,)]


def test_a_task_ends_after_its_load_and_goes_on_when_it_is_resumed(start: Start, source: Any, warehouse: psycopg.Connection[Any]) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)", "INSERT INTO k VALUES (1)")

    settings = {"FullLoadSettings": {"StopTaskCachedChangesNotApplied": True}}
    assert start("load", mappings(schema), **settings).wait_until_it_ends() == "STOPPED_AFTER_FULL_LOAD"

    execute(source, "INSERT INTO k VALUES (2)")
    assert rows_of(warehouse, f"SELECT id FROM {schema}.k") == [(1,)]
    task = start("load", mappings(schema), "resume-processing", **settings)
    task.wait_for(lambda: differences(source, warehouse, [f"{schema}.k"]) == {})
    task.stop()


def test_a_task_ends_when_the_changes_made_during_its_load_are_applied(
    start: Start, source: Any, warehouse: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)", "INSERT INTO k VALUES (1)")
    settings = {"FullLoadSettings": {"StopTaskCachedChangesApplied": True}}
    monkeypatch.setattr("localaws.dms.full_load.FullLoad.run", _changed_meanwhile(source, "INSERT INTO k VALUES (2)"))

    task = start("cached", mappings(schema), **settings)

    assert task.wait_until_it_ends() == "STOPPED_AFTER_CACHED_EVENTS"
    assert rows_of(warehouse, f"SELECT id FROM {schema}.k") == [(1,), (2,)]
    monkeypatch.undo()
    execute(source, "INSERT INTO k VALUES (3)")
    task = start("cached", mappings(schema), "resume-processing", **settings)
    task.wait_for(lambda: differences(source, warehouse, [f"{schema}.k"]) == {})
    task.stop()


def _changed_meanwhile(source: Any, statement: str) -> Callable[..., Any]:
    """FullLoad.run, with a change of the source after the snapshot and before the load ends."""
    from localaws.dms.full_load import FullLoad

    run = FullLoad.run

    def changed(self: FullLoad, plans: Any, prepare: str) -> Any:
        execute(source, statement)
        return run(self, plans, prepare)

    return changed


@pytest.mark.parametrize(
    ("setting", "statement", "reason"),
    [("FailOnNoTablesCaptured", "DROP TABLE k", "select no table"), ("ApplyErrorFailOnTruncationDdl", "TRUNCATE k", "was truncated")],
)
def test_a_task_fails_where_the_settings_ask_for_it(start: Start, source: Any, setting: str, statement: str, reason: str) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)")
    begin = current_position(source)
    execute(source, statement)

    task = start("fails", mappings(schema), migration="cdc", first=begin, ErrorBehavior={setting: True})

    with pytest.raises(SourceError, match=reason):
        task.wait_until_it_ends()
