"""ReloadTables: a table of a running task is loaded anew while the others go on; changes meanwhile are neither lost nor applied twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from dms_lab import Running, differences, execute, mappings, rows_of, schema_of

from localaws.dms.checkpoint import Checkpoint
from localaws.dms.exceptions import SourceError, TargetError
from localaws.dms.full_load import FullLoad
from localaws.dms.reloading import ReloadRequest
from localaws.dms.source.snapshot import current_position

Start = Callable[..., Running]


def caught_up(running: Running, source: Any) -> None:
    end, done = current_position(source), running.replication
    running.wait_for(lambda: done.applied_up_to is not None and done.applied_up_to.order >= end.order)


def reloaded(running: Running, *tables: str) -> bool:
    known = {item.table_name: item for item in list(running.replication.statistics.tables.values())}
    return all(known[name].full_load_reloaded and known[name].table_state == "Table completed" for name in tables)


def begun(start: Start, source: Any) -> tuple[Running, str]:
    schema = schema_of(source)
    execute(
        source,
        "CREATE TABLE k (id INT PRIMARY KEY, v INT)", "INSERT INTO k SELECT seq, 0 FROM seq_1_to_500",
        "CREATE TABLE bag (x INT)", "INSERT INTO bag SELECT seq % 7 FROM seq_1_to_50",
        "CREATE TABLE other (id INT PRIMARY KEY)",
    )  # fmt: skip
    running = start("reload", mappings(schema), ValidationSettings={"EnableValidation": True})
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")
    return running, schema


def test_tables_are_loaded_again_while_everything_changes(
    start: Start, source: Any, warehouse: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, schema = begun(start, source)
    tables = [f"{schema}.{name}" for name in ("k", "bag", "other")]
    run, goes_on = FullLoad.run, threading.Event()

    def slowly(self: FullLoad, *arguments: Any, **named: Any) -> Any:
        """The load ends when the test says so."""
        found = run(self, *arguments, **named)
        assert goes_on.wait(60)
        return found

    monkeypatch.setattr(FullLoad, "run", slowly)
    warehouse.execute(f"DELETE FROM {schema}.k WHERE id < 100")
    warehouse.execute(f"INSERT INTO {schema}.bag VALUES (77)")
    execute(source, "UPDATE k SET v = 1 WHERE id > 490", "INSERT INTO bag VALUES (1)")
    for name in ("k", "bag"):
        running.replication.reloads.put(ReloadRequest(schema, name))
    states = running.replication.statistics.tables
    running.wait_for(lambda: all(states[f"{schema}.{name}"].full_load_reloaded for name in ("k", "bag")))

    execute(source, "INSERT INTO other VALUES (1)", "DELETE FROM k WHERE id = 5", "UPDATE k SET id = 1000 WHERE id = 6")
    execute(source, "INSERT INTO bag VALUES (3), (3)", "DELETE FROM bag WHERE x = 2")
    running.wait_for(lambda: rows_of(warehouse, f"SELECT * FROM {schema}.other") == [(1,)])
    assert states[f"{schema}.k"].table_state != "Table completed"
    goes_on.set()

    running.wait_for(lambda: reloaded(running, "k", "bag"))
    execute(source, "UPDATE k SET v = 2 WHERE id = 7", "INSERT INTO bag VALUES (9)")
    caught_up(running, source)
    assert differences(source, warehouse, tables) == {}
    running.wait_for(lambda: states[f"{schema}.k"].validation_state == "Validated")
    running.stop()


def test_a_load_that_was_interrupted_is_begun_again(
    start: Start, source: Any, warehouse: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, schema = begun(start, source)
    replication = running.replication

    def ends(self: FullLoad, plans: Any, prepare: str, **named: Any) -> list[Any]:
        """As if the process had been ended while it loads: the table is empty."""
        self.target.prepare(plans[0], prepare)
        replication.stopping.set()
        return []

    monkeypatch.setattr(FullLoad, "run", ends)
    replication.reloads.put(ReloadRequest(schema, "bag"))
    assert running.wait_until_it_ends() == "NORMAL"
    assert rows_of(warehouse, f"SELECT * FROM {schema}.bag") == []
    monkeypatch.undo()
    execute(source, "INSERT INTO bag VALUES (100)", "INSERT INTO other VALUES (2)")

    running = start("reload", mappings(schema), "resume-processing", ValidationSettings={"EnableValidation": True})
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication" and reloaded(running, "bag"))
    caught_up(running, source)

    assert differences(source, warehouse, [f"{schema}.{name}" for name in ("k", "bag", "other")]) == {}
    running.stop()


def test_a_suspended_table_comes_back(start: Start, source: Any, warehouse: psycopg.Connection[Any]) -> None:
    running, schema = begun(start, source)
    execute(source, "RENAME TABLE k TO gone", "RENAME TABLE gone TO k", "INSERT INTO k VALUES (900, 1)")
    running.wait_for(lambda: running.replication.statistics.tables[f"{schema}.k"].table_state == "Table error")
    execute(source, "UPDATE k SET v = 5")

    running.replication.reloads.put(ReloadRequest(schema, "k"))
    running.wait_for(lambda: reloaded(running, "k"))
    execute(source, "UPDATE k SET v = 6 WHERE id < 10")
    caught_up(running, source)

    assert differences(source, warehouse, [f"{schema}.k"]) == {}
    assert running.replication.suspended == {}
    running.stop()


def test_a_load_that_failed_is_not_begun_again_by_the_next_process(
    start: Start, source: Any, warehouse: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, schema = begun(start, source)
    execute(source, "DROP TABLE other")
    caught_up(running, source)
    states = running.replication.statistics.tables

    def fails(self: FullLoad, plans: Any, prepare: str, **named: Any) -> list[Any]:
        self._failed(plans[0], SourceError("it cannot be read"))
        return []

    monkeypatch.setattr(FullLoad, "run", fails)
    for name in ("k", "other"):
        running.replication.reloads.put(ReloadRequest(schema, name))
    running.wait_for(lambda: all(states[f"{schema}.{name}"].table_state == "Table error" for name in ("k", "other")))
    running.wait_for(lambda: len(running.replication.suspended) == 2)
    running.stop()
    monkeypatch.undo()

    last = "SELECT checkpoint FROM public.awsdms_txn_state WHERE task_name = 'reload' ORDER BY noted DESC LIMIT 1"
    (kept,) = warehouse.execute(last).fetchone() or ("",)
    assert not Checkpoint.parse(kept).reloading
    assert set(Checkpoint.parse(kept).suspended) == {f"{schema}.k", f"{schema}.other"}


def test_a_source_too_busy_for_a_snapshot_suspends_the_table_and_the_others_go_on(
    start: Start, source: Any, warehouse: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, schema = begun(start, source)
    known, noted = running.replication.statistics.tables, threading.Event()

    def busy(*arguments: Any) -> Any:
        raise SourceError("A consistent snapshot needs FLUSH TABLES WITH READ LOCK for a moment")

    monkeypatch.setattr("localaws.dms.reloading.open_snapshot", busy)
    running.replication.reloads.put(ReloadRequest(schema, "k", noted=noted.set))
    running.wait_for(noted.is_set)
    assert "FLUSH TABLES" in known[f"{schema}.k"].message
    monkeypatch.undo()

    execute(source, "INSERT INTO other VALUES (1)", "UPDATE k SET v = 3 WHERE id = 1")
    running.wait_for(lambda: rows_of(warehouse, f"SELECT * FROM {schema}.other") == [(1,)])
    running.replication.reloads.put(ReloadRequest(schema, "k"))
    running.wait_for(lambda: reloaded(running, "k"))
    assert differences(source, warehouse, [f"{schema}.k"]) == {}
    running.stop()


@pytest.mark.parametrize("fails", ["reload", "batch"])
def test_a_request_that_ends_the_task_is_not_asked_again(start: Start, source: Any, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    running, schema = begun(start, source)
    noted, done = threading.Event(), running.replication

    def refuse(*arguments: Any, **named: Any) -> Any:
        raise TargetError("as the test wants it")

    name = "localaws.dms.reloading.Reloads.begin" if fails == "reload" else "localaws.dms.capture.Capture._flush"
    monkeypatch.setattr(name, refuse)
    done.reloads.put(ReloadRequest(schema, "k", noted=noted.set))

    with pytest.raises(TargetError, match="as the test wants it"):
        running.wait_until_it_ends()
    assert noted.is_set() == (fails == "reload")
