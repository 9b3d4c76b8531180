"""Rules that look at one row at a time: whether its values meet the rule."""

from __future__ import annotations

import re

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsgluedq.columns import column_of, read_as, row_test, type_of
from awsgluedq.exceptions import RuleError
from awsgluedq.model import Condition, Expression, Operand, Rule

__all__ = ["BY_VALUE", "value_test"]

BY_VALUE = ("ColumnDataType", "ColumnLength", "ColumnValues", "Completeness", "DataFreshness", "IsComplete")
"""Rule types that one row decides for itself."""

_TYPES = {"string": "string", "boolean": "boolean", "date": "date", "timestamp": "timestamp", "integer": "int", "int": "int",
          "long": "bigint", "double": "double", "float": "float"}  # fmt: skip
_PARTIAL = {"MM-yyyy": ("01-", ""), "MM/yyyy": ("01/", ""), "yyyy-MM": ("", "-01"), "yyyy/MM": ("", "/01"), "dd-MM": ("", "-2000"),
            "dd/MM": ("", "/2000"), "MM-dd": ("", "-2000"), "MM/dd": ("", "/2000")}  # fmt: skip
_WHOLE = {"01-": "dd-MM-yyyy", "01/": "dd/MM/yyyy"}
_FORMATS = ("dd-MM-yyyy", "MM-dd-yyyy", "yyyy-MM-dd", "dd/MM/yyyy", "MM/dd/yyyy", "yyyy/MM/dd", *_PARTIAL)


def value_test(frame: DataFrame, rule: Rule) -> Column:
    """Whether a row meets the rule, never null. Raises RuleError for a column, type or format that is not there."""
    name = rule.arguments[0]
    column, kind = column_of(frame, name), type_of(frame, name)
    if rule.kind in ("Completeness", "IsComplete"):
        return column.isNotNull()
    if rule.condition is None:
        raise RuleError(f"{rule.kind} needs a condition")
    if rule.kind == "ColumnDataType":
        return _is_of_type(column, kind, rule, rule.condition)
    if rule.kind == "ColumnLength":  # null is a text without letters: "ColumnLength"
        return row_test(F.coalesce(F.length(column.cast("string")), F.lit(0)), T.IntegerType(), rule.condition)
    if rule.kind == "DataFreshness":
        if not isinstance(kind, T.DateType | T.TimestampType | T.TimestampNTZType | T.StringType):
            raise RuleError(f"Expected type of column {name} to be a date or a timestamp, but found {kind.simpleString()} instead!")
        age = F.unix_timestamp(F.current_timestamp()) - F.unix_timestamp(read_as(column, "timestamp"))
        return age.isNotNull() & row_test(age, T.LongType(), _in_seconds(rule.condition))
    return row_test(column, kind, rule.condition)


def _in_seconds(condition: Condition) -> Condition:
    values = [Operand("number", Expression("literal", value=float(str(one.value)))) for one in condition.values]
    return Condition(condition.op, tuple(values), condition.text)


def _is_of_type(column: Column, kind: T.DataType, rule: Rule, condition: Condition) -> Column:
    """Text is of a type when it can be read as one; null is of none."""
    if condition.op not in ("=", "!="):
        raise RuleError("ColumnDataType is compared by = or !=")
    wanted = str(condition.values[0].value)
    decimal = re.fullmatch(r"decimal\((\d+),\s*(\d+)\)", wanted.lower())
    if not decimal and wanted.lower() not in _TYPES:
        raise RuleError(f"Unrecognized data type: {wanted}. Possible: {', '.join(sorted(_TYPES))}, decimal(precision, scale)")
    target = decimal[0] if decimal else _TYPES[wanted.lower()]
    pattern = rule.tag("format")
    if pattern:
        fits = _is_date(column, target, pattern)
    elif isinstance(kind, T.NumericType) and target in ("int", "bigint"):  # 1.5 can be read as 1, and is no integer
        fits = read_as(column, target).cast("double") == column.cast("double")
    else:
        fits = read_as(column, target).isNotNull()
    fits = F.coalesce(fits, F.lit(False))
    return fits if condition.op == "=" else ~fits


def _is_date(column: Column, target: str, pattern: str) -> Column:
    if target != "date" or pattern not in _FORMATS:
        raise RuleError(f"The format {pattern!r} is not for {target}: a Date has one of {', '.join(_FORMATS)}")
    before, after = _PARTIAL.get(pattern, ("", ""))
    whole = _WHOLE.get(before, pattern + {"-01": "-dd", "/01": "/dd", "-2000": "-yyyy", "/2000": "/yyyy"}.get(after, ""))
    return F.to_date(F.try_to_timestamp(F.concat(F.lit(before), column.cast("string"), F.lit(after)), F.lit(whole))).isNotNull()
