"""The transforms of Glue Studio's editor that open arrays, maps, structs and JSON ("Transform data with AWS Glue managed transforms")."""

from __future__ import annotations

from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._operations.nesting import unnest
from awsglue.exceptions import BadOptionError

__all__ = ["array_to_cols", "column_of", "explode", "extract_json", "flatten", "names_of", "parse_json"]


def column_of(frame: DataFrame, name: str, where: str) -> Column:
    """The column of a name that may be in backticks. Raises BadOptionError naming the transform and the columns that there are."""
    bare = name.strip().strip("`")
    if bare not in frame.columns:
        raise BadOptionError(where, f"no field {name}", frame.columns)
    return F.col(f"`{bare}`")


def names_of(given: Any) -> list[str]:
    """Names given as a list or with commas between them."""
    return [one.strip() for one in given.split(",")] if isinstance(given, str) else [str(one) for one in given]


def array_to_cols(frame: DataFrame, colName: str, colList: Any, indexes: Any = None) -> DataFrame:
    """Elements of an array as columns: the first ones, or those at `indexes`, which begin at 1."""
    column, names = column_of(frame, colName, "gs_array_to_cols"), names_of(colList)
    positions = [int(one) for one in names_of(indexes)] if indexes else list(range(1, len(names) + 1))
    for name, position in zip(names, positions, strict=True):
        frame = frame.withColumn(name, F.get(column, position - 1))
    return frame


def explode(frame: DataFrame, colName: str, newCol: str | None = None, outer: bool = False, valCol: str = "value") -> DataFrame:
    """A row for each element of an array, or for each entry of a map, whose value becomes the column `valCol`.

    newCol: column of the elements or keys; without it, or when it has the array's name, it takes the array's place. outer: keep rows
    without elements.
    """
    column, bare = column_of(frame, colName, "gs_explode"), colName.strip("`")
    kind, target = frame.schema[bare].dataType, newCol or bare
    if not isinstance(kind, T.ArrayType | T.MapType):
        raise BadOptionError("gs_explode", f"{bare} is of type {kind.simpleString()}", ["array", "map"])
    made = (F.explode_outer if outer else F.explode)(column)
    temporary = ["@key", "@value"] if isinstance(kind, T.MapType) else ["@key"]
    rows = frame.select("*", made.alias(*temporary))
    for name, one in zip((target, valCol), temporary, strict=False):
        rows = rows.withColumn(name, F.col(f"`{one}`"))
    return rows.drop(*temporary)


def flatten(frame: DataFrame, maxLevels: int | str = 0, separator: str = ".") -> DataFrame:
    """Structs as columns, with the separator between the names: all of them, or only so many levels deep."""
    levels = int(maxLevels or 0)
    if not levels:
        flat = unnest(frame)
        return flat.toDF(*[name.replace(".", separator) for name in flat.columns])
    for _ in range(levels):
        columns: list[Column] = []
        for field in frame.schema.fields:
            column = F.col(f"`{field.name}`")
            inner = field.dataType.fields if isinstance(field.dataType, T.StructType) else []
            columns += [column.getField(one.name).alias(f"{field.name}{separator}{one.name}") for one in inner] or [column]
        frame = frame.select(*columns)
    return frame


def parse_json(
    frame: DataFrame, colName: str, jsonSchema: str | None = None, samplingRatio: float | str = 1.0, newColName: str | None = None
) -> DataFrame:
    """A text with JSON as a struct or an array, of a type in SQL's syntax or, of objects, as what a share of the rows shows them to be."""
    column, target = column_of(frame, colName, "gs_parse_json"), newColName or colName.strip("`")
    try:
        kind = jsonSchema or _shown(frame.select(column), float(samplingRatio))
        return frame.withColumn(target, F.from_json(column, kind))
    except AnalysisException as error:
        raise BadOptionError("gs_parse_json", f"{jsonSchema!r} is no schema", ["field1 STRING, field2 INT", "ARRAY<STRING>"]) from error


def _shown(texts: DataFrame, ratio: float) -> str:
    """Type of the JSON in a column. Null where there is no text."""
    jvm: Any = texts.sparkSession._jvm
    reader: Any = texts.sparkSession._jsparkSession.read().option("samplingRatio", str(ratio))  # type: ignore[attr-defined]
    found: str = reader.json(getattr(texts.dropna()._jdf, "as")(jvm.org.apache.spark.sql.Encoders.STRING())).schema().sql()
    return found


def extract_json(frame: DataFrame, colName: str, jsonPaths: str, colList: Any, dropCol: bool | str = False) -> DataFrame:
    """Values of paths in a text with JSON as columns: `prop_1, $['a. a']`, with a column's name for each."""
    column, paths, names = column_of(frame, colName, "gs_extract_json"), names_of(jsonPaths), names_of(colList)
    if len(paths) != len(names):
        raise BadOptionError("gs_extract_json", f"{len(paths)} paths and {len(names)} columns", ["as many columns as paths"])
    for path, name in zip(paths, names, strict=True):
        frame = frame.withColumn(name, F.get_json_object(column, path if path.startswith("$") else f"$.{path}"))
    return frame.drop(colName.strip("`")) if str(dropCol).lower() == "true" else frame
