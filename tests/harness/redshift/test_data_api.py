"""The Data API of the local endpoint passes the warehouse suite."""

from __future__ import annotations

import pytest

from conformance.warehouse import WarehouseSuite


class TestLocalRedshift(WarehouseSuite):
    @pytest.fixture
    def target(self) -> dict[str, str]:
        return {"WorkgroupName": "wholesale", "Database": "warehouse"}
