from __future__ import annotations

from collections.abc import Iterator

import pytest

from sql.local_warehouse import LocalWarehouse, local_warehouse


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWarehouse]:
    with local_warehouse(tmp_path_factory.mktemp("warehouse")) as found:
        yield found
