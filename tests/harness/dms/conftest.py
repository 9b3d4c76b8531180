"""A source, a warehouse and an endpoint of this test session, and tasks between them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for dms_lab: importlib mode puts no test folder on the path

from dms_lab import BUCKET, Running, client, database

from localaws.dms.binlog.events import Position
from localaws.dms.bounds import Until
from localaws.dms.replication import Replication, Task
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.connection import MySqlAddress, open_source
from localaws.dms.target.redshift import RedshiftAddress, RedshiftTarget
from localaws.dms.target.staging import Staging
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.postgres import PostgresEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home of dms"))


@pytest.fixture(scope="session")
def mysql(home: Home) -> Iterator[MariaDBEngine]:
    engine = MariaDBEngine(home)
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


@pytest.fixture(scope="session")
def redshift(home: Home) -> Iterator[RedshiftEngine]:
    postgres, engine = PostgresEngine(home), RedshiftEngine(home)
    try:
        postgres.start()
        engine.start()
        yield engine
    finally:
        engine.stop()
        postgres.stop()
        postgres.remove_outside()


@pytest.fixture(scope="session")
def endpoint(home: Home, redshift: RedshiftEngine) -> Iterator[EndpointEngine]:
    engine = EndpointEngine(home)
    try:
        engine.start()
        client(engine, "s3").create_bucket(Bucket=BUCKET)
        yield engine
    finally:
        engine.stop()


@pytest.fixture(scope="session")
def address(mysql: MariaDBEngine) -> MySqlAddress:
    values = mysql.connection_arguments()
    return MySqlAddress(values["host"], values["port"], values["user"], values["password"])


@pytest.fixture
def source(address: MySqlAddress, request: pytest.FixtureRequest) -> Iterator[pymysql.connections.Connection[Any]]:
    """A connection with a database of the test's own, named `database(...)`."""
    connection = open_source(address)
    name = database(connection, request.node.name)
    yield connection
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")
    connection.close()


@pytest.fixture
def warehouse(redshift: RedshiftEngine) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def start(address: MySqlAddress, redshift: RedshiftEngine, endpoint: EndpointEngine) -> Iterator[Callable[..., Running]]:
    """Starts a task from the source to Redshift; stopped at the end of the test."""
    started: list[Running] = []
    values, s3 = redshift.connection(), client(endpoint, "s3")
    target = RedshiftAddress(values["host"], values["port"], values["dbname"], values["user"], values["password"])

    def begin(
        name: str,
        rules: str,
        start_type: str = "start-replication",
        migration: str = "full-load-and-cdc",
        first: Position | int | None = None,
        until: Until | None = None,
        **settings: Any,
    ) -> Running:
        task_settings = TaskSettings.parse(json.dumps({"FullLoadSettings": {"MaxFullLoadSubTasks": 2}, **settings}))
        task = Task(name, migration, address, TableMappings.parse(rules), task_settings, 5000 + len(started), first)
        safe, schema = not task_settings.strict, task_settings.control_schema or "public"
        staging = Staging(s3, BUCKET, name)
        replication = Replication(task, lambda: RedshiftTarget(target, staging, name, safe=safe, control_schema=schema))
        running = Running(replication, start_type, until)
        started.append(running)
        return running

    yield begin
    for running in started:
        running.replication.stopping.set()
        running._thread.join(30)
