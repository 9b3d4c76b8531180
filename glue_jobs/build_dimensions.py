"""Glue job: the dimensions after a batch.

Reads   curated.*_change, nation, currency, orders, order_line
Writes  curated.dim_* (all versions of the members that the batch touched, in one commit each), the audit record
Arguments  --batch_id, --business_date, buckets
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from etl_common.batch import Batch, LakeArguments, batch_job
from etl_common.columns import names
from etl_common.dimensions import members_to_build, unknown_member, with_change_marks
from etl_common.frames import computed_once
from etl_common.lake import WrittenTable
from etl_common.model import UNKNOWN_KEY, Dimension
from etl_common.parallel import together
from etl_common.surrogate_keys import assert_no_collision
from wholesale.transforms import dimensions as build
from wholesale.transforms.order_lines import order_lines
from wholesale.warehouse import WAREHOUSE


@dataclass(frozen=True)
class Arguments(LakeArguments):
    """What Glue passes."""


def main(argv: list[str]) -> None:
    with batch_job(argv, Arguments) as batch:
        nation = _read(batch, "nation")
        together(
            lambda: whole(batch, "dim_date", lambda known: build.dim_date(batch.spark)),
            lambda: whole(batch, "dim_geography", lambda known: build.dim_geography(nation)),
            lambda: whole(batch, "dim_currency", lambda known: build.dim_currency(nation, _read(batch, "currency"))),
            lambda: whole(batch, "dim_order_profile", lambda known: build.dim_order_profile(_changed_order_lines(batch), known)),
        )
        together(
            lambda: history(batch, "dim_customer", "customer_change", lambda *frames: build.dim_customer(frames[0], nation, frames[1])),
            lambda: history(batch, "dim_supplier", "supplier_change", lambda *frames: build.dim_supplier(frames[0], nation, frames[1])),
            lambda: history(batch, "dim_part", "part_change", build.dim_part),
        )


def whole(batch: Batch[Arguments], name: str, rows_of: Callable[[DataFrame | None], DataFrame]) -> None:
    """A dimension without history: all its rows are built, those that changed are written."""
    dimension, table = WAREHOUSE.dimension(name), WAREHOUSE.lake_table(name)

    def write() -> WrittenTable:
        before = None if batch.lake.empty(table) else batch.lake.read(table)
        known = None if before is None else before.where(F.col(dimension.surrogate_key) != UNKNOWN_KEY)
        return _commit(batch, dimension, rows_of(known), before)

    batch.written(table, write)


def history(batch: Batch[Arguments], name: str, records: str, rows_of: Callable[[DataFrame, DataFrame], DataFrame]) -> None:
    """A Type 2 dimension: of the members that the batch touches, all versions are built from all their records."""
    dimension, table = WAREHOUSE.dimension(name), WAREHOUSE.lake_table(name)
    keys = list(names(dimension.natural_key))

    def write() -> WrittenTable:
        changes = _read(batch, records)
        if batch.lake.empty(table):
            return _commit(batch, dimension, rows_of(changes, _named(batch, keys[0], everything=True)), None)
        before = batch.lake.read(table)
        named = _named(batch, keys[0], everything=False)
        changed = changes if _geography_changed(batch) else changes.where(F.col("batch_id") == batch.args.batch_id)
        members = computed_once(members_to_build(dimension, changed=changed, referenced=named, before=before))
        referenced = named.select(*keys).union(before.where("is_inferred").select(*keys)).join(members, on=keys, how="left_semi")
        rows = rows_of(changes.join(F.broadcast(members), on=keys, how="left_semi"), referenced)
        return _commit(batch, dimension, rows, before.join(F.broadcast(members), on=keys, how="left_semi"))

    batch.written(table, write)


def _commit(batch: Batch[Arguments], dimension: Dimension, rows: DataFrame, before: DataFrame | None) -> WrittenTable:
    """Write the rows of the members of which a row changed; all rows, and the unknown member, the first time."""
    table = WAREHOUSE.lake_table(dimension.name)
    keys = list(names(dimension.natural_key))
    if before is None:
        rows = rows.transform(unknown_member(dimension))
    marks = with_change_marks(dimension, before=before, batch_id=batch.args.batch_id, repoints=build.REPOINTING.get(dimension.name, ()))
    if before is None:
        return _append(batch, dimension, rows.transform(marks))
    marked = computed_once(rows.transform(marks))
    _check_keys(dimension, marked)
    changed = marked.where(F.col("batch_id") == batch.args.batch_id).select(*keys).distinct()
    if not changed.limit(1).count():
        return batch.lake.skip(table)
    members = marked.join(F.broadcast(changed), on=keys, how="left_semi")
    return batch.lake.merge(members, table, delete_unmatched_of=keys if dimension.keeps_history else ())


def _append(batch: Batch[Arguments], dimension: Dimension, rows: DataFrame) -> WrittenTable:
    kept = rows.persist()
    try:
        _check_keys(dimension, kept)
        return batch.lake.append(kept, WAREHOUSE.lake_table(dimension.name))
    finally:
        kept.unpersist()


def _check_keys(dimension: Dimension, rows: DataFrame) -> None:
    members = (*names(dimension.natural_key), *(("effective_from",) if dimension.keeps_history else ()))
    assert_no_collision(rows, table=dimension.name, key=dimension.surrogate_key, members=members)


def _named(batch: Batch[Arguments], key: str, *, everything: bool) -> DataFrame:
    """Members that order lines of the batch name, or that all do: the key column."""
    lines, orders = _read(batch, "order_line"), _read(batch, "orders")
    mine = F.col("batch_id") == batch.args.batch_id
    changed = lines if everything else lines.where(mine)
    if key != "customer_id":
        return changed.select(key).distinct()
    named = build.referenced_customers(changed, orders)
    if everything:
        return named
    with_lines = lines.select("order_id").distinct()
    return named.union(orders.where(mine).join(with_lines, on="order_id", how="left_semi").select("customer_id"))


def _changed_order_lines(batch: Batch[Arguments]) -> DataFrame:
    """Lines that the batch changed, with their orders (an order's priority never changes)."""
    lines = _read(batch, "order_line").where(F.col("batch_id") == batch.args.batch_id)
    return order_lines(lines, _read(batch, "orders"))


def _geography_changed(batch: Batch[Arguments]) -> bool:
    """Whether the batch renamed a nation: then every city is built again."""
    return bool(_read(batch, "dim_geography").where(F.col("batch_id") == batch.args.batch_id).limit(1).count())


def _read(batch: Batch[Arguments], name: str) -> DataFrame:
    return batch.lake.read(WAREHOUSE.lake_table(name))


if __name__ == "__main__":
    main(sys.argv)
