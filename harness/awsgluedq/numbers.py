"""Metrics compared with numbers, of which some are made of former values ("Dynamic rules")."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from awsgluedq.exceptions import RuleError
from awsgluedq.model import Condition, Expression

__all__ = ["COMPARE", "as_text", "holds", "meets", "value_of"]

COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
_OF_LISTS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "avg": statistics.fmean, "max": max, "min": min, "sum": sum, "median": statistics.median,
    "std": lambda values: statistics.stdev(values) if len(values) > 1 else 0.0,
}  # fmt: skip


def meets(value: float, condition: Condition | None, history: Sequence[float]) -> bool:
    """Whether a metric meets a condition; without one it has to be 1, all of the rows."""
    return value == 1.0 if condition is None else holds(value, condition.op, _values(condition, history))


def holds(value: Any, op: str, limits: Sequence[Any]) -> bool:
    """Whether a number or a moment compares so with the limits. `between` is without its ends."""
    negated, op = op.startswith("not "), op.removeprefix("not ")
    if op in COMPARE:
        return bool(COMPARE[op](value, limits[0]))
    inside = limits[0] < value < limits[1] if op == "between" else value in limits
    return inside is not negated


def as_text(condition: Condition, history: Sequence[float]) -> str:
    """The condition with its values in place of what they are made of: `> 12.5`."""
    values = [str(one) for one in _values(condition, history)]
    shown = " and ".join(values) if condition.op.endswith("between") else values[0]
    shown = f"[{','.join(values)}]" if condition.op.endswith("in") else shown
    return f"{condition.op} {shown}"


def _values(condition: Condition, history: Sequence[float]) -> list[float]:
    values = []
    for one in condition.values:
        if not isinstance(one.value, Expression):
            raise RuleError(f"A number is not compared with {one.value}")
        found = value_of(one.value, history)
        if isinstance(found, list):
            raise RuleError("last(n) is a list of values: put avg, median, max, min, sum, std or index around it")
        values.append(found)
    return values


def value_of(expression: Expression, history: Sequence[float]) -> float | list[float]:
    """Value of an expression given the metric's former values, the newest last. Raises RuleError where it has none."""
    if expression.name == "literal":
        return expression.value
    parts = [value_of(part, history) for part in expression.parts]
    if expression.name == "last":
        return _last(parts, history)
    if expression.name in _OF_LISTS:
        (values,) = parts
        return float(_OF_LISTS[expression.name](values if isinstance(values, list) else [values]))
    if expression.name in ("index", "percentile"):
        return _chosen(expression.name, parts)
    numbers = [one if isinstance(one, float) else _refuse(expression.name) for one in parts]
    if expression.name == "abs":
        return abs(numbers[0])
    if expression.name == "/" and numbers[1] == 0:
        raise RuleError("A division by zero in the rule's condition")
    return _ARITHMETIC[expression.name](*numbers)


def _last(parts: Sequence[float | list[float]], history: Sequence[float]) -> float | list[float]:
    """The newest value, or the newest `n`; 0 where there is none, as the reference says."""
    if not parts:
        return float(history[-1]) if history else 0.0
    (count,) = parts
    if isinstance(count, list) or count < 1 or not float(count).is_integer():
        raise RuleError("last(n) takes a natural number")
    found = [float(one) for one in history[-int(count) :]] or [0.0]
    return found[0] if count == 1 else found


def _chosen(name: str, parts: Sequence[float | list[float]]) -> float:
    values, which = parts
    newest_first = (values if isinstance(values, list) else [values])[::-1]
    if isinstance(which, list):
        raise RuleError(f"{name} takes a list of values and a number")
    if name == "percentile":
        return sorted(newest_first)[min(len(newest_first) - 1, int(len(newest_first) * which / 100))]
    if not 0 <= which < len(newest_first):
        raise RuleError(f"index {int(which)} is out of range: there are {len(newest_first)} former values")
    return newest_first[int(which)]


def _refuse(name: str) -> float:
    raise RuleError(f"{name!r} is not for a list of values: put avg, median, max, min, sum, std or index around last(n)")
