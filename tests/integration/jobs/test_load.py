"""Loads through the real Data API: whole or not at all, once, also when a run is killed around its commit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
from pyarrow import parquet

from etl_common.exceptions import WarehouseError
from etl_common.redshift import RedshiftDataApi, Target, load_batch, migrate
from etl_common.redshift.load import Attempts, LoadTable, StagedTable, client_token, load_statements
from etl_common.redshift.migrate import SqlFile

TABLE = LoadTable("fact_x", ("id", "value"), ("id",))
DDL = [
    SqlFile("10_schemas/s.sql", "CREATE SCHEMA IF NOT EXISTS warehouse; CREATE SCHEMA IF NOT EXISTS staging;"),
    SqlFile(
        "20_tables/t.sql",
        """CREATE TABLE IF NOT EXISTS warehouse.fact_x (id BIGINT NOT NULL, value VARCHAR(20)) DISTSTYLE EVEN;
        CREATE TABLE IF NOT EXISTS staging.fact_x (id BIGINT NOT NULL, value VARCHAR(20)) DISTSTYLE EVEN;
        CREATE TABLE IF NOT EXISTS ops.load_ledger (batch_id VARCHAR(64) NOT NULL, business_date DATE NOT NULL,
          client_token VARCHAR(64) NOT NULL, loaded_at TIMESTAMP NOT NULL DEFAULT GETDATE(), loaded_rows BIGINT NOT NULL);""",
    ),
]


@pytest.fixture
def api(aws: Any) -> Iterator[RedshiftDataApi]:
    api = RedshiftDataApi(aws("redshift-data"), Target("warehouse", workgroup="wholesale"), timeout=60)
    migrate(api, DDL)
    yield api
    for table in ("warehouse.fact_x", "staging.fact_x", "ops.load_ledger"):
        api.execute(f"DELETE FROM {table}")


class Loads:
    def __init__(self, aws: Any, api: RedshiftDataApi) -> None:
        self.s3, self.api = aws("s3"), api

    def stage(self, *rows: tuple[int, str], append: bool = False) -> StagedTable:
        prefix = f"test/{uuid4().hex}/"
        sink = io.BytesIO()
        schema = pa.schema([("id", pa.int64()), ("value", pa.string())])
        parquet.write_table(pa.table({"id": [r[0] for r in rows], "value": [r[1] for r in rows]}, schema), sink)
        self.s3.put_object(Bucket="wholesale-staging", Key=f"{prefix}part-0.parquet", Body=sink.getvalue())
        return StagedTable(TABLE, f"s3://wholesale-staging/{prefix}", len(rows), append)

    def attempts(self, batch_id: str) -> Attempts:
        return Attempts(self.s3, "wholesale-staging", batch_id)

    def load(self, batch_id: str, staged: StagedTable) -> bool:
        return load_batch(self.api, self.attempts(batch_id), [staged], date(1998, 6, 15), iam_role="default")

    def rows(self) -> list[tuple[int, str]]:
        return [(row["id"], row["value"]) for row in self.api.query("SELECT id, value FROM warehouse.fact_x ORDER BY id")]

    def ledger(self) -> list[tuple[str, int]]:
        return [(r["batch_id"], r["loaded_rows"]) for r in self.api.query("SELECT batch_id, loaded_rows FROM ops.load_ledger ORDER BY 1")]


@pytest.fixture
def loads(aws: Any, api: RedshiftDataApi) -> Loads:
    return Loads(aws, api)


@pytest.fixture
def batch_id() -> str:
    return f"1998-06-15-{uuid4().hex[:8]}"


def test_the_story_of_two_batches(loads: Loads, batch_id: str) -> None:
    assert loads.load(batch_id, loads.stage((1, "a"), (2, "b"), append=True))
    assert loads.rows() == [(1, "a"), (2, "b")]

    assert loads.load(f"{batch_id}-b", loads.stage((2, "B"), (3, "c")))
    assert loads.rows() == [(1, "a"), (2, "B"), (3, "c")]
    assert loads.ledger() == [(batch_id, 2), (f"{batch_id}-b", 2)]


def test_a_loaded_batch_is_not_loaded_again(loads: Loads, batch_id: str) -> None:
    loads.load(batch_id, loads.stage((1, "a")))

    assert not loads.load(batch_id, loads.stage((1, "other")))
    assert loads.rows() == [(1, "a")]


def test_a_failed_load_names_the_statement_and_leaves_nothing(loads: Loads, batch_id: str) -> None:
    loads.load(batch_id, loads.stage((1, "a")))

    with pytest.raises(WarehouseError, match=r"FAILED: .* in: COPY staging.fact_x .* rolled back"):
        loads.load(f"{batch_id}-b", loads.stage((1, "far too long for the column")))
    assert loads.rows() == [(1, "a")]
    assert loads.ledger() == [(batch_id, 1)]


def test_after_a_failure_the_next_attempt_loads(loads: Loads, batch_id: str) -> None:
    with pytest.raises(WarehouseError):
        loads.load(batch_id, loads.stage((1, "far too long for the column")))

    assert loads.load(batch_id, loads.stage((1, "fits")))
    assert loads.attempts(batch_id).last()["number"] == 2  # type: ignore[index]


@pytest.mark.parametrize("submitted", [pytest.param(False, id="before_it_submitted"), pytest.param(True, id="after_it_submitted")])
def test_a_run_killed_around_the_submission_loads_once(loads: Loads, batch_id: str, submitted: bool) -> None:
    staged = loads.stage((1, "a"))
    token = client_token(batch_id, 1, [staged])
    statements = load_statements(batch_id, date(1998, 6, 15), token, [staged], iam_role="default")
    noted = loads.attempts(batch_id).note(1, token, statements)
    if submitted:
        loads.api.submit(noted["statements"], f"load {batch_id}", noted["token"])

    loads.load(batch_id, staged)

    assert loads.rows() == [(1, "a")]
    assert loads.ledger() == [(batch_id, 1)]


def test_two_loads_of_one_batch_at_once_load_it_once(loads: Loads, batch_id: str) -> None:
    staged = loads.stage((1, "a"), (2, "b"))

    with ThreadPoolExecutor(2) as pool:
        outcomes = [future.exception() for future in [pool.submit(loads.load, batch_id, staged) for _ in range(2)]]

    assert all(outcome is None or isinstance(outcome, WarehouseError) for outcome in outcomes)
    assert outcomes.count(None) >= 1
    assert loads.rows() == [(1, "a"), (2, "b")]
    assert loads.ledger() == [(batch_id, 2)]


def test_an_append_beside_loaded_batches_is_refused(loads: Loads, batch_id: str) -> None:
    loads.load(batch_id, loads.stage((1, "a")))

    with pytest.raises(WarehouseError, match="nothing_loaded_yet"):
        loads.load(f"{batch_id}-b", loads.stage((1, "a"), append=True))


def test_migrations_run_when_they_are_new_or_changed(api: RedshiftDataApi) -> None:
    assert migrate(api, DDL) == []
    name = f"90_test/{uuid4().hex}.sql"
    assert migrate(api, [*DDL, SqlFile(name, "SELECT 1;")]) == [name]
    assert migrate(api, [*DDL, SqlFile(name, "SELECT 2;")]) == [name]
    assert migrate(api, [SqlFile(f"{name}.skipped", "-- skip when: SELECT 1\nSELECT 1/0;")]) == []
