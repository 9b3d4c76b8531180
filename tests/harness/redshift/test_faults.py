"""What is true after something was killed: the endpoint, PostgreSQL, both."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conformance.warehouse import finished, until
from harness.redshift.conftest import data_api
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.postgres import PostgresEngine
from localaws.home import Home
from localaws.redshiftdata.runner import Runner
from localaws.redshiftdata.statements import Statement, SubStatement, Target

TARGET = {"WorkgroupName": "wholesale", "Database": "warehouse"}


@pytest.fixture(scope="module")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def engines(own_home: Path) -> Iterator[tuple[PostgresEngine, EndpointEngine]]:
    postgres, endpoint = PostgresEngine(Home(own_home)), EndpointEngine(Home(own_home))
    try:
        postgres.start()
        endpoint.start()
        yield postgres, endpoint
    finally:
        endpoint.stop()
        postgres.stop()
        postgres.remove_outside()


@pytest.fixture
def client(engines: tuple[PostgresEngine, EndpointEngine]) -> Any:
    for engine in engines:
        engine.start()
    return data_api(engines[1].endpoint)


@pytest.fixture
def table(client: Any) -> str:
    name = f"t_{uuid.uuid4().hex[:10]}"
    finished(client, TARGET, f"CREATE TABLE {name} (a int)")
    return name


def kill(engine: EndpointEngine | PostgresEngine) -> None:
    pid = engine.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    while True:
        try:
            os.kill(pid, 0)
            time.sleep(0.02)
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if state == "Z":
                return
        except (ProcessLookupError, FileNotFoundError):
            return


def count(postgres: PostgresEngine, table: str) -> int:
    with psycopg.connect(**postgres.conninfo()) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_a_batch_that_ran_when_the_endpoint_was_killed_is_failed_and_left_nothing(
    engines: tuple[PostgresEngine, EndpointEngine], client: Any, table: str
) -> None:
    postgres, endpoint = engines
    token = uuid.uuid4().hex
    sqls = [f"LOCK {table}", f"INSERT INTO {table} VALUES (1)", "SELECT pg_sleep(120)"]
    running = client.batch_execute_statement(Sqls=sqls, ClientToken=token, **TARGET)["Id"]
    until(client, running, "STARTED")
    time.sleep(0.3)
    kill(endpoint)
    endpoint.start()
    client = data_api(endpoint.endpoint)

    about = client.describe_statement(Id=running)

    assert about["Status"] == "FAILED"
    assert "rolled back" in about["Error"]
    assert count(postgres, table) == 0  # and the lock of the orphaned connection is gone, or this would wait
    assert client.batch_execute_statement(Sqls=sqls, ClientToken=token, **TARGET)["Id"] == running
    finished(client, TARGET, f"LOCK {table}", f"INSERT INTO {table} VALUES (2)")


def test_results_and_states_outlive_the_endpoint(engines: tuple[PostgresEngine, EndpointEngine], client: Any) -> None:
    done = finished(client, TARGET, "SELECT 42 AS answer")
    kill(engines[1])
    engines[1].start()
    client = data_api(engines[1].endpoint)
    assert client.describe_statement(Id=done["Id"])["Status"] == "FINISHED"
    assert client.get_statement_result(Id=done["Id"])["Records"] == [[{"longValue": 42}]]


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "rolled_back"])
def test_a_statement_cut_off_at_its_commit_reads_what_postgresql_says(
    engines: tuple[PostgresEngine, EndpointEngine], client: Any, table: str, own_home: Path, committed: bool
) -> None:
    """The state on disk of an endpoint that died between sending COMMIT and reading its answer."""
    with psycopg.connect(**engines[0].conninfo()) as connection:
        connection.execute(f"INSERT INTO {table} VALUES (1)")
        transaction = connection.execute("SELECT pg_current_xact_id()::text").fetchone()[0]
        if not committed:
            connection.rollback()
    cut_off = Statement(
        id=str(uuid.uuid4()),
        target=Target(database="warehouse"),
        subs=[SubStatement("INSERT …", status="FINISHED", rows=1)],
        status="STARTED",
        transaction=transaction,
        committing=True,
    )
    Runner(own_home).store.add(cut_off)

    found = Runner(own_home)
    statement = found.settle(found.store.get(cut_off.id))

    assert statement.status == ("FINISHED" if committed else "FAILED")
    assert count(engines[0], table) == (1 if committed else 0)


def test_a_killed_postgresql_fails_what_ran_and_keeps_what_was_committed(
    engines: tuple[PostgresEngine, EndpointEngine], client: Any, table: str
) -> None:
    postgres = engines[0]
    finished(client, TARGET, f"INSERT INTO {table} VALUES (1)")
    running = client.batch_execute_statement(Sqls=[f"INSERT INTO {table} VALUES (2)", "SELECT pg_sleep(120)"], **TARGET)["Id"]
    until(client, running, "STARTED")
    time.sleep(0.3)
    kill(postgres)

    about = until(client, running)

    assert about["Status"] == "FAILED"
    assert "connection to the warehouse was lost" in about["Error"]
    refused = client.execute_statement(Sql="SELECT 1", **TARGET)["Id"]
    assert until(client, refused)["Status"] == "FAILED"
    postgres.start()
    assert count(postgres, table) == 1
    finished(client, TARGET, f"INSERT INTO {table} VALUES (3)")
