"""Real engines for the library's input and output: the endpoint, and PostgreSQL behind its Data API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from localaws.bootstrap import apply
from localaws.engines.stack import Stack
from localaws.home import Home


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = Home(tmp_path_factory.mktemp("home"))
    stack = Stack(home)
    try:
        stack.start(["postgres", "endpoint"])
        url = stack.engines["endpoint"].endpoint
        apply(url, secrets={})
        yield url
    finally:
        stack.stop()
        stack.engines["postgres"].remove_outside()  # type: ignore[attr-defined]


class Clients:
    """boto3 on the endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = boto3.session.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name="us-east-1")

    def __call__(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.url)

    @property
    def state(self) -> Any:
        return self.session.resource("dynamodb", endpoint_url=self.url).Table("etl-state")


@pytest.fixture(scope="module")
def aws(endpoint: str) -> Clients:
    return Clients(endpoint)
