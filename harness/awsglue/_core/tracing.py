"""A predicate in Python as a Spark expression, where it is one: `lambda r: r["age"] > 18 and r["state"] in ("NY", "CA")`.

The function is called with a record whose fields only remember what they are compared with. Each time Python asks for the truth of a
comparison, one answer is supposed; the function is called again until every combination that it distinguishes was taken. The predicate
is then the union of the paths that ended in truth. A comparison with null raises TypeError in Python, for which the API drops the record:
in SQL it is null, on either side of the branch, which drops the record too.

Whatever is not certain to mean the same in both languages (a call, arithmetic, a global that is not plain data, other types on the two
sides) makes the whole function run in Python instead. Nothing is guessed.
"""

from __future__ import annotations

import datetime
import decimal
import dis
import math
import types
from collections.abc import Callable
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.model import is_choice
from awsglue._core.paths import quoted

__all__ = ["as_expression"]

_MOST_PATHS = 64
_REFUSED_STEPS = ("STORE_SUBSCR", "STORE_ATTR", "STORE_GLOBAL", "DELETE", "IMPORT", "IS_OP", "YIELD")
_PLAIN = (str, int, float, bool, type(None), datetime.date, datetime.datetime, decimal.Decimal)
_NUMBERS = (T.ByteType, T.ShortType, T.IntegerType, T.LongType, T.FloatType, T.DoubleType, T.DecimalType)


class _NotAnExpression(BaseException):
    """Of BaseException, so that no `except Exception` of the user's function takes it."""


def as_expression(predicate: Callable[[Any], Any], schema: T.StructType) -> Column | None:
    """Condition that holds for exactly the records that the API would keep, or None where that is not certain."""
    if not isinstance(predicate, types.FunctionType) or not _is_of_plain_data(predicate):
        return None
    kept: list[Column] = []
    waiting: list[tuple[bool, ...]] = [()]
    for _ in range(_MOST_PATHS):
        if not waiting:
            break
        trace = _Trace(waiting.pop())
        try:
            answer = predicate(_Record(trace, schema))
            answer = bool(answer) if isinstance(answer, _Condition | bool) or answer is None else _refuse()
        except (KeyError, ValueError, TypeError):
            answer = False
        except BaseException:  # noqa: BLE001 of the user's function, whatever it raises: Python will run it
            return None
        waiting += [(*trace.taken[:depth], False) for depth in range(len(trace.given), len(trace.taken))]
        if answer:
            kept.append(trace.condition())
    if waiting:
        return None
    condition = F.lit(False)
    for one in kept:
        condition = condition | one
    return condition


def _is_of_plain_data(function: types.FunctionType) -> bool:
    """Whether it reads nothing but its argument and plain data, and has no code of its own inside (which could read more)."""
    code = function.__code__
    if any(isinstance(constant, types.CodeType) for constant in code.co_consts) or code.co_argcount != 1 or function.__defaults__:
        return False
    values = [cell.cell_contents for cell in function.__closure__ or ()]
    loaded = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    if not loaded <= set(function.__globals__):
        return False
    values += [function.__globals__[name] for name in loaded]
    # `is None` cannot be followed: it asks the object that stands for the field, not the field.
    names = [step.opname for step in dis.get_instructions(code)]
    refused = any(name.startswith(_REFUSED_STEPS) or name.endswith("_NONE") for name in names)
    return not refused and all(_is_plain(value) for value in values)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return all(_is_plain(item) for item in value)
    return isinstance(value, _PLAIN)


def _refuse(*_: Any, **__: Any) -> Any:
    raise _NotAnExpression


class _Trace:
    """One way through the function: the answers supposed, and the conditions that they were supposed of."""

    def __init__(self, given: tuple[bool, ...]) -> None:
        self.given, self.taken = given, ()  # type: tuple[bool, ...], tuple[bool, ...]
        self.conditions: list[Column] = []

    def ask(self, condition: Column) -> bool:
        depth = len(self.taken)
        answer = self.given[depth] if depth < len(self.given) else True
        self.taken = (*self.taken, answer)
        self.conditions.append(condition if answer else ~condition)
        return answer

    def condition(self) -> Column:
        if not self.conditions:
            _refuse()
        whole = self.conditions[0]
        for one in self.conditions[1:]:
            whole = whole & one
        return whole


class _Opaque:
    """Whatever is not defined below ends the tracing: arithmetic, calls, iteration, formatting."""

    __hash__ = None  # type: ignore[assignment]
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _refuse
    __mod__ = __rmod__ = __pow__ = __rpow__ = __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = __neg__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __len__ = __iter__ = __call__ = __int__ = __float__ = __str__ = __repr__ = __format__ = _refuse
    __index__ = __abs__ = __round__ = __getitem__ = __contains__ = __bool__ = __getattr__ = __reversed__ = __bytes__ = __complex__ = _refuse
    __eq__ = __ne__ = _refuse  # type: ignore[assignment]


class _Condition(_Opaque):
    def __init__(self, trace: _Trace, condition: Column) -> None:
        self.__dict__.update(trace=trace, condition=condition)

    def __bool__(self) -> bool:
        return bool(self.__dict__["trace"].ask(self.__dict__["condition"]))


class _Record(_Opaque):
    """A record or a struct in it."""

    def __init__(self, trace: _Trace, schema: T.StructType, column: Column | None = None) -> None:
        self.__dict__.update(trace=trace, schema=schema, column=column)

    def __getitem__(self, name: Any) -> Any:
        trace, schema, above = self.__dict__["trace"], self.__dict__["schema"], self.__dict__["column"]
        field = next((field for field in schema.fields if field.name == name), None)
        if field is None:
            raise KeyError(name)
        column = F.col(quoted(field.name)) if above is None else above.getField(field.name)
        if isinstance(field.dataType, T.StructType) and not is_choice(field.dataType):
            # A field of a null struct raises TypeError in Python: the path ends unless the struct is there.
            trace.conditions.append(F.when(column.isNotNull(), F.lit(True)))
            return _Record(trace, field.dataType, column)
        return _Field(trace, column, field.dataType)

    def __getattr__(self, name: str) -> Any:
        return _refuse() if name in ("get", "keys", "items", "values", "pop", "copy") or name.startswith("__") else self[name]

    def __contains__(self, name: Any) -> bool:
        return any(field.name == name for field in self.__dict__["schema"].fields)


class _Field(_Opaque):
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, trace: _Trace, column: Column, data_type: T.DataType) -> None:
        self.__dict__.update(trace=trace, column=column, data_type=data_type)

    def _literal(self, other: Any) -> Column:
        """The other side, when it is of the same kind: Python compares numbers with numbers and text with text only."""
        mine = self.__dict__["data_type"]
        if isinstance(other, _Field):
            theirs = other.__dict__["data_type"]
            same = mine == theirs and isinstance(mine, (*_NUMBERS, T.StringType, T.DateType, T.TimestampType))
            return other.__dict__["column"] if same and not isinstance(mine, T.FloatType | T.DoubleType) else _refuse()
        if isinstance(other, bool):
            return F.lit(other) if isinstance(mine, T.BooleanType) else _refuse()
        if isinstance(other, int):
            whole = isinstance(mine, T.ByteType | T.ShortType | T.IntegerType | T.LongType | T.DecimalType)
            return F.lit(other) if whole and abs(other) < 2**63 else _exact_double(mine, other)
        if isinstance(other, float):
            return F.lit(other) if isinstance(mine, T.DoubleType) and not math.isnan(other) else _refuse()
        if isinstance(other, str):
            return F.lit(other) if isinstance(mine, T.StringType) else _refuse()
        if isinstance(other, datetime.date) and not isinstance(other, datetime.datetime):
            return F.lit(other) if isinstance(mine, T.DateType) else _refuse()
        return _refuse()

    def _compare(self, other: Any, make: Callable[[Column, Column], Column]) -> _Condition:
        column = self.__dict__["column"]
        condition = make(column, self._literal(other))
        if isinstance(self.__dict__["data_type"], T.DoubleType):  # NaN is less and greater than nothing in Python, largest in SQL
            condition = F.when(column.isNull(), None).otherwise(~F.isnan(column) & condition)
        return _Condition(self.__dict__["trace"], condition)

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, lambda a, b: a < b)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, lambda a, b: a <= b)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, lambda a, b: a > b)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, lambda a, b: a >= b)

    def _same(self, other: Any) -> Column:
        column, mine = self.__dict__["column"], self.__dict__["data_type"]
        if other is None:
            return column.isNull()
        if isinstance(other, str) and isinstance(mine, (*_NUMBERS, T.BooleanType)):
            return F.lit(False)
        same = column.eqNullSafe(self._literal(other))
        return ~F.isnan(column) & same if isinstance(mine, T.DoubleType) else same

    def __eq__(self, other: object) -> Any:
        return _Condition(self.__dict__["trace"], self._same(other))

    def __ne__(self, other: object) -> Any:
        return _Condition(self.__dict__["trace"], ~self._same(other))

    def __contains__(self, part: Any) -> bool:
        if not isinstance(part, str) or not isinstance(self.__dict__["data_type"], T.StringType):
            _refuse()
        return bool(_Condition(self.__dict__["trace"], self.__dict__["column"].contains(part)))

    def __bool__(self) -> bool:
        column, mine = self.__dict__["column"], self.__dict__["data_type"]
        if isinstance(mine, T.BooleanType):
            condition = F.coalesce(column, F.lit(False))
        elif isinstance(mine, T.StringType):
            condition = F.coalesce(column != "", F.lit(False))
        elif isinstance(mine, T.ByteType | T.ShortType | T.IntegerType | T.LongType):
            condition = F.coalesce(column != 0, F.lit(False))
        else:
            _refuse()
        return bool(_Condition(self.__dict__["trace"], condition))


def _exact_double(data_type: T.DataType, value: int) -> Column:
    return F.lit(float(value)) if isinstance(data_type, T.DoubleType) and abs(value) <= 2**53 else _refuse()
