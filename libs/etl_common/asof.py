"""As-of lookup: facts get the keys of the dimension versions that held when they happened.

A member's versions cover all time without gap or overlap, so the lookup is a hash join on the natural key with
the interval as a condition of the join: every fact meets the few versions of its own member and keeps one. Nothing is
multiplied and nothing is sorted; dimensions are broadcast, facts stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from etl_common.columns import names
from etl_common.exceptions import ConfigurationError
from etl_common.frames import Transform, all_of, require
from etl_common.model import UNKNOWN_KEY, Dimension, Role, Warehouse
from etl_common.surrogate_keys import surrogate_key

__all__ = ["daily_values", "date_key", "with_dimension_keys"]


def with_dimension_keys(
    roles: Sequence[Role],
    warehouse: Warehouse,
    rows: Mapping[str, DataFrame],
    *,
    bring: Mapping[str, Mapping[str, str]] | None = None,
    broadcast: bool = True,
) -> Transform:
    """Transform that adds the key column of each role, in their order; rows are neither added nor lost.

    In: the roles' natural keys and as-of instants. rows: dimension name -> its rows; not needed for the calendar, whose
    key follows from the date. bring: role's column -> {column of the dimension: name in the result}, to take more than
    the key from the version; a later role may look up by it.
    A null natural key gives -1 (of several columns: when all are null). A natural key without a version gives, by the
    role's on_missing, the key of the member to be inferred, -1, or an error that names it when the frame is computed.
    broadcast: false leaves the kind of join to Spark, for dimensions too large for every executor's memory.
    Raises ConfigurationError for a dimension without rows and MissingColumnError for a column that is not there.
    """

    def transform(facts: DataFrame) -> DataFrame:
        for role in roles:
            dimension = warehouse.dimension(role.dimension)
            require(f"with_dimension_keys({role.column})", facts, {*role.natural_key, *([role.as_of] if role.as_of else [])})
            if dimension.key_rule == "calendar":
                facts = facts.withColumn(role.column, date_key(F.col(role.natural_key[0])))
                continue
            if role.dimension not in rows:
                raise ConfigurationError(
                    f"{role.column} is looked up in {role.dimension}, whose rows were not given. Given: {', '.join(rows)}."
                )
            facts = _look_up(facts, rows[role.dimension], role, dimension, (bring or {}).get(role.column, {}), broadcast)
        return facts

    return transform


def date_key(day: Column) -> Column:
    """Key of dim_date: yyyymmdd as an integer, -1 for null."""
    return F.coalesce(F.year(day) * 10000 + F.month(day) * 100 + F.dayofmonth(day), F.lit(UNKNOWN_KEY)).cast("int")


def daily_values(*, keys: Sequence[str], day: str, value: str, until: date) -> Transform:
    """Transform from values published on some days to one row for each day on which a value holds, up to `until` inclusive.

    In: keys, day date, value; one row per keys and day. A value holds until the next one of its keys.
    Out: keys, day, value. An equi-join on the day replaces a range join over thousands of days a key.
    """

    def transform(values: DataFrame) -> DataFrame:
        order = Window.partitionBy(*keys).orderBy(day)
        last_day = F.least(F.coalesce(F.date_sub(F.lead(day).over(order), 1), F.lit(until)), F.lit(until))
        days = F.explode(F.sequence(F.col(day), F.col("_last_day"))).alias(day)
        held = values.select(*keys, day, value, last_day.alias("_last_day")).filter(F.col("_last_day") >= F.col(day))
        return held.select(*keys, days, value)

    return transform


def _look_up(
    facts: DataFrame, versions: DataFrame, role: Role, dimension: Dimension, bring: Mapping[str, str], broadcast: bool
) -> DataFrame:
    natural_key = names(dimension.natural_key)
    members = versions.filter(F.col(dimension.surrogate_key) != UNKNOWN_KEY).select(
        F.col(dimension.surrogate_key).alias("_key"),
        *(F.col(name).alias(f"_nk_{name}") for name in natural_key),
        *((F.col("effective_from").alias("_from"), F.col("effective_to").alias("_to")) if role.as_of else ()),
        *(F.col(name).alias(f"_brought_{name}") for name in bring),
    )
    given = [F.col(name) for name in role.natural_key]
    pairs = list(zip(given, natural_key, strict=True))
    if len(pairs) == 1:
        holds = pairs[0][0] == F.col(f"_nk_{natural_key[0]}")
    else:
        holds = all_of(column.eqNullSafe(F.col(f"_nk_{name}")) for column, name in pairs)
    if role.as_of:
        holds = holds & (F.col(role.as_of) >= F.col("_from")) & (F.col(role.as_of) < F.col("_to"))
    joined = facts.join(F.broadcast(members) if broadcast else members, on=holds, how="left")
    nothing = all_of(column.isNull() for column in given)
    found = F.when(nothing, F.lit(UNKNOWN_KEY)).otherwise(F.coalesce(F.col("_key"), _for_missing(role, given))).cast("bigint")
    kept = [name for name in facts.columns if name not in (role.column, *bring.values())]
    return joined.select(*kept, found.alias(role.column), *(F.col(f"_brought_{name}").alias(alias) for name, alias in bring.items()))


def _for_missing(role: Role, natural_key: list[Column]) -> Column:
    if role.on_missing == "infer":
        return surrogate_key(*natural_key)
    if role.on_missing == "unknown":
        return F.lit(UNKNOWN_KEY).cast("bigint")
    named = F.concat_ws("|", *(F.coalesce(part.cast("string"), F.lit("null")) for part in natural_key))
    problem = f"{role.column}: {role.dimension} has no member for {', '.join(role.natural_key)} = "
    # raise_error keeps the row's evaluation lazy: it is reached only where the lookup found nothing.
    return F.raise_error(F.concat(F.lit(problem), named, F.lit(". Build the dimension of this batch before its facts."))).cast("bigint")
