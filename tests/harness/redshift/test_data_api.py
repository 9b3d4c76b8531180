"""The Data API of the local endpoint passes the warehouse suite."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest

from conformance.warehouse import WarehouseSuite, ended, finished
from localaws.engines.endpoint import EndpointEngine

TARGET = {"WorkgroupName": "wholesale", "Database": "warehouse"}


class TestLocalRedshift(WarehouseSuite):
    @pytest.fixture
    def target(self) -> dict[str, str]:
        return TARGET


def test_statements_are_on_the_endpoints_page(client: Any, endpoint: EndpointEngine) -> None:
    def page(path: str) -> str:
        with urllib.request.urlopen(f"{endpoint.endpoint}/_etl/queries{path}") as answer:
            return str(answer.read().decode())

    good = finished(client, TARGET, "SELECT 41 + 1 AS answer, NULL AS nothing")["Id"]
    bad = ended(client, TARGET, "SELECT * FROM no_such_table_here")["Id"]
    batch = finished(client, TARGET, "SELECT 'first'", "SELECT 'second'")["Id"]

    assert f'href="/_etl/queries/redshift/{good}"' in page("")
    shown = page(f"/redshift/{good}")
    assert ">answer</th>" in shown
    assert ">42</td>" in shown
    assert "no_such_table_here&#34; does not exist" in page(f"/redshift/{bad}")
    assert "SELECT &#39;second&#39;" in page(f"/redshift/{batch}")
