"""A PostgreSQL of this test session, the local Redshift on it, and an endpoint in front."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from localaws.engines.endpoint import EndpointEngine
from localaws.engines.postgres import PostgresEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home
from localaws.redshift.session import Session


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home of redshift")


@pytest.fixture(scope="session")
def postgres(home: Path) -> Iterator[PostgresEngine]:
    engine = PostgresEngine(Home(home))
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()
        engine.remove_outside()


@pytest.fixture(scope="session")
def redshift(home: Path, postgres: PostgresEngine) -> Iterator[RedshiftEngine]:
    engine = RedshiftEngine(Home(home))
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


@pytest.fixture(scope="session")
def endpoint(home: Path, postgres: PostgresEngine) -> Iterator[EndpointEngine]:
    engine = EndpointEngine(Home(home))
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


@pytest.fixture
def storage(home: Path) -> Path:
    """The folder of buckets, with one bucket in it."""
    (home / "s3" / "lake").mkdir(parents=True, exist_ok=True)
    return home / "s3"


@pytest.fixture
def session(postgres: PostgresEngine, storage: Path) -> Iterator[Session]:
    """A session in a transaction that is rolled back."""
    session = Session(postgres.conninfo(), storage)
    session.begin()
    yield session
    session.close()


def data_api(url: str) -> Any:
    return aws(url, "redshift-data")


def aws(url: str, service: str, region: str = "eu-central-1") -> Any:
    """A client of the endpoint."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def client(endpoint: EndpointEngine) -> Any:
    return data_api(endpoint.endpoint)
