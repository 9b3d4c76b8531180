"""Records as read become typed columns, and the first rule that a record breaks is named.

The rules are a table, in the order in which they are tried. Casts give null for what cannot be cast,
with ANSI mode on and off alike (Spark SQL's `try_cast`), so that a bad value names its record instead of
failing the batch. Nothing is dropped here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl_common.contracts import SourceColumn, SourceTable
from etl_common.exceptions import ColumnTypeError, MissingReferenceError
from etl_common.frames import Transform, all_of, any_of, instant, require

__all__ = ["ORIGIN_COLUMNS", "RULES", "clean", "record_as_json"]

ORIGIN_COLUMNS = ("_origin", "_position", "_raw")
_FLAGS = ("_ragged", "_broken_encoding")
_FRACTIONS = (T.DecimalType, T.DoubleType, T.FloatType)
# Typed sources: values of these kinds become one another; text becomes and is made of anything.
_KINDS = ((T.NumericType, T.BooleanType), (T.DateType, T.TimestampType, T.TimestampNTZType), (T.StringType,))
_SHOWN = 100
_JSON = {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", "ignoreNullFields": "false"}

# Family of a type -> (rule of a value that is not of it, what its text looks like). Spark's own casts take
# more (a year alone as a date, 1e3 as a number), which a contract should not let through unseen.
_FAMILIES: dict[type[T.DataType], tuple[str, str]] = {
    T.IntegerType: ("bad_number", r"^[+-]?\d+$"),
    T.LongType: ("bad_number", r"^[+-]?\d+$"),
    T.DecimalType: ("bad_number", r"^[+-]?(\d+(\.\d*)?|\.\d+)$"),
    T.BooleanType: ("bad_number", r"^(?i:true|false|0|1)$"),
    T.DateType: ("bad_date", r"^\d{4}-\d{2}-\d{2}$"),
    T.TimestampType: ("bad_timestamp", r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?$"),
}


@dataclass(frozen=True)
class _Given:
    """A column as it was read and as it became."""

    column: SourceColumn
    source_type: T.DataType

    @property
    def value(self) -> Column:
        return F.col(f"_as_read_{self.column.name}")

    @property
    def typed(self) -> Column:
        return F.col(self.column.name)

    @property
    def is_text(self) -> bool:
        return isinstance(self.source_type, T.StringType)

    @property
    def family(self) -> tuple[str, str] | None:
        return _FAMILIES.get(type(self.column.spark_type))

    @property
    def missing(self) -> Column:
        return self.value.isNull() | (self.value == "") if self.is_text else self.value.isNull()

    @property
    def malformed(self) -> Column:
        """There is a value and it is not written as its type is, or has a time where only a date is kept."""
        if isinstance(self.source_type, T.TimestampType) and isinstance(self.column.spark_type, T.DateType):
            return self.value != self.typed
        if not self.is_text or self.family is None:
            return F.lit(False)
        wrong = ~self.value.rlike(self.family[1])
        if isinstance(self.column.spark_type, (T.DateType, T.TimestampType)):
            wrong = wrong | self.typed.isNull()  # looks right and is no day, as 1998-02-30
        return ~self.missing & wrong

    @property
    def overflows(self) -> Column:
        """A number that the curated type cannot hold without losing digits."""
        kept = self.column.spark_type
        lost = self.value.isNotNull() & self.typed.isNull()
        if isinstance(kept, T.DecimalType) and self.is_text:
            lost = lost | self.value.rlike(rf"\.\d{{{kept.scale}}}\d*[1-9]")
        elif isinstance(self.source_type, _FRACTIONS) and self.source_type != kept:
            lost = lost | (self.value != self.typed)
        return lost

    def says(self, problem: str) -> Column:
        shown = F.substring(self.value.cast("string"), 1, _SHOWN)
        return F.concat(F.lit(f"{self.column.name} "), F.coalesce(F.concat(F.lit("'"), shown, F.lit("' ")), F.lit("")), F.lit(problem))


@dataclass(frozen=True)
class _Batch:
    """What the rules compare with."""

    table: SourceTable
    given: tuple[_Given, ...]
    flags: frozenset[str]
    window_end: datetime
    codes: Mapping[str, Collection[object]]


_Check = tuple[Column, Column]
_Rule = Callable[[_Batch], Iterator[tuple[str, _Check]]]


def _flagged(flag: str, rule: str, reason: str) -> _Rule:
    def check(batch: _Batch) -> Iterator[tuple[str, _Check]]:
        if flag in batch.flags:
            yield rule, (F.coalesce(F.col(flag), F.lit(False)), F.lit(reason))

    return check


def _null_key(batch: _Batch) -> Iterator[tuple[str, _Check]]:
    for given in batch.given:
        if given.column.name in batch.table.required_keys:
            yield "null_key", (given.missing, F.lit(f"{given.column.name} is missing"))


def _bad_value(batch: _Batch) -> Iterator[tuple[str, _Check]]:
    for given in batch.given:
        if given.family is None:
            continue
        if given.is_text or isinstance(given.column.spark_type, T.DateType):
            yield given.family[0], (given.malformed, given.says(f"is not {given.column.type}"))
        if given.column.required:
            yield given.family[0], (given.missing, F.lit(f"{given.column.name} is missing"))


def _out_of_range(batch: _Batch) -> Iterator[tuple[str, _Check]]:
    for given in batch.given:
        column = given.column
        if not isinstance(column.spark_type, T.NumericType):
            continue
        yield "out_of_range", (given.overflows, given.says(f"does not fit {column.type}"))
        bounds = {"below": (column.minimum, given.typed.__lt__), "above": (column.maximum, given.typed.__gt__)}
        for side, (bound, breaks) in bounds.items():
            if bound is not None:
                yield "out_of_range", (breaks(F.lit(bound)), given.says(f"is {side} {bound}"))
        if column.above is not None:
            yield "out_of_range", (given.typed <= F.lit(column.above), given.says(f"is not above {column.above}"))


def _future_date(batch: _Batch) -> Iterator[tuple[str, _Check]]:
    end = batch.window_end
    # A date stands for its first instant: it lies in the window when that instant does.
    first_day = end.date() if end.time() == time.min else end.date() + timedelta(days=1)
    for given in batch.given:
        if given.column.not_future:
            limit = F.lit(first_day) if isinstance(given.column.spark_type, T.DateType) else instant(end)
            yield "future_date", (given.typed >= limit, given.says(f"is not before the end of the batch, {end:%Y-%m-%d %H:%M:%S} UTC"))


def _unknown_code(batch: _Batch) -> Iterator[tuple[str, _Check]]:
    for given in batch.given:
        column = given.column
        if column.pattern is not None:
            known = given.typed.rlike(f"^(?:{column.pattern})$")
        elif column.codes is not None:
            if column.codes not in batch.codes:
                raise MissingReferenceError(batch.table.name, "codes", column.codes, batch.codes)
            known = given.typed.isin(list(batch.codes[column.codes]))
        else:
            continue
        yield "unknown_code", (~F.coalesce(known, F.lit(not column.required)), given.says(f"is not a known {column.codes or column.name}"))


RULES: tuple[_Rule, ...] = (
    _flagged("_ragged", "ragged_row", "the record has more or fewer fields than the header"),
    _flagged("_broken_encoding", "broken_encoding", "the record's bytes are not UTF-8"),
    _null_key,
    _bad_value,
    _out_of_range,
    _future_date,
    _unknown_code,
)


def clean(table: SourceTable, *, window_end: datetime, codes: Mapping[str, Collection[object]] | None = None) -> Transform:
    """Transform from records as read to typed records, each with the first rule that it breaks.

    In: the table's columns, as text (files, pages) or typed (JDBC); _origin string, _position bigint; optionally _raw string
    (the record as it came), _ragged and _broken_encoding boolean.
    Out: the table's columns with its types, null where there is no such value; _origin, _position, _raw (only of refused
    records: as given, or JSON of the columns), _record_key (natural key as read, parts joined by |, null without any), _rule and _reason
    (null for records that break none). Rows are neither added nor lost.
    window_end: naive is UTC. codes: name of a list -> its values, for each column declared with `codes`.
    Raises MissingColumnError, MissingReferenceError and ColumnTypeError (a typed source's column that no value of which can
    become one of the contract's) when called, not when the frame is computed.
    """
    end = window_end.astimezone(UTC).replace(tzinfo=None) if window_end.tzinfo else window_end

    def transform(records: DataFrame) -> DataFrame:
        require(f"clean({table.name})", records, {*table.column_names, "_origin", "_position"})
        types = {field.name: field.dataType for field in records.schema}
        given = tuple(_Given(column, types[column.name]) for column in table.columns)
        for one in given:
            if not _may_become(one.source_type, one.column.spark_type):
                raise ColumnTypeError(table.name, one.column.name, one.source_type.simpleString(), one.column.type)
        flags = frozenset(_FLAGS) & frozenset(records.columns)
        batch = _Batch(table, given, flags, end, codes or {})
        broken = F.coalesce(
            *(
                F.when(condition, F.struct(F.lit(rule).alias("rule"), reason.alias("reason")))
                for rule, (condition, reason) in _checks(batch)
            )
        )
        raw = F.col("_raw") if "_raw" in records.columns else F.lit(None).cast("string")
        as_read = F.struct(*(F.col(f"_as_read_{name}").alias(name) for name in table.column_names))
        return (
            records.select(
                *(_as_read(one, table).alias(f"_as_read_{one.column.name}") for one in given),
                F.col("_origin").cast("string").alias("_origin"),
                F.col("_position").cast("bigint").alias("_position"),
                raw.alias("_raw"),
                *sorted(flags),
            )
            .select("*", *(_cast(one).alias(one.column.name) for one in given))
            .withColumn("_broken", broken)
            .select(
                *table.column_names,
                "_origin",
                "_position",
                F.when(F.col("_broken").isNotNull(), F.coalesce("_raw", F.to_json(as_read, _JSON))).alias("_raw"),
                _record_key([one for one in given if one.column.name in table.natural_key]).alias("_record_key"),
                F.col("_broken.rule").alias("_rule"),
                F.col("_broken.reason").alias("_reason"),
            )
        )

    return transform


def record_as_json(columns: Collection[str]) -> Column:
    """The columns as one JSON object, nulls included, times with microseconds."""
    return F.to_json(F.struct(*columns), _JSON)


def _checks(batch: _Batch) -> Iterator[tuple[str, _Check]]:
    for rule in RULES:
        yield from rule(batch)


def _may_become(source: T.DataType, kept: T.DataType) -> bool:
    if isinstance(source, T.StringType) or isinstance(kept, T.StringType):
        return not isinstance(source, (T.BinaryType, T.ArrayType, T.MapType, T.StructType))
    return any(isinstance(source, kinds) and isinstance(kept, kinds) for kinds in _KINDS)


def _as_read(given: _Given, table: SourceTable) -> Column:
    value = F.col(given.column.name)
    if not (given.is_text and table.blank_is_null):
        return value
    text = F.trim(value)
    return F.when(text != "", text)


def _cast(given: _Given) -> Column:
    if given.source_type == given.column.spark_type:
        return given.value
    return F.expr(f"try_cast(`_as_read_{given.column.name}` as {given.column.type})")


def _record_key(parts: list[_Given]) -> Column:
    texts = [part.value.cast("string") for part in parts]
    written = F.concat_ws("|", *(F.coalesce(text, F.lit("")) for text in texts))
    return F.when(~all_of(text.isNull() for text in texts) & any_of(text != "" for text in texts), written)
