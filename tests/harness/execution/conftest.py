"""One endpoint for what services do when they are asked, and waiting for what they do in the background."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import waiting

sys.path.insert(0, str(Path(__file__).parents[1] / "endpoint"))  # for endpoint_process: importlib mode puts no test folder on the path

from endpoint_process import EndpointProcess


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EndpointProcess]:
    process = EndpointProcess(tmp_path_factory.mktemp("execution") / "a home").start()
    yield process
    process.stop()


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    """`wait_until(check)` gives the first true answer of `check`."""
    return waiting.wait_until
