"""Where views read: clients of the endpoint, each made once, and the folders of the home for what no operation lists."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.bootstrap import client
from localaws.console.kept import Kept

__all__ = ["Page", "Query", "Sources", "attempt"]

_OF_EXECUTIONS = ("executionArn", "stateMachineArn", "stateMachineName", "name", "status", "startDate", "stopDate", "error")
Query = dict[str, str]


@dataclass(frozen=True)
class Page:
    """What a view answers: the template's name, the page's title, and the data of the template."""

    template: str
    title: str
    data: dict[str, Any] = field(default_factory=dict)


class Sources:
    """The endpoint as its own client."""

    def __init__(self, home: Path, endpoint_url: Callable[[], str]) -> None:
        self.home, self._endpoint_url = home, endpoint_url
        self.executions = Kept(home / "executions", _OF_EXECUTIONS)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def endpoint_url(self) -> str:
        """The endpoint's URL, known when it listens."""
        return self._endpoint_url()

    def client(self, service: str) -> Any:
        """A boto3 client of this endpoint."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = client(service, self.endpoint_url)
            return self._clients[service]

    def listed(self, service: str, operation: str, key: str, most: int = 1000, **parameters: Any) -> list[Any]:
        """The first `most` of what a paginated operation lists."""

        def each() -> Iterator[Any]:
            for page in self.client(service).get_paginator(operation).paginate(**parameters):
                yield from page.get(key, [])

        return list(islice(each(), most))


def attempt(read: Callable[[], list[Any]]) -> tuple[list[Any], str]:
    """What `read` gives, or nothing and the error's text, which the page shows in the place of the list."""
    try:
        return read(), ""
    except (ClientError, BotoCoreError) as error:
        return [], str(error)
