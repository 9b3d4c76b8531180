"""Glue job: what a batch changes in the warehouse, as final rows for Redshift.

Reads   curated.* and the load ledger
Writes  staging load/batch_id=…/: the changed members of every dimension, and the affected rows of every fact; the audit record
Arguments  --batch_id, --business_date, --redshift_*, buckets

A batch that Redshift has already is left alone. One that an earlier, unloaded batch precedes is refused,
since only rows that this batch affects are computed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from etl_common.batch import Batch, batch_job
from etl_common.columns import names
from etl_common.dimensions import changed_members
from etl_common.exceptions import BatchOrderError
from etl_common.facts import with_rows_of
from etl_common.frames import computed_once
from etl_common.lake import WrittenTable
from etl_common.model import UNKNOWN_KEY, Dimension, Fact
from etl_common.parallel import together
from etl_common.redshift import LoadLedger, RedshiftArguments
from etl_common.redshift.load import LoadTable, StagedTable
from etl_common.staging import Staging, StagingRun
from wholesale.transforms.affected import affected_inventory, affected_order_lines, changed_rates
from wholesale.transforms.exchange_rates import fact_exchange_rate
from wholesale.transforms.inventory import fact_inventory_daily
from wholesale.transforms.order_lines import fact_fulfilment, fact_order_line, keyed_order_lines, order_lines
from wholesale.warehouse import WAREHOUSE

_LINE = ["order_id", "line_number"]


@dataclass(frozen=True)
class Arguments(RedshiftArguments):
    """What Glue passes."""


def main(argv: list[str]) -> None:
    with batch_job(argv, Arguments) as batch:
        loaded = LoadLedger(batch.args.data_api()).batches()
        if batch.args.batch_id in loaded:
            batch.job.log("Redshift has this batch already: nothing to build")
            return
        check_order(batch, loaded)
        staging = Staging(batch.s3, batch.args.staging_bucket, batch.args.batch_id)
        run = staging.writer()
        frames = build(batch, first=not loaded)
        staged = together(*(partial(stage, batch, run, name, frame) for name, frame in frames.items()))
        staging.commit([*staged, *order_line_facts(batch, run, first=not loaded)])


def check_order(batch: Batch[Arguments], loaded: set[str]) -> None:
    """Raises BatchOrderError when the lake holds another batch that is not loaded."""
    known = batch.lake.batches(WAREHOUSE.lake_table("nation"))
    unloaded = known - loaded - {batch.args.batch_id}
    if unloaded:
        raise BatchOrderError(batch.args.batch_id, unloaded)


def build(batch: Batch[Arguments], *, first: bool) -> dict[str, DataFrame]:
    """Changed dimension rows, inventory and rates, by table name."""
    frames = {dimension.name: changed_rows(batch, dimension, first=first) for dimension in WAREHOUSE.dimensions}
    dims = _dimensions(batch)
    days = [row["business_date"] for row in _read(batch, "inventory_calendar").collect()]
    changes = _read(batch, "partsupp_change")
    if first:
        frames["fact_inventory_daily"] = fact_inventory_daily(changes, dims, days=days)
    else:
        new = _read(batch, "inventory_calendar").where(F.col("batch_id") == batch.args.batch_id)
        new_days = [row["business_date"] for row in new.collect()]
        affected = affected_inventory(
            changes, batch_id=batch.args.batch_id, parts=_changed(batch, "dim_part"), suppliers=_changed(batch, "dim_supplier")
        )
        restated = [day for day in days if day not in new_days]
        frames["fact_inventory_daily"] = fact_inventory_daily(changes, dims, days=new_days, restated_days=restated, affected=affected)
    rates = _read(batch, "exchange_rate")
    mine = rates if first else rates.where(F.col("batch_id") == batch.args.batch_id)
    frames["fact_exchange_rate"] = fact_exchange_rate(mine, dims)
    return frames


def order_line_facts(batch: Batch[Arguments], run: StagingRun, *, first: bool) -> list[StagedTable]:
    """Both facts of the affected order lines; their keys are looked up once."""
    lines, orders, scans = _read(batch, "order_line"), _read(batch, "orders"), _read(batch, "shipment_scan")
    rates = _read(batch, "exchange_rate")
    if first:
        found = order_lines(lines, orders)
    else:
        found = affected_order_lines(
            lines, orders, batch_id=batch.args.batch_id, customers=_changed(batch, "dim_customer"), parts=_changed(batch, "dim_part"),
            suppliers=_changed(batch, "dim_supplier"), rates=changed_rates(rates, batch_id=batch.args.batch_id), scans=scans,
        )  # fmt: skip
    looked_up = found.transform(keyed_order_lines(_dimensions(batch)))
    keyed = looked_up.persist(StorageLevel.MEMORY_AND_DISK) if first else computed_once(looked_up)
    try:
        of_lines = scans if first else scans.transform(with_rows_of(keyed, on=_LINE))
        return together(
            lambda: stage(batch, run, "fact_order_line", keyed.transform(fact_order_line(rates))),
            lambda: stage(batch, run, "fact_fulfilment", keyed.transform(fact_fulfilment(of_lines))),
        )
    finally:
        keyed.unpersist()


def changed_rows(batch: Batch[Arguments], dimension: Dimension, *, first: bool) -> DataFrame:
    """Every row of the members of which the batch changed one, in the warehouse's columns; all rows in the first load.

    Redshift has the unknown member from its tables' creation.
    """
    rows = _read(batch, dimension.name).where(F.col(dimension.surrogate_key) != UNKNOWN_KEY)
    if first:
        return rows
    keys = list(names(dimension.natural_key))
    touched = rows.where(F.col("batch_id") == batch.args.batch_id).select(*keys).distinct()
    return rows.join(F.broadcast(touched), on=keys, how="left_semi")


def stage(batch: Batch[Arguments], run: StagingRun, name: str, frame: DataFrame) -> StagedTable:
    """Write one table's rows and note how many."""
    staged = run.write(frame, _load_table(WAREHOUSE.table(name)))
    batch.audit.wrote(WrittenTable(f"staging.{name}", "stage", staged.rows, None))
    batch.job.log(f"{name}: {staged.rows} rows staged")
    return staged


def _load_table(table: Dimension | Fact) -> LoadTable:
    return LoadTable(table.name, tuple(names(table.columns)), tuple(table.replace_key))


def _dimensions(batch: Batch[Arguments]) -> Mapping[str, DataFrame]:
    return {dimension.name: _read(batch, dimension.name) for dimension in WAREHOUSE.dimensions}


def _changed(batch: Batch[Arguments], name: str) -> DataFrame:
    return _read(batch, name).transform(changed_members(WAREHOUSE.dimension(name), batch_id=batch.args.batch_id))


def _read(batch: Batch[Arguments], name: str) -> DataFrame:
    return batch.lake.read(WAREHOUSE.lake_table(name))


if __name__ == "__main__":
    main(sys.argv)
