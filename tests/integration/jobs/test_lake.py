"""Commits to real Iceberg tables: once per batch, by append or MERGE, with the batch in the snapshot's summary."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from etl_common.exceptions import MissingColumnError
from etl_common.lake import Commit, Lake, read_batch
from etl_common.model import Column, LakeTable

ORDERS = LakeTable(
    "orders",
    "orders; the customer's",
    (
        Column("order_id", "bigint", "natural key"),
        Column("day", "date", "ordered on"),
        Column("status", "varchar(10)", "it's a status"),
        Column("updated_at", "integer", "sequence"),
        Column("batch_id", "varchar(40)", "batch"),
    ),
    ("order_id",),
    "upsert",
    ("months(day)",),
)
PARTS = LakeTable(
    "dim_part",
    "parts",
    (Column("part_key", "bigint", "key"), Column("part_id", "bigint", "natural key"), Column("batch_id", "varchar(40)", "batch")),
    ("part_key",),
    "upsert",
)
JUNE, JULY = date(1998, 6, 1), date(1998, 7, 1)


@pytest.fixture
def catalog(spark_session: SparkSession, tmp_path: Path) -> SparkSession:
    """A catalog of its own for each test, in a folder."""
    name = "spark.sql.catalog.glue_catalog"
    session = spark_session.newSession()
    for key, value in {name: "org.apache.iceberg.spark.SparkCatalog", f"{name}.type": "hadoop", f"{name}.warehouse": str(tmp_path)}.items():
        session.conf.set(key, value)
    return session


def lake(catalog: SparkSession, batch_id: str = "b1", job: str = "ingest", **options: Any) -> Lake:
    return Lake(catalog, "curated", Commit(batch_id, job, **options))


def orders(catalog: SparkSession, *rows: tuple[Any, ...]) -> DataFrame:
    return catalog.createDataFrame(list(rows), "order_id bigint, day date, status string, updated_at int, batch_id string")


def parts(catalog: SparkSession, *rows: tuple[Any, ...]) -> DataFrame:
    return catalog.createDataFrame(list(rows), "part_key bigint, part_id bigint, batch_id string")


def rows(of: Lake, table: LakeTable) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in of.read(table).collect())


def test_the_story_of_a_table_that_holds_the_current_state(catalog: SparkSession) -> None:
    first = lake(catalog, "b1")
    assert (first.empty(ORDERS), first.committed(ORDERS)) == (True, False)

    written = first.append(orders(catalog, (1, JUNE, "open", 1, "b1"), (2, JULY, "open", 1, "b1")), ORDERS)
    assert (written.operation, written.rows) == ("append", 2)
    assert (first.empty(ORDERS), first.committed(ORDERS)) == (False, True)

    second = lake(catalog, "b2")
    assert not second.committed(ORDERS)
    changes = orders(catalog, (1, JUNE, "shipped", 2, "b2"), (2, JULY, "stale", 1, "b2"), (3, JUNE, "new", 1, "b2"))
    second.merge(changes, ORDERS, newer="updated_at")
    assert second.committed(ORDERS)
    assert rows(second, ORDERS) == [(1, JUNE, "shipped", 2, "b2"), (2, JULY, "open", 1, "b1"), (3, JUNE, "new", 1, "b2")]
    assert sorted(row["order_id"] for row in read_batch(catalog, "curated", "orders", "b2").collect()) == [1, 3]
    assert second.batches(ORDERS) == {"b1", "b2"}


def test_a_merge_touches_the_partitions_of_its_rows_only(catalog: SparkSession) -> None:
    lake(catalog).append(orders(catalog, (1, JUNE, "open", 1, "b1"), (2, JULY, "open", 1, "b1")), ORDERS)
    before = {row["file_path"] for row in catalog.table("glue_catalog.curated.orders.files").where("partition.day_month = 342").collect()}

    lake(catalog, "b2").merge(orders(catalog, (1, JUNE, "shipped", 2, "b2")), ORDERS, newer="updated_at")

    after = {row["file_path"] for row in catalog.table("glue_catalog.curated.orders.files").where("partition.day_month = 342").collect()}
    assert before
    assert before == after


def test_versions_that_a_member_no_longer_has_go_in_the_same_commit(catalog: SparkSession) -> None:
    lake(catalog).append(parts(catalog, (1, 7, "b1"), (2, 7, "b1"), (3, 8, "b1")), PARTS)

    lake(catalog, "b2").merge(parts(catalog, (1, 7, "b2"), (5, 7, "b2")), PARTS, delete_unmatched_of=["part_id"])

    assert rows(lake(catalog), PARTS) == [(1, 7, "b2"), (3, 8, "b1"), (5, 7, "b2")]
    assert catalog.table("glue_catalog.curated.dim_part.snapshots").count() == 2


def test_a_replaced_table_holds_the_new_rows_only(catalog: SparkSession) -> None:
    lake(catalog).replace(parts(catalog, (1, 7, "b1")), PARTS)
    lake(catalog, "b2").replace(parts(catalog, (2, 8, "b2")), PARTS)

    assert rows(lake(catalog), PARTS) == [(2, 8, "b2")]


def test_each_job_commits_for_itself(catalog: SparkSession) -> None:
    lake(catalog, "b1", "ingest").append(parts(catalog, (1, 7, "b1")), PARTS)

    assert not lake(catalog, "b1", "reconcile").committed(PARTS)


def test_nothing_is_written_once_the_lease_is_lost(catalog: SparkSession) -> None:
    class LostError(Exception):
        pass

    def lost() -> None:
        raise LostError

    with pytest.raises(LostError):
        lake(catalog, before=lost).append(parts(catalog, (1, 7, "b1")), PARTS)
    assert lake(catalog).empty(PARTS)


def test_a_frame_without_a_column_is_refused_by_name(catalog: SparkSession) -> None:
    with pytest.raises(MissingColumnError, match="the table dim_part needs the columns batch_id"):
        lake(catalog).append(parts(catalog, (1, 7, "b1")).drop("batch_id"), PARTS)


def test_comments_of_the_model_are_in_the_catalog(catalog: SparkSession) -> None:
    lake(catalog).create(ORDERS)

    comments = {field.name: field.metadata["comment"] for field in catalog.table("glue_catalog.curated.orders").schema}
    assert comments["status"] == "it's a status"
