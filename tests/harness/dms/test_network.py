"""The network between the task and its source, or its target, is cut: in the load, in ongoing replication, while a table is loaded again.
The task recovers by itself, and no row is lost or there twice."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from dms_lab import BUCKET, Running, client, differences, execute, mappings, schema_of
from wire import Wire

from localaws.dms.checkpoint import Checkpoint
from localaws.dms.exceptions import SourceLostError
from localaws.dms.full_load import FullLoad
from localaws.dms.reloading import ReloadRequest, Reloads
from localaws.dms.replication import Replication, Task
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.connection import MySqlAddress, open_source
from localaws.dms.source.snapshot import current_position
from localaws.dms.target.redshift import RedshiftAddress, RedshiftTarget
from localaws.dms.target.staging import Staging
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.redshift import RedshiftEngine

SETTINGS = {
    "FullLoadSettings": {"MaxFullLoadSubTasks": 2},
    "ErrorBehavior": {"RecoverableErrorInterval": 1, "RecoverableErrorThrottling": False},
}


class Line:
    """A task whose both ends lead over wires."""

    def __init__(self, address: MySqlAddress, redshift: RedshiftEngine, endpoint: EndpointEngine) -> None:
        values = redshift.connection()
        self.source, self.target = Wire(address.host, address.port), Wire(values["host"], values["port"])
        self._from = replace(address, host="127.0.0.1", port=self.source.port)
        self._to = RedshiftAddress("127.0.0.1", self.target.port, values["dbname"], values["user"], values["password"])
        self._storage = client(endpoint, "s3")
        self.running: Running

    def start(self, name: str, schema: str) -> Running:
        settings = TaskSettings.parse(json.dumps(SETTINGS))
        task = Task(name, "full-load-and-cdc", self._from, TableMappings.parse(mappings(schema)), settings, 5900)
        self.running = Running(Replication(task, lambda: self.open_target(name)), "start-replication")
        return self.running

    def open_target(self, name: str) -> RedshiftTarget:
        return RedshiftTarget(self._to, Staging(self._storage, BUCKET, name), name, safe=True)

    def cut(self, wire: Wire) -> None:
        """Cuts a wire until the task says so."""
        statistics = self.running.replication.statistics
        statistics.message = ""
        wire.cut()
        self.running.wait_for(lambda: "tries again" in statistics.message)
        wire.mend()

    def caught_up(self, source: Any) -> None:
        end, done = current_position(source), self.running.replication
        self.running.wait_for(lambda: done.applied_up_to is not None and done.applied_up_to.order >= end.order)


@pytest.fixture
def line(address: MySqlAddress, redshift: RedshiftEngine, endpoint: EndpointEngine) -> Iterator[Line]:
    made = Line(address, redshift, endpoint)
    yield made
    made.running.replication.stopping.set()
    made.running._thread.join(60)
    made.source.close()
    made.target.close()


@pytest.fixture
def writing(address: MySqlAddress, source: Any) -> Iterator[threading.Event]:
    """Transactions on the source, over its own connection, until the event is set."""
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, v INT)", "INSERT INTO k SELECT seq, 0 FROM seq_1_to_5000")
    execute(source, "CREATE TABLE bag (x INT)", "INSERT INTO bag SELECT seq % 5 FROM seq_1_to_100")
    ended, schema = threading.Event(), schema_of(source)

    def write() -> None:
        own = open_source(address, database=schema)
        for number in itertools.count(1):
            own.begin()
            execute(own, f"INSERT INTO k VALUES ({10_000 + number}, {number})", f"UPDATE k SET v = v + 1 WHERE id % 97 = {number % 97}")
            execute(own, f"DELETE FROM k WHERE id = {number * 3}", f"INSERT INTO bag VALUES ({number % 5})", "DELETE FROM bag LIMIT 1")
            own.commit()
            if ended.wait(0.02):
                break
        own.close()

    writer = threading.Thread(target=write)
    writer.start()
    yield ended
    ended.set()
    writer.join()


def test_nothing_is_lost_when_the_network_is_cut_on_either_side(
    line: Line, source: Any, warehouse: psycopg.Connection[Any], writing: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = schema_of(source)
    load, loading, goes_on = RedshiftTarget.load, threading.Event(), threading.Event()

    def slowly(self: RedshiftTarget, *arguments: Any) -> Any:
        loading.set()
        assert goes_on.wait(60)
        return load(self, *arguments)

    monkeypatch.setattr(RedshiftTarget, "load", slowly)
    running = line.start("network", schema)
    running.wait_for(loading.is_set)
    line.source.cut()  # in the load: its snapshot is gone
    goes_on.set()
    running.wait_for(lambda: "tries again" in running.replication.statistics.message)
    line.source.mend()

    for wire in (line.source, line.target, line.source, line.target):
        running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")
        applied = running.replication.statistics.applied_changes
        running.wait_for(lambda applied=applied: running.replication.statistics.applied_changes > applied)  # type: ignore[misc]
        line.cut(wire)
    writing.set()
    line.caught_up(source)

    assert differences(source, warehouse, [f"{schema}.k", f"{schema}.bag"]) == {}


def test_a_load_that_was_cut_off_has_ended_before_it_is_begun_again(
    line: Line, source: Any, warehouse: psycopg.Connection[Any], writing: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema, story = schema_of(source), list[str]()
    run, begin, forget = FullLoad.run, Reloads.begin, Reloads.forget

    def slowly(self: FullLoad, *arguments: Any, **named: Any) -> Any:
        """The first load of the table again goes on until it is told to end."""
        if named.get("anew") and "ended" not in story:
            story.append("loading")
            assert self.stopping.wait(60)
            story.append("ended")
        return run(self, *arguments, **named)

    def begun(self: Reloads, name: tuple[str, str], *arguments: Any) -> Checkpoint:
        """The connection is lost at first."""
        story.append("begun")
        if len(story) == 1:
            raise SourceLostError("The source does not answer. The task tries again.")
        return begin(self, name, *arguments)

    def done(self: Reloads, name: tuple[str, str]) -> None:
        forget(self, name)
        story.append("done")

    monkeypatch.setattr(FullLoad, "run", slowly)
    monkeypatch.setattr(Reloads, "begin", begun)
    monkeypatch.setattr(Reloads, "forget", done)
    running = line.start("cut-off", schema)
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")
    warehouse.execute(f"DELETE FROM {schema}.bag")
    running.replication.reloads.put(ReloadRequest(schema, "bag"))
    running.wait_for(lambda: "loading" in story)
    line.cut(line.target)
    running.wait_for(lambda: "done" in story)
    writing.set()
    line.caught_up(source)

    assert story == ["begun", "begun", "loading", "ended", "begun", "done"]
    assert differences(source, warehouse, [f"{schema}.k", f"{schema}.bag"]) == {}
    target = line.open_target("cut-off")
    assert not Checkpoint.parse(target.checkpoint() or "").reloading
    target.close()
