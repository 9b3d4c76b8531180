"""What a row must meet: conditions of DQDL as expressions over a column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsgluedq.exceptions import RuleError
from awsgluedq.model import Condition, Expression, Operand
from awsgluedq.numbers import COMPARE, value_of

__all__ = ["column_of", "moment_of", "read_as", "row_test", "type_of"]

_NUMBERS = (T.NumericType,)


def column_of(frame: DataFrame, name: str) -> Column:
    """The column of a name, in any case. Raises RuleError naming what there is."""
    return F.col(f"`{_field(frame, name).name}`")


def type_of(frame: DataFrame, name: str) -> T.DataType:
    """The type of a column."""
    return _field(frame, name).dataType


def _field(frame: DataFrame, name: str) -> T.StructField:
    bare = name[1:-1] if len(name) > 2 and name[0] == name[-1] == "`" else name
    for field in frame.schema.fields:
        if field.name.lower() == bare.lower():
            return field
    raise RuleError(f"Input data does not include column {name}! It has: {', '.join(frame.columns) or 'no column'}.")


def row_test(column: Column, kind: T.DataType, condition: Condition) -> Column:
    """Whether a value meets a condition, never null. Null meets `!=`, `not in` and what names it, and nothing else ("ColumnValues")."""
    negated, op = condition.op.startswith("not "), condition.op.removeprefix("not ")
    keywords = {str(one.value) for one in condition.values if one.kind == "keyword"}
    values = [one for one in condition.values if one.kind != "keyword"]
    negated, op = (True, "in") if op == "!=" else (negated, "in") if op == "=" else (negated, op)
    if op == "in":
        prepared, literals = _prepared(column, kind, values)
        named = [_keyword(column, one) for one in sorted(keywords)]
        member = reduce(or_, [*named, *[prepared == one for one in literals]], F.lit(False))
        met = ~F.coalesce(member, F.lit(False)) if negated else member
        return F.coalesce(met, F.lit(False))
    if keywords:
        raise RuleError(f"{', '.join(sorted(keywords))} can be compared by =, !=, in and not in, not by {condition.op}")
    if op == "matches":
        met = column.cast("string").rlike(f"^(?:{values[0].value})$")
    else:
        prepared, literals = _prepared(column, kind, values)
        met = (prepared > literals[0]) & (prepared < literals[1]) if op == "between" else COMPARE[op](prepared, literals[0])
    return F.coalesce(~met if negated else met, F.lit(False))


def read_as(column: Column, kind: str) -> Column:
    """A column as another type, null where a value is none of it (Spark 4 would raise)."""
    try_cast: Callable[[Column, str], Column] | None = getattr(Column, "try_cast", None)
    return try_cast(column, kind) if try_cast else column.cast(kind)


def _keyword(column: Column, name: str) -> Column:
    text = column.cast("string")
    blank = (F.length(F.trim(text)) == 0) & (F.length(text) > 0)
    return {"NULL": column.isNull(), "EMPTY": text == "", "WHITESPACES_ONLY": blank}[name]


def _prepared(column: Column, kind: T.DataType, values: Sequence[Operand]) -> tuple[Column, list[Column]]:
    """Column and values so that they can be compared: as dates where days are meant, as timestamps where moments are."""
    kinds = {one.kind for one in values}
    if kinds & {"now", "time"}:
        if isinstance(kind, T.DateType):
            return column, [F.lit(moment_of(one).date()) for one in values]
        return read_as(column, "timestamp"), [F.lit(moment_of(one)) for one in values]
    if kinds == {"date"}:
        return F.to_date(read_as(column, "timestamp")), [F.lit(date.fromisoformat(str(one.value))) for one in values]
    literals = [_literal(one) for one in values]
    if kinds == {"number"} and not isinstance(kind, _NUMBERS):
        return read_as(column, "double"), literals
    return column, literals


def _literal(operand: Operand) -> Column:
    if not isinstance(operand.value, Expression):
        return F.lit(operand.value)
    number = value_of(operand.value, ())
    if isinstance(number, list):
        raise RuleError("A value of a row is compared with a number, not with a list")
    return F.lit(int(number) if number.is_integer() and abs(number) < 2**53 else number)


def moment_of(operand: Operand, zone: str = "UTC", now: Callable[[tzinfo], datetime] = datetime.now) -> datetime:
    """The moment that a date, a time of today or `now()` with days or hours is, in a time zone."""
    try:
        where: Any = timezone.utc if zone == "UTC" else ZoneInfo(zone)  # noqa: UP017 the same as of strptime
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RuleError(f"No time zone {zone!r}: names such as America/New_York are known") from error
    text = str(operand.value)
    try:
        if operand.kind == "date":
            return datetime.fromisoformat(text).replace(tzinfo=where)
        if operand.kind == "time":
            at = datetime.strptime(text, "%I:%M %p" if text.endswith("M") else "%H:%M").time()
            return datetime.combine(now(where).date(), at, where)
    except ValueError as error:
        raise RuleError(f"{text!r} is no date or time: {error}") from error
    if operand.kind != "now" or not isinstance(operand.value, float):
        raise RuleError(f"{text!r} is no date or time")
    return now(where) + timedelta(seconds=operand.value)
