"""The endpoint, the local Redshift, the sources' API and the warm driver pass the same suite as the databases."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from conformance.engines import EngineConformance
from localaws.engines.base import Engine
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.postgres import PostgresEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.engines.source_api import SourceApiEngine
from localaws.engines.spark import SparkEngine
from localaws.home import Home


class TestEndpoint(EngineConformance):
    def make(self, home: Home) -> EndpointEngine:
        return EndpointEngine(home)

    def remember(self, engine: EndpointEngine, text: str) -> None:
        client = _secrets(engine)
        if any(secret["Name"] == "memory" for secret in client.list_secrets()["SecretList"]):
            client.put_secret_value(SecretId="memory", SecretString=text)
        else:
            client.create_secret(Name="memory", SecretString=text)

    def recall(self, engine: EndpointEngine) -> str:
        return str(_secrets(engine).get_secret_value(SecretId="memory")["SecretString"])


class TestSourceApi(EngineConformance):
    keeps_data = False  # it reads the simulator's folder

    def make(self, home: Home) -> SourceApiEngine:
        return SourceApiEngine(home)


class TestSpark(EngineConformance):
    keeps_data = False

    def make(self, home: Home) -> Engine:
        EndpointEngine(home).start()  # its URL is among the driver's settings
        return SparkEngine(home)

    def end(self, home: Home) -> None:
        SparkEngine(home).stop()
        EndpointEngine(home).stop()


class TestRedshift(EngineConformance):
    keeps_data = False  # its data is PostgreSQL's

    def make(self, home: Home) -> Engine:
        PostgresEngine(home).start()
        return RedshiftEngine(home)

    def end(self, home: Home) -> None:
        RedshiftEngine(home).stop()
        PostgresEngine(home).stop()
        PostgresEngine(home).remove_outside()


def _secrets(engine: EndpointEngine) -> Any:
    return boto3.client(
        "secretsmanager",
        endpoint_url=engine.endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(proxies={}),
    )
