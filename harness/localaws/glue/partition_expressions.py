"""Expressions of GetPartitions: which partitions one names ("GetPartitions", `Expression`, in the Glue Web API reference).

The grammar is SQL's WHERE with `=`, `<>`, `<`, `>`, `<=`, `>=`, AND, OR, NOT, IN, BETWEEN, LIKE and IS NULL over partition keys of string,
date, timestamp, integer and decimal types. Values are compared as their key's type; a value that is none of it is an error.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from localaws.glue.exceptions import InvalidInputError

__all__ = ["partition_filter"]

Test = Callable[[Sequence[str]], "bool | None"]
"""Whether a partition of these values is meant; None where a value is null, as in SQL."""

_NULL = "__HIVE_DEFAULT_PARTITION__"
_COMPARISONS: Mapping[Any, Callable[[Any, Any], bool]] = {
    exp.EQ: operator.eq, exp.NEQ: operator.ne, exp.LT: operator.lt, exp.LTE: operator.le, exp.GT: operator.gt, exp.GTE: operator.ge,
}  # fmt: skip
_TURNED: Mapping[Any, Any] = {exp.LT: exp.GT, exp.LTE: exp.GTE, exp.GT: exp.LT, exp.GTE: exp.LTE}
_READ: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint", "long"), int),
    **dict.fromkeys(("string", "char", "varchar"), str),
    "decimal": Decimal,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
}


def partition_filter(expression: str, keys: Sequence[Mapping[str, Any]]) -> Callable[[Sequence[str]], bool]:
    """A test of partition values for the partition keys (`Name`, `Type`) of a table.

    >>> keys = [{"Name": "year", "Type": "int"}, {"Name": "month", "Type": "string"}]
    >>> wanted = partition_filter("year >= 2025 AND NOT month IN ('01')", keys)
    >>> wanted(["2026", "02"]), wanted(["2026", "01"])
    (True, False)

    Raises:
        InvalidInputError: it is no such expression, names what is no partition key, or a key is of another type.
    """
    try:
        tree = sqlglot.parse_one(expression, read="trino")
    except SqlglotError as error:
        raise InvalidInputError(f"Unsupported expression '{expression}': {str(error).splitlines()[0]}") from error
    test = _Keys(expression, keys).test(tree)
    return lambda values: test(values) is True


class _Keys:
    """The partition keys of a table, for one expression."""

    def __init__(self, expression: str, keys: Sequence[Mapping[str, Any]]) -> None:
        self.expression = expression
        self.places = {str(key["Name"]).lower(): (place, str(key.get("Type", "string")).lower()) for place, key in enumerate(keys)}

    def test(self, tree: exp.Expr) -> Test:
        if isinstance(tree, exp.Paren):
            return self.test(tree.this)
        if isinstance(tree, exp.Not):
            inner = self.test(tree.this)
            return lambda values: None if (found := inner(values)) is None else not found
        if isinstance(tree, exp.And | exp.Or):
            return self._joined(self.test(tree.left), self.test(tree.right), isinstance(tree, exp.And))
        return self._of_key(tree)

    @staticmethod
    def _joined(left: Test, right: Test, both: bool) -> Test:
        def test(values: Sequence[str]) -> bool | None:
            found = (left(values), right(values))
            decisive = not both
            return decisive if decisive in found else None if None in found else both

        return test

    def _of_key(self, tree: exp.Expr) -> Test:
        operands = [tree.this, tree.args.get("expression")]
        if type(tree) in _COMPARISONS and isinstance(operands[1], exp.Column) and not isinstance(operands[0], exp.Column):
            return self._of_key(_TURNED.get(type(tree), type(tree))(this=operands[1], expression=operands[0]))
        read, literal = self._key(tree.this)
        if type(tree) in _COMPARISONS:
            compare, wanted = _COMPARISONS[type(tree)], literal(tree.expression)
            return _unless_null(read, lambda value: compare(value, wanted))
        if isinstance(tree, exp.In) and tree.expressions:
            among = [literal(each) for each in tree.expressions]
            return _unless_null(read, lambda value: value in among)
        if isinstance(tree, exp.Between):
            low, high = literal(tree.args["low"]), literal(tree.args["high"])
            return _unless_null(read, lambda value: low <= value <= high)
        if isinstance(tree, exp.Like):
            pattern = re.compile(_regular(self._text(tree.expression)), re.DOTALL)
            return _unless_null(read, lambda value: pattern.fullmatch(str(value)) is not None)
        if isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Null):
            return lambda values: read(values) is None
        raise self._unsupported(tree)

    def _key(self, column: Any) -> tuple[Callable[[Sequence[str]], Any], Callable[[Any], Any]]:
        """How a partition's value of a key is read, and how what it is compared with is."""
        if not isinstance(column, exp.Column):
            raise self._unsupported(column)
        if column.name.lower() not in self.places:
            raise InvalidInputError(f"'{column.name}' in the expression '{self.expression}' is not a partition key of the table.")
        place, kind = self.places[column.name.lower()]
        parse = _READ.get(kind.partition("(")[0])
        if parse is None:
            raise InvalidInputError(f"Partition keys of the type {kind} ({column.name}) cannot be used in expressions.")

        def parsed(text: str) -> Any:
            try:
                return parse(text)
            except (ValueError, InvalidOperation) as error:
                raise InvalidInputError(f"'{text}' is no {kind}, the type of the partition key {column.name}.") from error

        return lambda values: None if values[place] == _NULL else parsed(values[place]), lambda literal: parsed(self._text(literal))

    def _text(self, literal: Any) -> str:
        if isinstance(literal, exp.Cast | exp.Paren):
            return self._text(literal.this)
        if isinstance(literal, exp.Neg):
            return f"-{self._text(literal.this)}"
        if isinstance(literal, exp.Literal):
            return str(literal.this)
        raise self._unsupported(literal)

    def _unsupported(self, part: Any) -> InvalidInputError:
        shown = part.sql("trino") if isinstance(part, exp.Expr) else part
        return InvalidInputError(f"Unsupported expression '{self.expression}': {shown} is not taken here.")


def _unless_null(read: Callable[[Sequence[str]], Any], test: Callable[[Any], bool]) -> Test:
    return lambda values: None if (value := read(values)) is None else test(value)


def _regular(pattern: str) -> str:
    return "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in pattern)
