"""One generated set of sources for all tests of the simulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from simulator import SimulatorConfig, generate

CONFIG = SimulatorConfig(scale=0.01)


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources at scale 0.01, three batches. Read only."""
    return generate(CONFIG, tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="session")
def rows(sources: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    """Runs SQL over the log: `{orders}` is every batch's delivered orders with a column `batch`, `{log}` the folder."""
    connection = duckdb.connect()

    class Tables(dict[str, str]):
        def __missing__(self, name: str) -> str:
            pattern = str(sources / "log" / "*" / "delivered" / f"{name}.parquet").replace("'", "''")
            files = f"read_parquet('{pattern}', filename = true)"
            return f"(select * exclude (filename), split_part(filename, '/', -3) batch from {files})"

    def run(sql: str) -> list[tuple[Any, ...]]:
        return connection.execute(sql.format_map(Tables(log=str(sources / "log")))).fetchall()

    return run
