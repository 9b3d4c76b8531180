"""Rules that compare with another data source: which rows it has too, and how its numbers compare."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from operator import and_, or_
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.utils import AnalysisException

from awsgluedq.columns import column_of
from awsgluedq.exceptions import RuleError
from awsgluedq.model import Rule

__all__ = ["PRIMARY", "Sources", "aggregate_match", "matched_rows", "metric_of_rows", "number_of_sql", "row_count_match", "schema_match"]

PRIMARY = "primary"
Sources = Mapping[str, DataFrame]
"""The frames of an evaluation by alias; `primary` is the one evaluated."""

_KEY = "@key"


def matched_rows(frame: DataFrame, rule: Rule, sources: Sources, marker: str, rows: DataFrame | None = None) -> DataFrame:
    """The frame with a column that says whether the other source, or the rows that a statement gives, have the row too.

    rows: what gets the column, when it is the frame with columns of its own already.
    """
    rows = frame if rows is None else rows
    if rule.kind == "ReferentialIntegrity":
        alias, theirs = _reference(rule.arguments[1])
        pairs = list(zip(_names(rule.arguments[0]), theirs or _names(rule.arguments[0]), strict=False))
        if len(theirs or pairs) != len(_names(rule.arguments[0])):
            raise RuleError(f"{rule.arguments[0]} and {rule.arguments[1]} name different numbers of columns")
        return _marked(rows, _source(alias, sources), pairs, marker, nulls_match=False)
    if rule.kind == "DatasetMatch":
        return _marked(rows, _source(rule.arguments[0], sources), _matching(frame, rule, sources), marker, nulls_match=True)
    with _views(frame.sparkSession, {**sources, PRIMARY: frame}):
        result = _sql(frame.sparkSession, rule.arguments[0])
        known = [one.lower() for one in frame.columns]
        if not any(name.lower() in known for name in result.columns):
            raise RuleError("The output from CustomSQL must contain at least one column that matches the input dataset.")
        strange = [name for name in result.columns if name.lower() not in known]
        if strange:
            names = ", ".join(strange)
            raise RuleError(f"The columns returned from the SQL statement should only belong to the primary table, not {names}")
        return _marked(rows, result, [(name, name) for name in result.columns], marker, nulls_match=True)


def metric_of_rows(rule: Rule) -> str:
    """Name of the share of rows that the other source has."""
    if rule.kind == "ReferentialIntegrity":
        return f"Column.{_reference(rule.arguments[1])[0]}.ReferentialIntegrity"
    return f"Dataset.{rule.arguments[0]}.DatasetMatch" if rule.kind == "DatasetMatch" else "Dataset.*.CustomSQL.Compliance"


def _matching(frame: DataFrame, rule: Rule, sources: Sources) -> list[tuple[str, str]]:
    """Columns here and there that have to be equal, the key's first. Raises RuleError where the key is none."""
    other = _source(rule.arguments[0], sources)
    keys = _pairs(rule.arguments[1])
    mine = [name.lower() for name, _ in keys]
    rest = [name for name in frame.columns if name.lower() not in mine]
    compared = _pairs(rule.arguments[2]) if len(rule.arguments) > 2 else [(name, name) for name in rest]
    for one, names in ((frame, [name for name, _ in keys]), (other, [name for _, name in keys])):
        columns = [column_of(one, name) for name in names]
        has_null = reduce(or_, [column.isNull() for column in columns])
        keyed = one.groupBy(*columns).count()
        if keyed.where(has_null | (F.col("count") > 1)).limit(1).collect():
            raise RuleError("Provided key map not suitable for given data frames: the key's columns must be unique and not null in both.")
    return [*keys, *compared]


def _marked(frame: DataFrame, other: DataFrame, pairs: list[tuple[str, str]], marker: str, nulls_match: bool) -> DataFrame:
    theirs = other.select(*[column_of(other, name).alias(f"{_KEY}{at}") for at, (_, name) in enumerate(pairs)]).distinct()
    theirs = theirs.withColumn(marker, F.lit(True))
    tests = []
    for at, (name, _) in enumerate(pairs):
        column, key = column_of(frame, name), F.col(f"`{_KEY}{at}`")
        tests.append(column.eqNullSafe(key) if nulls_match else column == key)
    joined = frame.join(theirs, reduce(and_, tests), "left").drop(*[f"{_KEY}{at}" for at in range(len(pairs))])
    return joined.withColumn(marker, F.coalesce(F.col(f"`{marker}`"), F.lit(False)))


# ---- numbers


def row_count_match(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    """Rows of the frame for each row of the other source."""
    theirs, mine = _source(rule.arguments[0], sources).count(), frame.count()
    return {f"Dataset.{rule.arguments[0]}.RowCountMatch": mine / theirs if theirs else float(mine == theirs)}


def schema_match(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    """Share of columns that the other source has with the same type; 0 where it has another number of columns."""
    other = _source(rule.arguments[0], sources)
    mine, theirs = ({name.lower(): kind for name, kind in one.dtypes} for one in (frame, other))
    same = sum(theirs.get(name) == kind for name, kind in mine.items())
    return {f"Dataset.{rule.arguments[0]}.SchemaMatch": same / len(mine) if mine and len(mine) == len(theirs) else 0.0}


def aggregate_match(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    """`sum(column)` or `avg(column)` of the frame for each of the other source."""
    values, names = [], []
    for text in rule.arguments:
        match = re.fullmatch(r"\s*(sum|avg)\s*\((.+)\)\s*", text, re.IGNORECASE)
        if match is None:
            raise RuleError(f"{text!r} is no aggregate: sum(column) and avg(source.column) are")
        alias, _, name = match[2].strip().rpartition(".")
        one = frame if alias in ("", PRIMARY) else _source(alias, sources)
        column = column_of(one, name)
        (value,) = one.agg((F.sum if match[1].lower() == "sum" else F.avg)(column.cast("double"))).collect()[0]
        values.append(float(value or 0.0))
        names.append(name)
    ratio = values[0] / values[1] if values[1] else float(values[0] == values[1])
    return {f"Column.{','.join(dict.fromkeys(names))}.AggregateMatch": ratio}


def number_of_sql(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    """The number that a statement gives over `primary` and the other sources."""
    with _views(frame.sparkSession, {**sources, PRIMARY: frame}):
        rows = _sql(frame.sparkSession, rule.arguments[0]).limit(2).collect()
    if len(rows) != 1 or len(rows[0]) != 1:
        raise RuleError("The statement of a CustomSql rule with a condition must give one number: one row with one column")
    try:
        return {"Dataset.*.CustomSQL": float(rows[0][0] if rows[0][0] is not None else 0.0)}
    except (TypeError, ValueError) as error:
        raise RuleError(f"The statement of the rule gives {rows[0][0]!r}, which is no number") from error


def _sql(spark: SparkSession, statement: str) -> DataFrame:
    try:
        return spark.sql(statement)
    except AnalysisException as error:
        raise RuleError(f"Error executing SQL statement: {str(error).splitlines()[0]}") from error


@contextmanager
def _views(spark: SparkSession, sources: Sources) -> Iterator[None]:
    """The sources as views for a statement; the script's own views of the same names are there again afterwards."""
    catalog: Any = spark._jsparkSession.sessionState().catalog()  # type: ignore[attr-defined]
    before = {alias: spark.table(alias) for alias in sources if catalog.getTempView(alias).isDefined()}
    for alias, one in sources.items():
        one.createOrReplaceTempView(alias)
    try:
        yield
    finally:
        for alias in sources:
            if alias in before:
                before[alias].createOrReplaceTempView(alias)
            else:
                spark.catalog.dropTempView(alias)


# ---- names


def _source(alias: str, sources: Sources) -> DataFrame:
    found = {name: one for name, one in sources.items() if name != PRIMARY}
    if alias not in found:
        there = f"there {'is' if len(found) == 1 else 'are'} {', '.join(sorted(found))}" if found else "give additional_data_sources"
        raise RuleError(f"{alias} not found in additional sources: {there}.")
    return found[alias]


def _reference(text: str) -> tuple[str, list[str]]:
    """`alias.{a,b}`, `alias.a` or `alias`."""
    alias, _, columns = text.partition(".")
    return alias, _names(columns)


def _names(text: str) -> list[str]:
    return [one.strip() for one in text.strip("{} ").split(",") if one.strip()]


def _pairs(text: str) -> list[tuple[str, str]]:
    """`a->b,c`: names here and there."""
    parts = [one.partition("->") for one in _names(text)]
    return [(mine.strip(), (theirs if arrow else mine).strip()) for mine, arrow, theirs in parts]
