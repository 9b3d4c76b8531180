"""The source, the target and the storage go away and come back, while the task goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pymysql
from dms_lab import Running, differences, execute, mappings, rows_of, schema_of

from localaws.dms.source.connection import MySqlAddress, open_source
from localaws.dms.source.snapshot import Position, current_position
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.redshift import RedshiftEngine

Start = Callable[..., Running]


def caught_up(running: Running, source: Any) -> None:
    end = current_position(source)
    running.wait_for(lambda: Position.parse(running.replication.statistics.position).order >= end.order)


def test_each_server_goes_away_in_turn_and_the_task_goes_on(
    address: MySqlAddress, mysql: MariaDBEngine, redshift: RedshiftEngine, endpoint: EndpointEngine, start: Start
) -> None:
    source = open_source(address)
    execute(source, "CREATE OR REPLACE DATABASE t_faults", "USE t_faults", "CREATE TABLE k (id INT PRIMARY KEY, v INT)")
    execute(source, "INSERT INTO k SELECT seq, 0 FROM seq_1_to_100")
    running = start("faults", mappings("t_faults"))
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")
    for number, engine in enumerate((mysql, redshift, endpoint)):
        source = _away(source, address, engine, number)
        caught_up(running, source)
        with psycopg.connect(**redshift.connection(), autocommit=True) as warehouse:
            assert differences(source, warehouse, ["t_faults.k"]) == {}
    assert "tries again" in running.replication.statistics.message
    execute(source, "DROP DATABASE t_faults")
    source.close()


def _away(source: Any, address: MySqlAddress, engine: Any, number: int) -> pymysql.connections.Connection[Any]:
    """Rows are changed before, while and after the engine is away."""
    execute(source, f"INSERT INTO k VALUES ({1000 + number}, 1)")
    if engine.name != "mysql":
        engine.stop()
        execute(source, f"UPDATE k SET v = v + 1 WHERE id <= {50 + number}")
        engine.start()
    else:
        engine.stop()
        engine.start()
        source = open_source(address, database="t_faults")
    execute(source, f"DELETE FROM k WHERE id = {60 + number}")
    return source


def test_a_transaction_that_is_larger_than_the_buffers_is_applied_as_one(source: Any, redshift: RedshiftEngine, start: Start) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, v VARCHAR(200))")
    running = start("large", mappings(schema), ChangeProcessingTuning={"MemoryLimitTotal": 1})  # most of it waits in files
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")
    source.begin()
    execute(source, "INSERT INTO k SELECT seq, REPEAT('x', 150) FROM seq_1_to_100000", "UPDATE k SET v = 'y' WHERE id % 2 = 0")
    execute(source, "UPDATE k SET id = id + 1000000 WHERE id % 1000 = 0")
    source.commit()

    with psycopg.connect(**redshift.connection(), autocommit=True) as warehouse:
        counts: set[int] = set()

        def complete() -> bool:
            counts.add(rows_of(warehouse, f"SELECT COUNT(*) FROM {schema}.k")[0][0])
            return 100000 in counts

        running.wait_for(complete)
        assert counts <= {0, 100000}  # never a part of it
        summed = "SELECT COUNT(*), SUM(id), SUM(LENGTH(v)) FROM"
        assert rows_of(source, f"{summed} k") == rows_of(warehouse, f"{summed} {schema}.k")
