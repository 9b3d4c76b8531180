"""Columns of the warehouse's and the lake's tables, and what their types are elsewhere.

A type is written as Amazon Redshift names it (Database Developer Guide, "Data types"), because
Redshift is the narrowest of the engines concerned: `varchar(n)` counts bytes and `char(n)` holds
single-byte characters. Spark's and Iceberg's types follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from pyspark.sql import types as T

from etl_common.exceptions import ModelError

__all__ = ["Column", "RedshiftType", "names", "spark_schema"]

_TYPE = re.compile(r"^(?P<name>[a-z]+)(?:\((?P<first>\d+)(?:,\s*(?P<second>\d+))?\))?$")

# name -> (Spark type, how many parameters it takes)
_TYPES: dict[str, tuple[type[T.DataType], int]] = {
    "smallint": (T.ShortType, 0),
    "integer": (T.IntegerType, 0),
    "bigint": (T.LongType, 0),
    "decimal": (T.DecimalType, 2),
    "varchar": (T.StringType, 1),
    "char": (T.StringType, 1),
    "date": (T.DateType, 0),
    "timestamp": (T.TimestampType, 0),
    "boolean": (T.BooleanType, 0),
}
_LIMITS = {"varchar": 65535, "char": 4096, "decimal": 38}


@dataclass(frozen=True)
class RedshiftType:
    """A parsed type.

    >>> RedshiftType.parse("decimal(15, 2)")
    RedshiftType(name='decimal', parameters=(15, 2))
    >>> str(RedshiftType.parse("VARCHAR(40)"))
    'varchar(40)'
    """

    name: str
    parameters: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> RedshiftType:
        """Raises ModelError for a type that the library does not know, with those it knows."""
        match = _TYPE.match(text.strip().lower())
        if match is None or match["name"] not in _TYPES:
            raise ModelError(f"type {text!r}", f"is not one of {', '.join(_TYPES)}", "write it as Redshift names it, without aliases")
        parameters = tuple(int(match[group]) for group in ("first", "second") if match[group] is not None)
        expected = _TYPES[match["name"]][1]
        if len(parameters) != expected:
            raise ModelError(f"type {text!r}", f"has {len(parameters)} parameters", f"give {expected}")
        limit = _LIMITS.get(match["name"])
        if limit is not None and not 1 <= parameters[0] <= limit:
            raise ModelError(f"type {text!r}", f"is outside 1 to {limit}", "choose a length that Redshift has")
        return cls(match["name"], parameters)

    def __str__(self) -> str:
        return f"{self.name}({','.join(map(str, self.parameters))})" if self.parameters else self.name

    @property
    def spark(self) -> T.DataType:
        """The same type in Spark and, through it, in Iceberg and Parquet."""
        spark_type = _TYPES[self.name][0]
        return T.DecimalType(*self.parameters) if spark_type is T.DecimalType else spark_type()

    @property
    def max_bytes(self) -> int | None:
        """Longest text in bytes of UTF-8; None for what is not text."""
        return self.parameters[0] if self.name in ("varchar", "char") else None


@dataclass(frozen=True)
class Column:
    """One column: `type` as Redshift names it, `comment` for the catalog and the dictionary.

    >>> Column("quantity", "decimal(8,2)", "units ordered").spark_field.simpleString()
    'quantity:decimal(8,2)'
    """

    name: str
    type: str
    comment: str
    nullable: bool = True

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,126}", self.name):
            raise ModelError(f"column {self.name!r}", "is not a lower-case identifier", "use letters, digits and underscores")
        if not self.comment:
            raise ModelError(f"column {self.name!r}", "has no comment", "say what it holds: the catalog and the dictionary show it")
        RedshiftType.parse(self.type)

    @cached_property
    def redshift_type(self) -> RedshiftType:
        return RedshiftType.parse(self.type)

    @property
    def spark_field(self) -> T.StructField:
        # Spark marks columns as nullable after most joins whatever the data; the rule that forbids
        # nulls is the warehouse's NOT NULL and the quality gate's, not the DataFrame's schema.
        return T.StructField(self.name, self.redshift_type.spark, True, {"comment": self.comment})

    def required(self) -> Column:
        """The same column, never null."""
        return replace(self, nullable=False)


def names(columns: Iterable[Column]) -> tuple[str, ...]:
    """Names in order.

    >>> names([Column("a", "integer", "first"), Column("b", "date", "second")])
    ('a', 'b')
    """
    return tuple(column.name for column in columns)


def spark_schema(columns: Iterable[Column], *, comments: bool = True) -> T.StructType:
    """The columns as a Spark schema; without comments for comparing frames."""
    fields = [column.spark_field for column in columns]
    return T.StructType(fields if comments else [T.StructField(f.name, f.dataType, True) for f in fields])
