"""One MariaDB and one local Redshift for all tests of this folder, in a home of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymysql
import pytest

from harness.schema.engines_run import NASTY
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.postgres import PostgresEngine
from localaws.home import Home
from localaws.redshift.session import Session
from schema_conversion.convert import convert
from schema_conversion.loading import LoadReport, load_dump
from schema_conversion.reader import read_source
from schema_conversion.target import Conversion


@pytest.fixture(scope="session")
def conversion_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home of conversions"))


@pytest.fixture(scope="session")
def server(conversion_home: Home) -> Iterator[MariaDBEngine]:
    engine = MariaDBEngine(conversion_home)
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


@pytest.fixture(scope="session")
def redshift(conversion_home: Home) -> Iterator[Session]:
    engine = PostgresEngine(conversion_home)
    try:
        engine.start()
        session = Session(engine.conninfo(), conversion_home.s3)
        yield session
        session.close()
    finally:
        engine.stop()
        engine.remove_outside()


@pytest.fixture(scope="session")
def mysql(server: MariaDBEngine) -> Iterator[pymysql.Connection[Any]]:
    with pymysql.connect(**{**server.connection_arguments(), "autocommit": True}) as connection:
        yield connection


@pytest.fixture(scope="session")
def nasty_load(server: MariaDBEngine) -> LoadReport:
    """The nasty dump, loaded as `etl mysql load` does it."""
    with pymysql.connect(**server.connection_arguments()) as connection:
        return load_dump(NASTY, connection)


@pytest.fixture(scope="session")
def nasty(mysql: pymysql.Connection[Any], nasty_load: LoadReport) -> Conversion:
    assert nasty_load.statements
    return convert(read_source(mysql, ["Shop-1"], origin="the nasty dump"))
