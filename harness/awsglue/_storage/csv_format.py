"""CSV: every field is text; where the catalog declares another type, a column in which text does not fit becomes a choice."""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.casts import cast
from awsglue._core.model import MARK, type_name
from awsglue._core.paths import quoted
from awsglue._core.records import Records
from awsglue._storage.options import checked, is_true
from awsglue._storage.request import FileRequest
from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["READ_OPTIONS", "WRITE_OPTIONS", "read", "write_options"]

READ_OPTIONS = ("separator", "escaper", "quoteChar", "multiLine", "withHeader", "skipFirst", "attachFilename", "strictCheckForQuoting",
                "encoding", "writeHeader", "compression")  # fmt: skip
WRITE_OPTIONS = ("separator", "quoteChar", "escaper", "writeHeader", "withHeader", "compression", "multiLine")


def read(request: FileRequest) -> Records:
    """Records of CSV files. Columns are named by the header, by the catalog, or col0, col1…"""
    options = checked("csv format", request.options, READ_OPTIONS)
    if is_true(options.get("strictCheckForQuoting")):
        raise NotSupportedError("The CSV option strictCheckForQuoting", "Which quotes Glue then refuses is nowhere written: leave it out.")
    frame = _loaded(request, options)
    if request.as_data_frame:
        return Records.of(frame)
    filename = options.get("attachFilename")
    columns = [_text(name, request).alias(name) for name in frame.columns]
    if filename:
        columns.append(F.input_file_name().alias(str(filename)))
    return Records.of(frame.select(*columns))


def _loaded(request: FileRequest, options: dict[str, Any]) -> DataFrame:
    has_header = is_true(options.get("withHeader", False))
    skip = is_true(options.get("skipFirst", False))
    if has_header and skip:
        raise BadOptionError("csv format", "withHeader and skipFirst together", ["withHeader", "skipFirst"])
    reader = request.spark.read.option("header", str(has_header or skip).lower()).option("sep", str(options.get("separator", ",")))
    reader = reader.option("quote", "" if str(options.get("quoteChar", '"')) == "-1" else str(options.get("quoteChar", '"')))
    reader = reader.option("escape", str(options.get("escaper") or '"')).option("multiLine", str(is_true(options.get("multiLine"))).lower())
    if options.get("encoding"):
        reader = reader.option("encoding", str(options["encoding"]))
    frame = reader.csv(request.paths)
    if has_header:
        return frame
    names = [field.name for field in request.declared.fields] if request.declared else []
    names += [f"col{index}" for index in range(len(names), len(frame.columns))]
    return frame.toDF(*names[: len(frame.columns)]) if frame.columns else frame


def _text(name: str, request: FileRequest) -> Column:
    """The column: text as it is (an empty field is empty text), or of its declared type where that fits and text where not."""
    column = F.col(quoted(name))
    declared = {field.name.lower(): field.dataType for field in request.declared.fields} if request.declared else {}
    wanted = declared.get(name.lower(), T.StringType())
    if isinstance(wanted, T.StringType | T.StructType | T.ArrayType | T.MapType | T.NullType):
        return F.coalesce(column, F.lit(""))
    column = F.when(F.trim(column) != "", column)
    typed = cast(column, T.StringType(), wanted)
    parts = {type_name(wanted): typed, "string": F.when(typed.isNull(), column)}
    struct = F.struct(*[parts[kind].alias(MARK + kind) for kind in sorted(parts)])
    return F.when(column.isNotNull(), struct)


def write_options(given: dict[str, Any]) -> dict[str, str]:
    """Options for Spark's writer: a header unless refused, quotes doubled."""
    options = checked("csv format", given, WRITE_OPTIONS)
    quote = str(options.get("quoteChar", '"'))
    translated = {
        "header": str(is_true(options.get("writeHeader", True))).lower(),
        "sep": str(options.get("separator", ",")),
        "quote": "" if quote == "-1" else quote,
        "escape": str(options.get("escaper") or '"'),
    }
    return translated | ({"compression": str(options["compression"])} if options.get("compression") else {})
