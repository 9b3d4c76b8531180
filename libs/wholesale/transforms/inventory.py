"""Stock at the end of each business date: a periodic snapshot that late records restate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from etl_common.asof import with_dimension_keys
from etl_common.facts import exact_decimal, snapshots_at
from etl_common.frames import conform_to
from wholesale.tables.facts import INVENTORY_DAILY
from wholesale.warehouse import WAREHOUSE

__all__ = ["fact_inventory_daily"]

_PAIR = ["part_id", "supplier_id"]


def fact_inventory_daily(
    changes: DataFrame,
    rows: Mapping[str, DataFrame],
    *,
    days: Sequence[date],
    restated_days: Sequence[date] = (),
    affected: DataFrame | None = None,
) -> DataFrame:
    """Snapshots of all pairs at `days`, and of the affected pairs at `restated_days` from their change on.

    changes: curated partsupp_change. rows: dim_part, dim_supplier. days: the business dates that have no snapshot yet (all of them for
    a rebuild). affected: as `affected.affected_inventory` gives it; needed with restated_days.
    """
    snapshot = snapshots_at([*days], keys=_PAIR, sequence_by="updated_at")
    columns = changes.select(*_PAIR, "updated_at", "available_quantity", "supply_cost")
    found = columns.transform(snapshot)
    if affected is not None and restated_days:
        concerned = F.broadcast(affected.select(*_PAIR, "changed_from"))
        restated = (
            columns.join(F.broadcast(affected.select(*_PAIR)), on=_PAIR, how="left_semi")
            .transform(snapshots_at([*restated_days], keys=_PAIR, sequence_by="updated_at"))
            .join(concerned, on=_PAIR, how="inner")
            .filter(F.col("snapshot_at") >= F.col("changed_from"))
        )
        found = found.unionByName(restated.select(*found.columns))
    value = exact_decimal(F.col("available_quantity") * F.col("supply_cost"), 18, 2, name="inventory_value")
    return (
        found.transform(with_dimension_keys(INVENTORY_DAILY.roles, WAREHOUSE, rows))
        .withColumn("inventory_value", value)
        .transform(conform_to(INVENTORY_DAILY.schema, name=INVENTORY_DAILY.name))
    )
