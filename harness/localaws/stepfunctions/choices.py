"""Choice rules of JSONPath states: which one holds ("Choice workflow state", Developer Guide)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from localaws.stepfunctions.data import Data
from localaws.stepfunctions.exceptions import StatesError

__all__ = ["holds", "moment"]

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq, "LessThan": operator.lt, "GreaterThan": operator.gt, "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}  # fmt: skip
_COMPARISON = re.compile(r"(String|Numeric|Boolean|Timestamp)(Equals|LessThanEquals|GreaterThanEquals|LessThan|GreaterThan)(Path)?")


def holds(rule: Mapping[str, Any], data: Data) -> bool:
    """Is the rule true of the data?

    Raises:
        StatesError: its variable does not exist, or it has no operator that is known.
    """
    if "And" in rule:
        return all(holds(each, data) for each in rule["And"])
    if "Or" in rule:
        return any(holds(each, data) for each in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data)
    variable = rule["Variable"]
    if "IsPresent" in rule:
        return data.has(variable) is bool(rule["IsPresent"])
    value = data.path(variable, "States.Runtime")
    for name, check in _TESTS.items():
        if name in rule:
            return check(value) is bool(rule[name])
    if "StringMatches" in rule:
        return isinstance(value, str) and re.fullmatch(_pattern(rule["StringMatches"]), value, re.DOTALL) is not None
    for name, given in rule.items():
        if comparison := _COMPARISON.fullmatch(name):
            other = data.path(given, "States.Runtime") if comparison[3] else given
            return _compared(comparison[1], _ORDER[comparison[2]], value, other)
    raise StatesError("States.Runtime", f"The choice rule {dict(rule)} has no operator that is known.")


def _compared(kind: str, order: Callable[[Any, Any], bool], value: Any, other: Any) -> bool:
    """Values of another kind than the operator's are not equal, smaller or larger."""
    if kind == "Timestamp":
        first, second = moment(value), moment(other)
        return first is not None and second is not None and order(first, second)
    types: dict[str, Callable[[Any], bool]] = {
        "String": lambda v: isinstance(v, str),
        "Numeric": _is_numeric,
        "Boolean": lambda v: isinstance(v, bool),
    }
    return types[kind](value) and types[kind](other) and order(value, other)


def _is_numeric(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def moment(value: Any) -> datetime | None:
    """The time of an RFC 3339 text with an upper-case T and a zone; None for anything else."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


_TESTS: Mapping[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": _is_numeric,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: moment(value) is not None,
}


def _pattern(text: str) -> str:
    r"""`*` is any text, `\*` a star."""
    parts = re.split(r"(\\\*|\\\\|\*)", text)
    return "".join(".*" if part == "*" else re.escape(part[1:] if part in ("\\*", "\\\\") else part) for part in parts)
