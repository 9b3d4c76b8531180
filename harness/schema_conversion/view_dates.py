"""Dates in views: their parts, intervals, names and formats."""

from __future__ import annotations

import re

from sqlglot import exp

from schema_conversion.view_functions import Untranslatable

__all__ = ["DATE_RULES", "redshift_expression"]

_PARTS: dict[type[exp.Expr], str] = {
    exp.Quarter: "QUARTER",
    exp.Hour: "HOUR",
    exp.Minute: "MINUTE",
    exp.Second: "SECOND",
    exp.Year: "YEAR",
    exp.Month: "MONTH",
    exp.Day: "DAY",
    exp.DayOfMonth: "DAY",
    exp.DayOfYear: "DOY",
}
_UNITS_OF_DAYS = {"YEAR", "QUARTER", "MONTH", "WEEK", "DAY"}
_UNITS = _UNITS_OF_DAYS | {"HOUR", "MINUTE", "SECOND"}
_FORMAT = re.compile(r"(?:%[YmdHMSiTF]|[^%A-Za-z\\\"'])*")


def redshift_expression(expression: str, **columns: exp.Expr) -> exp.Expr:
    """Redshift's expression with each `:name` replaced."""
    return exp.replace_placeholders(exp.maybe_parse(expression, dialect="redshift"), **columns)


def _this(node: exp.Expr) -> exp.Expr:
    """The argument, without the cast to a date that MySQL's parser puts around it."""
    inside = node.this
    return inside.this if isinstance(inside, exp.TsOrDsToDate) else inside


def _parts_of_dates(node: exp.Expr) -> exp.Expr:
    part = _PARTS.get(type(node))
    if part:
        return exp.Extract(this=exp.var(part), expression=_this(node))
    if isinstance(node, exp.DayOfWeek):  # MySQL counts from Sunday = 1, Redshift from Sunday = 0
        return redshift_expression("EXTRACT(DOW FROM :x) + 1", x=_this(node))
    if isinstance(node, exp.Extract) and node.name.upper() not in _UNITS - {"WEEK"} | {"DOW", "DOY", "EPOCH"}:
        raise Untranslatable(f"EXTRACT({node.name.upper()})")
    return node


def _days_and_intervals(node: exp.Expr) -> exp.Expr:
    """TO_DAYS counts from a year 0 that Redshift has not; an interval of a computed length is DATEADD."""
    if isinstance(node, exp.DateDiff) and "0000-01-01" in node.expression.sql():
        return redshift_expression("DATEDIFF(DAY, CAST('0001-01-01' AS DATE), :x) + 365", x=node.this)
    if isinstance(node, (exp.Add, exp.Sub)) and isinstance(node.expression, exp.Interval):
        return _with_interval(node, node.expression)
    return node


def _with_interval(node: exp.Expr, interval: exp.Interval) -> exp.Expr:
    unit = interval.text("unit").upper()
    if unit not in _UNITS:
        raise Untranslatable(f"an interval of {unit}")
    moved = node.copy()
    if not isinstance(interval.this, exp.Literal):
        amount: exp.Expr = exp.cast(interval.this.copy(), "INT")
        amount = amount if isinstance(node, exp.Add) else exp.Neg(this=amount)
        moved = exp.Anonymous(this="DATEADD", expressions=[exp.var(unit), amount, node.this.copy()])
    # A date moved by days stays a date in MySQL.
    return exp.cast(moved, "DATE") if unit in _UNITS_OF_DAYS and _is_date(node.this) else moved


def _is_date(node: exp.Expr) -> bool:
    return bool(node.meta.get("is_date")) or isinstance(node, exp.CurrentDate) or (isinstance(node, exp.Cast) and node.is_type("date"))


def _names_of_days(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Dayname):
        return redshift_expression("TRIM(TO_CHAR(:x, 'Day'))", x=_this(node))
    if isinstance(node, exp.TimeToStr):
        return _formatted(node)
    return node


def _formatted(node: exp.Expr) -> exp.Expr:
    form = node.args["format"]
    text = form.name
    if text == "%B":
        return redshift_expression("TRIM(TO_CHAR(:x, 'Month'))", x=_undated(node.this))
    if not isinstance(form, exp.Literal) or not _FORMAT.fullmatch(text):
        raise Untranslatable(f"the format {form.sql('mysql')} of DATE_FORMAT")
    return node


def _undated(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, (exp.TsOrDsToDate, exp.TsOrDsToTimestamp)) else node


DATE_RULES = (_parts_of_dates, _days_and_intervals, _names_of_days)
