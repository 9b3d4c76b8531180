"""Full load and changes from a real source to the local Redshift: after each step both hold the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from dms_lab import Running, differences, execute, mappings, rows_of, schema_of

from localaws.dms.checkpoint import Checkpoint
from localaws.dms.source.snapshot import current_position

Start = Callable[..., Running]


def caught_up(running: Running, source: Any) -> None:
    """Until everything that the source has now is applied."""
    end = current_position(source)
    done = running.replication.statistics
    running.wait_for(lambda: _position(done.position) >= end.order)


def _position(text: str) -> tuple[int, int]:
    file, _, offset = text.rpartition(":")
    return (int(file.rpartition(".")[2]), int(offset)) if file else (0, 0)


def loaded(running: Running) -> None:
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")


def test_a_source_is_loaded_and_kept_in_sync_through_changes_ddl_and_a_restart(
    source: Any, warehouse: psycopg.Connection[Any], start: Start
) -> None:
    schema = schema_of(source)
    execute(
        source,
        "CREATE TABLE k (id INT PRIMARY KEY, name VARCHAR(20), n DECIMAL(10,2), at DATETIME(3))",
        "CREATE TABLE bag (x INT, y VARCHAR(10))",
        "CREATE TABLE two (p INT, q VARCHAR(10) NOT NULL, v INT UNSIGNED, PRIMARY KEY (p, q))",
        "INSERT INTO k SELECT seq, CONCAT('n', seq), seq / 4, '2024-01-02 03:04:05.678' FROM seq_1_to_1000",
        "INSERT INTO bag VALUES (1, 'a'), (1, 'a'), (1, 'a'), (2, NULL), (2, NULL)",
        "INSERT INTO two VALUES (1, 'a', 7), (1, 'b', 2)",
    )
    tables = [f"{schema}.{name}" for name in ("k", "bag", "two")]
    running = start("story", mappings(schema))
    loaded(running)
    assert differences(source, warehouse, tables) == {}

    # Changes of every kind, several of one row, keys that move, rows without a key.
    execute(
        source,
        "INSERT INTO k VALUES (5000, 'x', 1, NULL)",
        "UPDATE k SET name = 'y' WHERE id < 10",
        "DELETE FROM k WHERE id BETWEEN 20 AND 29",
        "UPDATE k SET id = 9000 WHERE id = 30",
        "UPDATE k SET id = 30 WHERE id = 31",
        "DELETE FROM bag WHERE x = 1 LIMIT 2",
        "INSERT INTO bag VALUES (3, 'c'), (3, 'c')",
        "UPDATE bag SET y = 'z' WHERE x = 2 LIMIT 1",
        "UPDATE two SET q = 'c' WHERE q = 'a'",
    )
    caught_up(running, source)
    assert differences(source, warehouse, tables) == {}

    # Columns come, are renamed, change type and go; a table comes; rows in between have what they had then.
    execute(
        source,
        "ALTER TABLE two ADD COLUMN w VARCHAR(5)",
        "INSERT INTO two VALUES (2, 'n', 7, 'w')",
        "ALTER TABLE two RENAME COLUMN w TO ww",
        "INSERT INTO two VALUES (3, 'n', 7, 'w')",
        "ALTER TABLE two MODIFY ww VARCHAR(50)",
        "INSERT INTO two VALUES (4, 'n', 7, 'a longer text than five')",
        "ALTER TABLE k DROP COLUMN at",
        "INSERT INTO k VALUES (6000, 'after', 6)",
        "CREATE TABLE fresh (id INT PRIMARY KEY)",
        "INSERT INTO fresh VALUES (1), (2)",
        "TRUNCATE bag",
        "INSERT INTO bag VALUES (9, 'only')",
    )
    caught_up(running, source)
    tables.append(f"{schema}.fresh")
    assert differences(source, warehouse, tables) == {}

    # Stopped, changed meanwhile, resumed.
    running.stop()
    execute(source, "DELETE FROM k WHERE id > 900", "INSERT INTO bag VALUES (9, 'only')", "UPDATE fresh SET id = id + 10")
    running = start("story", mappings(schema), start_type="resume-processing")
    caught_up(running, source)
    assert differences(source, warehouse, tables) == {}
    assert rows_of(warehouse, "SELECT * FROM public.awsdms_apply_exceptions WHERE task_name = 'story'") == []

    # The counts are those of the statements since it was resumed.
    counts = running.replication.statistics.table(schema, "k")
    assert (counts.deletes, counts.applied_deletes) == (103, 103)


def test_ddl_of_the_time_when_the_task_was_stopped_is_followed(source: Any, warehouse: psycopg.Connection[Any], start: Start) -> None:
    schema = schema_of(source)
    names = ("added", "renamed", "gone", "went", "stays")
    execute(source, *(f"CREATE TABLE {name} (id INT PRIMARY KEY, v INT)" for name in names))
    execute(source, *(f"INSERT INTO {name} VALUES (1, 1)" for name in names))
    running = start("stopped", mappings(schema))
    loaded(running)
    execute(source, "INSERT INTO stays VALUES (2, 2)", "DROP TABLE stays, went", "INSERT INTO added VALUES (3, 3)")
    caught_up(running, source)
    there = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s"
    assert sorted(name for (name,) in warehouse.execute(there, (schema,))) == ["added", "gone", "renamed"]
    running.stop()

    execute(
        source,
        "ALTER TABLE added ADD COLUMN n INT",
        "INSERT INTO added VALUES (2, 2, 2)",
        "ALTER TABLE renamed CHANGE v w INT",
        "DROP TABLE gone",
        "INSERT INTO renamed VALUES (2, 2)",
    )
    running = start("stopped", mappings(schema), start_type="resume-processing")
    caught_up(running, source)

    assert differences(source, warehouse, [f"{schema}.added", f"{schema}.renamed"]) == {}
    assert sorted(name for (name,) in warehouse.execute(there, (schema,))) == ["added", "renamed"]


def test_a_load_that_was_interrupted_goes_on_with_the_chunks_that_are_left(
    source: Any, warehouse: psycopg.Connection[Any], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = schema_of(source)
    execute(
        source,
        "CREATE TABLE k (id INT PRIMARY KEY, v INT)",
        "CREATE TABLE bag (x INT)",
        "INSERT INTO k SELECT seq, 0 FROM seq_1_to_4000",
        "INSERT INTO bag SELECT seq % 10 FROM seq_1_to_100",
        "ANALYZE TABLE k",
    )
    monkeypatch.setattr("localaws.dms.full_load.CHUNK_ROWS", 1000)
    running = start("halves", mappings(schema))
    loaded(running)
    running.stop()
    # As if it had been killed after two chunks, and the source had changed before it came back.
    checkpoint = Checkpoint.parse(rows_of(warehouse, "SELECT checkpoint FROM public.awsdms_txn_state WHERE task_name = 'halves'")[0][0])
    warehouse.execute("DELETE FROM public.awsdms_load_state WHERE task_name = 'halves' AND table_name = 'k' AND chunk_from > 2000")
    assert rows_of(warehouse, "SELECT COUNT(*) FROM public.awsdms_load_state WHERE task_name = 'halves' AND table_name = 'k'") == [(2,)]
    warehouse.execute(f"DELETE FROM {schema}.k WHERE id > 2000")  # chunks begin at 1001, 2001 and 3001
    warehouse.execute("DELETE FROM public.awsdms_txn_state WHERE task_name = 'halves'")
    text = Checkpoint(checkpoint.position, checkpoint.settled).text()
    warehouse.execute(f"INSERT INTO public.awsdms_txn_state VALUES ('halves', 1, '{text}', GETDATE())")
    execute(
        source,
        "UPDATE k SET v = 1 WHERE id IN (10, 3000)",
        "DELETE FROM k WHERE id IN (20, 3001)",
        "UPDATE k SET id = 5000 WHERE id = 30",
        "INSERT INTO k VALUES (20, 2)",
        "DELETE FROM bag WHERE x = 3 LIMIT 4",
    )

    running = start("halves", mappings(schema), start_type="resume-processing")
    loaded(running)
    caught_up(running, source)

    assert differences(source, warehouse, [f"{schema}.k", f"{schema}.bag"]) == {}
    assert running.replication.statistics.table(schema, "k").full_load_rows == 2000 + 2000  # those that were there, and those that are left


def test_what_does_not_fit_is_kept_with_its_reason_while_the_rest_goes_on(
    source: Any, warehouse: psycopg.Connection[Any], start: Start
) -> None:
    """An INT UNSIGNED becomes an INT4 in DMS: in strict mode the engine makes the same table, and tells each row that is lost there."""
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, v INT UNSIGNED)", "INSERT INTO k VALUES (1, 7), (2, 4000000000)")
    running = start("strict", mappings(schema))
    loaded(running)
    execute(source, "INSERT INTO k VALUES (3, 3000000000), (4, 8)", "UPDATE k SET v = 4000000000 WHERE id = 1")
    caught_up(running, source)

    assert rows_of(warehouse, f"SELECT id, v FROM {schema}.k") == [(1, 7), (4, 8)]
    told = rows_of(warehouse, "SELECT statement, error FROM public.awsdms_apply_exceptions WHERE task_name = 'strict'")
    assert [statement for statement, _ in told] == ["INSERT {'id': 2}", "UPSERT {'id': 1}", "UPSERT {'id': 3}"]
    assert {reason for _, reason in told} == {"v: value out of range of INTEGER"}
    running.stop()

    running = start("safe", mappings(schema), LocalEngine={"Mode": "safe"})
    loaded(running)
    assert rows_of(warehouse, f"SELECT id, v FROM {schema}.k") == [(1, 4000000000), (2, 4000000000), (3, 3000000000), (4, 8)]


def test_every_row_that_does_not_fit_is_kept_however_many_there_are(source: Any, warehouse: psycopg.Connection[Any], start: Start) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, v INT UNSIGNED)", "INSERT INTO k SELECT seq, 3000000000 FROM seq_1_to_1100")
    running = start("many", mappings(schema))
    loaded(running)
    execute(source, "INSERT INTO k SELECT seq, IF(seq % 2, 3000000000, 1) FROM seq_2001_to_4400")
    caught_up(running, source)

    told = rows_of(warehouse, "SELECT statement FROM public.awsdms_apply_exceptions WHERE task_name = 'many'")
    lost = [*(f"INSERT {{'id': {id}}}" for id in range(1, 1101)), *(f"UPSERT {{'id': {id}}}" for id in range(2001, 4401, 2))]
    assert sorted(statement for (statement,) in told) == sorted(lost)
    assert rows_of(warehouse, f"SELECT COUNT(*) FROM {schema}.k") == [(1200,)]


def test_a_table_that_cannot_be_replicated_is_left_out_and_told(source: Any, warehouse: psycopg.Connection[Any], start: Start) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE good (id INT PRIMARY KEY)", "CREATE TABLE odd (id INT PRIMARY KEY, u UUID)")
    execute(source, "INSERT INTO good VALUES (1)")
    running = start("odd", mappings(schema))
    loaded(running)
    execute(source, "INSERT INTO odd VALUES (1, UUID())", "INSERT INTO good VALUES (2)")
    caught_up(running, source)

    assert rows_of(warehouse, f"SELECT id FROM {schema}.good") == [(1,), (2,)]
    odd = running.replication.statistics.table(schema, "odd")
    assert odd.table_state == "Table error"
    assert "is of type uuid" in odd.message

    # A process that follows leaves it out too.
    running.stop()
    running = start("odd", mappings(schema), start_type="resume-processing")
    loaded(running)
    assert running.replication.statistics.table(schema, "odd").table_state == "Table error"
    assert running.replication.statistics.table(schema, "good").table_state == "Table completed"


def test_latency_is_zero_when_there_is_nothing_to_do(source: Any, start: Start) -> None:
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)")
    running = start("idle", mappings(schema_of(source)))
    loaded(running)
    execute(source, "INSERT INTO k VALUES (1)")
    caught_up(running, source)
    time.sleep(1)

    assert running.replication.statistics.source_latency == 0
    assert running.replication.statistics.target_latency == 0


def test_a_table_that_gets_another_key_is_followed_by_it(source: Any, warehouse: psycopg.Connection[Any], start: Start) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT NOT NULL PRIMARY KEY, code INT NOT NULL)", "INSERT INTO k VALUES (1, 10), (2, 20), (3, 30)")
    running = start("rekeyed", mappings(schema))
    loaded(running)

    execute(source, "UPDATE k SET code = 11 WHERE id = 1", "ALTER TABLE k DROP PRIMARY KEY, ADD PRIMARY KEY (code)")
    execute(source, "UPDATE k SET id = 7", "DELETE FROM k WHERE code = 20", "INSERT INTO k VALUES (7, 40)")
    caught_up(running, source)

    assert differences(source, warehouse, [f"{schema}.k"]) == {}
    assert running.replication.suspended == {}
    running.stop()
