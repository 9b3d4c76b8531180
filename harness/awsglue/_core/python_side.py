"""Functions of the user over records: they run in Python workers on Arrow batches, and what comes out has a schema of its own.

Whatever a function returns is pickled batch by batch beside the types that the batch shows, and kept: the function runs once for each
record although the schema is needed before the frame. Error records travel beside the good ones. A filter keeps the schema, so it needs
none of that.
"""

from __future__ import annotations

import json
import pickle
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
from pyspark import TaskContext, cloudpickle
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.model import merge
from awsglue._core.values import decoder, encode, type_of

__all__ = ["ERROR", "Batch", "Failure", "Outcome", "batches_of", "filtered", "frames_of", "schema_of_types", "ship"]


def ship(module: str) -> None:
    """Functions of the module are sent to workers by value, so that workers need not import it."""
    cloudpickle.register_pickle_by_value(sys.modules[module])


for _module in ("awsglue._core.model", "awsglue._core.values", __name__):
    ship(_module)

Failure = tuple[Any, str, str]
"""(record, message, stack trace) of a record that failed."""
Outcome = tuple[list[dict[str, Any]], list[Failure]]
Batch = Callable[[int, Iterator[dict[str, Any]]], Iterator[Outcome]]
"""(partition, records) -> good and failed ones, in batches."""

ERROR = "@error"
_KEPT = "records binary, failures binary, types string, failed_types string"


def batches_of(frame: DataFrame, work: Batch) -> DataFrame:
    """Frame of pickled batches of what `work` gives for the frame's records, with the types that each shows. Not evaluated."""
    schema = frame.schema

    def run(arrow: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        context = TaskContext.get()
        partition = context.partitionId() if context is not None else 0
        for good, failed in work(partition, _records(arrow, schema)):
            kinds = _merged(type_of(record, schema) for record in good)
            failed_kinds = _merged(type_of(record, schema) for record, _, _ in failed)
            row = [pickle.dumps(good), pickle.dumps(failed), kinds, failed_kinds]
            yield pa.RecordBatch.from_arrays([pa.array([value]) for value in row], ["records", "failures", "types", "failed_types"])

    return frame.mapInArrow(run, _KEPT)


def frames_of(batches: DataFrame, hint: T.StructType | None = None) -> tuple[DataFrame, DataFrame]:
    """The good records and the failed ones of pickled batches, as frames. Evaluates the batches: their types are needed."""
    rows = batches.select("types", "failed_types").distinct().collect()
    good = schema_of_types(row["types"] for row in rows)
    failed = schema_of_types(row["failed_types"] for row in rows)
    if not good.fields and hint is not None:
        good = hint
    return _decoded(batches, good), _decoded_failures(batches, failed)


def filtered(frame: DataFrame, keep: Callable[[dict[str, Any]], bool]) -> DataFrame:
    """The records that `keep` wants, with a column ERROR: null, or the message and stack of what `keep` raised (such records stay)."""
    schema = frame.schema

    def run(arrow: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        decode = decoder(schema)
        for batch in arrow:
            kept, said = [], []
            for record in batch.to_pylist():
                wanted, message = _asked(keep, decode(record) if decode else record)
                kept.append(wanted)
                if wanted:
                    said.append(message)
            yield _with_column(batch.filter(pa.array(kept, pa.bool_())), said)

    with_error = T.StructType([*schema.fields, T.StructField(ERROR, T.StringType())])
    return frame.mapInArrow(run, with_error)


def _asked(keep: Callable[[dict[str, Any]], bool], record: dict[str, Any]) -> tuple[bool, str | None]:
    try:
        return bool(keep(record)), None
    except (KeyError, ValueError, TypeError):
        return False, None
    except Exception as error:  # noqa: BLE001 the API makes an error record of it
        return True, json.dumps([str(error), traceback.format_exc()])


def _with_column(batch: pa.RecordBatch, said: list[str | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*batch.columns, pa.array(said, pa.string())], names=[*batch.schema.names, ERROR])


def _records(arrow: Iterable[pa.RecordBatch], schema: T.StructType) -> Iterator[dict[str, Any]]:
    decode = decoder(schema)
    for batch in arrow:
        for record in batch.to_pylist():
            yield decode(record) if decode else record


def _merged(kinds: Iterable[T.DataType]) -> str:
    """Of a batch most records show the same type: comparing is cheaper than merging."""
    merged: T.DataType = T.NullType()
    last = None
    for kind in kinds:
        if kind != last:
            merged, last = merge(merged, kind), kind
    return merged.json()


def schema_of_types(texts: Iterable[str]) -> T.StructType:
    """The schema that types written as JSON make together."""
    merged: T.DataType = T.NullType()
    for text in sorted(set(texts)):
        merged = merge(merged, _parsed(text))
    return merged if isinstance(merged, T.StructType) else T.StructType([])


def _parsed(text: str) -> T.DataType:
    value = json.loads(text)
    return T.StructType.fromJson(value) if isinstance(value, dict) else T.NullType()


def _decoded(batches: DataFrame, schema: T.StructType) -> DataFrame:
    def run(arrow: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in arrow:
            for pickled in batch.column(batch.schema.get_field_index("records")).to_pylist():
                yield _arrow([encode(record, schema) for record in pickle.loads(pickled)], schema)

    return batches.mapInArrow(run, schema)


def _decoded_failures(batches: DataFrame, record: T.StructType) -> DataFrame:
    inner = [T.StructField("msg", T.StringType()), T.StructField("stackTrace", T.StringType()), T.StructField("dynamicRecord", record)]
    schema = T.StructType([T.StructField("error", T.StructType(inner))])

    def run(arrow: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in arrow:
            for pickled in batch.column(batch.schema.get_field_index("failures")).to_pylist():
                rows = [{"msg": said, "stackTrace": stack, "dynamicRecord": value} for value, said, stack in pickle.loads(pickled)]
                yield _arrow([{"error": encode(row, schema.fields[0].dataType)} for row in rows], schema)

    return batches.where(F.col("failed_types") != '"void"').mapInArrow(run, schema)


def _arrow(rows: list[dict[str, Any]], schema: T.StructType) -> pa.RecordBatch:
    from pyspark.sql.pandas.types import to_arrow_schema

    return pa.RecordBatch.from_pylist(rows, schema=to_arrow_schema(schema))
