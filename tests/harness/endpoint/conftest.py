"""An endpoint for a module's tests, in a folder with a space in its name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for endpoint_process: importlib mode puts no test folder on the path

from endpoint_process import EndpointProcess


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EndpointProcess]:
    process = EndpointProcess(tmp_path_factory.mktemp("endpoint") / "a home").start()
    yield process
    process.stop()


@pytest.fixture
def own_endpoint(tmp_path: Path) -> Iterator[EndpointProcess]:
    """One that the test may kill and start again."""
    process = EndpointProcess(tmp_path / "home").start()
    yield process
    process.stop()
