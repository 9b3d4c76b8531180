"""Transactions and values that are larger than a task may hold in memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dms_lab import BUCKET, execute, mappings, rows_of, schema_of

from localaws.dms.exceptions import SettingsError
from localaws.dms.process import Definition
from localaws.dms.source.connection import MySqlAddress
from localaws.dms.source.snapshot import Position, current_position
from localaws.dms.spilling import Waiting
from localaws.dms.statistics import Statistics
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.home import CHECKOUT
from waiting import wait_until


def test_changes_beyond_the_limit_wait_in_files_that_are_gone_with_the_process(tmp_path: Path) -> None:
    changes = [_changes(number) for number in range(4)]
    kept = Waiting(250, 3600, tmp_path)
    for item in changes:
        kept.add(item)

    assert [item.tables[0].rows.to_pylist() for item in kept.take()] == [item.tables[0].rows.to_pylist() for item in changes]
    assert list(tmp_path.iterdir()) == []
    assert kept.take() == []


@pytest.mark.parametrize(("limit", "seconds", "files"), [(10_000, 3600, 19), (1 << 30, 0, 0)])
def test_small_changes_have_no_file_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, seconds: int, files: int) -> None:
    made, make = [], tempfile.mkstemp
    monkeypatch.setattr(tempfile, "mkstemp", lambda **named: made.append(1) or make(**named))  # type: ignore[func-returns-value]
    kept = Waiting(limit, seconds, tmp_path)
    for number in range(2000):
        kept.add(_changes(number % 5))

    assert len(made) == files
    assert [item.tables[0].rows for item in kept.take()] == [_changes(number % 5).tables[0].rows for number in range(2000)]


def test_a_disk_without_a_place_for_a_transaction_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"MemoryLimitTotal.*nowhere"):
        Waiting(0, 3600, tmp_path / "nowhere").add(_changes(0))


def _changes(number: int) -> Any:
    import numpy as np
    import pyarrow as pa

    from localaws.dms.binlog.events import INSERT, Changes, RowChanges

    rows = pa.RecordBatch.from_pydict({"id": [number, number + 1], "name": ["ä", None], "data": [b"\x00", b"x" * number]})
    numbers = np.arange(2)
    table = RowChanges(None, np.full(2, INSERT, np.uint8), rows, pa.RecordBatch.from_pylist([]), numbers, numbers, numbers)  # type: ignore[arg-type]
    return Changes([table], 100)


class Process:
    """A task in a process of its own, whose memory is its own."""

    def __init__(self, folder: Path, definition: dict[str, Any]) -> None:
        self._folder, self.most = folder, 0
        folder.mkdir()
        path = f"{CHECKOUT / 'libs'}:{CHECKOUT / 'harness'}"
        with (folder / "task.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "localaws.dms.process", str(folder)],
                env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin"}, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(definition).encode())
        self._process.stdin.close()

    @property
    def statistics(self) -> Statistics:
        assert self._process.poll() is None, (self._folder / "task.log").read_text("utf-8")[-3000:]
        return Statistics.read(self._folder / "statistics.json")

    @property
    def memory(self) -> int:
        """MB that it holds, without what is mapped from files; `most` is the largest that was seen."""
        found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{self._process.pid}/status").read_text("utf-8"))
        assert found is not None
        self.most = max(self.most, int(found[1]) // 1024)
        return int(found[1]) // 1024

    def caught_up(self, source: Any) -> None:
        end = current_position(source).order
        wait_until(lambda: self.memory and Position.parse(self.statistics.position).order >= end, 1800)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(120)


@pytest.fixture
def begin(
    tmp_path: Path, source: Any, address: MySqlAddress, redshift: RedshiftEngine, endpoint: EndpointEngine
) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def start(engine: str, **settings: Any) -> Process:
        values, schema = redshift.connection(), schema_of(source)
        own = {"host": address.host, "port": address.port, "user": address.user, "password": address.password}
        target = {
            "mysql": {"engine": "mysql", **own, "script": ""},
            "redshift": {
                "engine": "redshift", "host": values["host"], "port": values["port"], "user": values["user"],
                "password": values["password"], "database": values["dbname"], "role": "default", "bucket": BUCKET, "folder": "large",
            },
        }[engine]  # fmt: skip
        rename = {
            "rule-type": "transformation", "rule-id": "9", "rule-name": "9", "rule-target": "schema", "rule-action": "rename",
            "object-locator": {"schema-name": schema}, "value": f"{schema}_there",
        }  # fmt: skip
        definition = Definition(
            f"large-{engine}", "full-load-and-cdc", "start-replication", own, target, mappings(schema, rename), json.dumps(settings),
            5990 + len(started), endpoint.endpoint,
        )  # fmt: skip
        started.append(Process(tmp_path / engine, vars(definition)))
        return started[-1]

    yield start
    for process in started:
        process.stop()
    execute(source, f"DROP DATABASE IF EXISTS {schema_of(source)}_there")


@pytest.mark.soak
@pytest.mark.parametrize("engine", ["mysql", "redshift"])
def test_a_transaction_of_a_million_rows_is_applied_in_bounded_memory(
    source: Any, warehouse: psycopg.Connection[Any], begin: Callable[..., Process], engine: str
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, a VARCHAR(400), b VARCHAR(400))")
    task = begin(engine, ChangeProcessingTuning={"MemoryLimitTotal": 32})
    wait_until(lambda: task.statistics.phase == "ongoing replication")
    before = task.memory
    source.begin()
    text = "REPEAT(MD5(seq), 12)"
    execute(source, f"INSERT INTO k SELECT seq, {text}, {text} FROM seq_1_to_1000000", "UPDATE k SET a = 'x' WHERE id % 10 = 0")
    source.commit()
    task.caught_up(source)

    summed = "SELECT COUNT(*), SUM(id), SUM(LENGTH(a)), SUM(LENGTH(b)), MIN(a), MAX(b) FROM"
    there = source if engine == "mysql" else warehouse
    assert rows_of(there, f"{summed} {schema}_there.k") == rows_of(source, f"{summed} k")
    print(f"{engine}: {before} MB before, {task.most} MB at most")
    # Its rows have 850 MB; a piece of it is there in the forms that it takes on its way to the target.
    assert task.most - before < 700


@pytest.mark.soak
def test_a_value_of_fifty_megabytes_arrives(source: Any, begin: Callable[..., Process]) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT)")
    task = begin("mysql", LocalEngine={"Mode": "safe"}, TargetMetadata={"LobMaxSize": 102400})
    wait_until(lambda: task.statistics.phase == "ongoing replication")
    execute(source, "INSERT INTO k VALUES (1, REPEAT(X'00FF', 26214400), REPEAT('ä', 26214400))")
    execute(source, "INSERT INTO k VALUES (2, X'01', 'small')")
    task.caught_up(source)

    summed = "SELECT id, LENGTH(b), MD5(b), LENGTH(t), MD5(t) FROM"
    assert rows_of(source, f"{summed} {schema}_there.k") == rows_of(source, f"{summed} k")
