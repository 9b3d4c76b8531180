"""One small warehouse for all tests of bad input that a process runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration.bad_input.small_warehouse import SmallWarehouse
from localaws.home import Home


@pytest.fixture(scope="package")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWarehouse]:
    """Its database holds one batch, `base`, which is ingested: what files and feeds are compared with."""
    with SmallWarehouse(Home(tmp_path_factory.mktemp("bad input"))).running() as small:
        small.deploy()
        small.make_database()
        small.succeed("ingest_rds", "base")
        yield small
