"""Contracts of sources: what a record must look like to be accepted.

A contract is declared once for each source table. The schemas of readers, the checks of
`etl_common.cleaning` and the classification of `etl_common.duplicates` follow from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from pyspark.sql import types as T

from etl_common.exceptions import ModelError

__all__ = ["ParentKey", "SourceColumn", "SourceTable", "spark_type"]

Duplicates = Literal["compare", "first_wins", "newest_wins"]

_SIMPLE_TYPES: dict[str, T.DataType] = {
    "string": T.StringType(),
    "int": T.IntegerType(),
    "bigint": T.LongType(),
    "boolean": T.BooleanType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
}


def spark_type(text: str) -> T.DataType:
    """Spark's type of a column's type; raises ModelError for one that contracts do not have.

    >>> spark_type("decimal(12,2)")
    DecimalType(12,2)
    >>> spark_type("bigint")
    LongType()
    """
    if text in _SIMPLE_TYPES:
        return _SIMPLE_TYPES[text]
    precision, _, scale = text.removeprefix("decimal(").removesuffix(")").partition(",")
    if text.startswith("decimal(") and precision.isdigit() and scale.isdigit():
        return T.DecimalType(int(precision), int(scale))
    raise ModelError(f"type {text!r}", f"is not one of {', '.join(_SIMPLE_TYPES)}, decimal(p,s)", "write it as Spark SQL names it")


@dataclass(frozen=True)
class SourceColumn:
    """One column of a source, with what its values must be.

    type: the curated type (string, int, bigint, boolean, date, timestamp, decimal(p,s)).
    required: a missing value is refused; text has no rule for that, except where `codes` or `pattern` is given.
    minimum, above, maximum: bounds of numbers, inclusive, exclusive and inclusive.
    pattern: regular expression of the whole value; codes: name of the list that holds it. Both are rule `unknown_code`.
    not_future: the value must lie before the end of the batch's window.
    """

    name: str
    type: str = "string"
    required: bool = False
    minimum: Decimal | int | None = None
    above: Decimal | int | None = None
    maximum: Decimal | int | None = None
    pattern: str | None = None
    codes: str | None = None
    not_future: bool = False

    def __post_init__(self) -> None:
        numeric = isinstance(self.spark_type, T.NumericType)
        bounded = any(bound is not None for bound in (self.minimum, self.above, self.maximum))
        if bounded and not numeric:
            raise ModelError(f"column {self.name}", f"of type {self.type} has bounds", "bound numbers only")
        if self.not_future and not isinstance(self.spark_type, (T.DateType, T.TimestampType)):
            raise ModelError(
                f"column {self.name}", f"of type {self.type} cannot lie in the future", "set not_future on dates and timestamps only"
            )

    @property
    def spark_type(self) -> T.DataType:
        return spark_type(self.type)


@dataclass(frozen=True)
class ParentKey:
    """A record needs a parent: the columns that name it, which the parents' frame has under the same names."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class SourceTable:
    """The contract of one source table.

    columns: in the order of a file's header. natural_key: what identifies a member. sequence: the column that orders its
    records; None when all have the same place. key_columns: what must not be null (the natural key when left out).
    duplicates: of records with one key and sequence, `compare` accepts the first and takes one with other content for a
    conflict; `first_wins` takes every later one for a repeat; `newest_wins` keeps the current state only: a record that is not newer
    than the key's known one is a repeat. blank_is_null: text is padding around a value, as in CSV: it is
    trimmed at both ends, and nothing but blanks means that there is no value. Otherwise text is kept as it is.
    """

    name: str
    columns: tuple[SourceColumn, ...]
    natural_key: tuple[str, ...]
    sequence: str | None = None
    key_columns: tuple[str, ...] = ()
    parents: tuple[ParentKey, ...] = ()
    duplicates: Duplicates = "compare"
    blank_is_null: bool = False
    _by_name: dict[str, SourceColumn] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update({column.name: column for column in self.columns})
        named = [*self.natural_key, *self.key_columns, *((self.sequence,) if self.sequence else ())]
        named += [column for parent in self.parents for column in parent.columns]
        for name in named:
            if name not in self._by_name:
                raise ModelError(
                    f"source {self.name}", f"has no column {name}, which its keys or parents name", "declare it or correct the name"
                )
        if not self.natural_key:
            raise ModelError(f"source {self.name}", "has no natural key", "name the columns that identify a record")
        if self.duplicates == "newest_wins" and self.sequence is None:
            raise ModelError(f"source {self.name}", "keeps the newest record but has no sequence", "name the column that orders records")

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    @property
    def identity(self) -> tuple[str, ...]:
        """Natural key and sequence: what two records of one content share."""
        return (*self.natural_key, *((self.sequence,) if self.sequence else ()))

    @property
    def content(self) -> tuple[str, ...]:
        """Columns that are neither key nor sequence."""
        return tuple(name for name in self.column_names if name not in self.identity)

    @property
    def required_keys(self) -> tuple[str, ...]:
        return self.key_columns or self.natural_key

    @property
    def raw_schema(self) -> T.StructType:
        """Every column as text: what a file or a page gives."""
        return T.StructType([T.StructField(name, T.StringType()) for name in self.column_names])

    @property
    def schema(self) -> T.StructType:
        """The curated types."""
        return T.StructType([T.StructField(column.name, column.spark_type) for column in self.columns])

    def column(self, name: str) -> SourceColumn:
        return self._by_name[name]
