"""`DynamicFrame`, in its first form: a frame of one schema, carried by a DataFrame.

What needs self-describing records (choice types, error records, relationalize, …) raises NotSupportedError by name.
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from awsglue._refusal import refuse_unknown
from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["DynamicFrame", "DynamicFrameReader", "DynamicFrameWriter"]

_REFUSED = (
    "with_frame_schema", "schema", "printSchema", "filter", "map", "mapPartitions", "mapPartitionsWithIndex", "unbox", "drop_fields",
    "split_fields", "split_rows", "spigot", "join", "unnest", "relationalize", "applyMapping", "apply_mapping", "unnest_ddb_json",
    "simplify_ddb_json", "resolveChoice", "mergeDynamicFrame", "errorsAsDynamicFrame", "assertErrorThreshold",
)


class DynamicFrame:
    """Records with a name and the context that made them.

    jdf: here a DataFrame (the vendor's is a JVM object; scripts make one by `fromDF` or by a reader).
    """

    def __init__(self, jdf: DataFrame, glue_ctx: Any, name: str = "") -> None:
        if not isinstance(jdf, DataFrame):
            raise BadOptionError("DynamicFrame", f"{type(jdf).__name__} is no DataFrame", ["DataFrame"])
        self._df, self.glue_ctx, self.name = jdf, glue_ctx, name

    @classmethod
    def fromDF(cls, dataframe: DataFrame, glue_ctx: Any, name: str = "") -> DynamicFrame:
        """Frame of the DataFrame's rows."""
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options: Any = None) -> DataFrame:
        """The rows as a DataFrame. ResolveOptions are refused: no column here is a choice."""
        if options:
            raise NotSupportedError("awsglue.dynamicframe.DynamicFrame.toDF with ResolveOptions")
        return self._df

    def count(self) -> int:
        return self._df.count()

    def show(self, num_rows: int = 20) -> None:
        """Prints the first records as JSON, one a line."""
        for record in self._df.limit(num_rows).toJSON().collect():
            print(record)

    def select_fields(
        self, paths: Any, transformation_ctx: str = "", info: str = "", stageThreshold: int = 0, totalThreshold: int = 0
    ) -> DynamicFrame:
        """Frame of the named top-level fields, in the order asked for."""
        wanted = [paths] if isinstance(paths, str) else list(paths)
        missing = [name for name in wanted if name not in self._df.columns]
        if missing:
            raise BadOptionError("select_fields", f"no field {', '.join(missing)}", self._df.columns)
        return self._of(self._df.select(*[f"`{name}`" for name in wanted]))

    def rename_field(
        self, oldName: str, newName: str, transformation_ctx: str = "", info: str = "", stageThreshold: int = 0, totalThreshold: int = 0
    ) -> DynamicFrame:
        """Frame with a top-level field renamed."""
        if oldName not in self._df.columns:
            raise BadOptionError("rename_field", f"no field {oldName}", self._df.columns)
        return self._of(self._df.withColumnRenamed(oldName, newName))

    def union(
        self, other_frame: DynamicFrame, transformation_ctx: str = "", info: str = "", stageThreshold: int = 0, totalThreshold: int = 0
    ) -> DynamicFrame:
        """Records of both; a field that one lacks is null there. Fields of different types would be a choice: refused."""
        ours, theirs = dict(self._df.dtypes), dict(other_frame.toDF().dtypes)
        mixed = [name for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]]
        if mixed:
            raise NotSupportedError(f"union of frames whose field {sorted(mixed)[0]!r} has different types", "Cast one of them first.")
        return self._of(self._df.unionByName(other_frame.toDF(), allowMissingColumns=True))

    def getNumPartitions(self) -> int:
        return self._df.rdd.getNumPartitions()

    def repartition(
        self, num_partitions: int, transformation_ctx: str = "", info: str = "", stageThreshold: int = 0, totalThreshold: int = 0
    ) -> DynamicFrame:
        return self._of(self._df.repartition(num_partitions))

    def coalesce(
        self,
        num_partitions: int,
        shuffle: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        return self._of(self._df.repartition(num_partitions) if shuffle else self._df.coalesce(num_partitions))

    def errorsCount(self) -> int:
        """Error records: none can be, since everything that could make one is refused."""
        return 0

    def stageErrorsCount(self) -> int:
        return 0

    def write(
        self,
        connection_type: str,
        connection_options: Any = {},  # noqa: B006 (the API's default; never changed)
        format: str | None = None,
        format_options: Any = {},  # noqa: B006
        accumulator_size: int = 0,
    ) -> DynamicFrame:
        self.glue_ctx.write_dynamic_frame_from_options(self, connection_type, connection_options, format, format_options)
        return self

    def _of(self, frame: DataFrame) -> DynamicFrame:
        return DynamicFrame(frame, self.glue_ctx, self.name)

    def __getattr__(self, name: str) -> Any:
        if name in _REFUSED:
            raise NotSupportedError(f"awsglue.dynamicframe.DynamicFrame.{name}")
        raise AttributeError(f"'DynamicFrame' object has no attribute {name!r}")


class DynamicFrameReader:
    """`glueContext.create_dynamic_frame`."""

    def __init__(self, glue_context: Any) -> None:
        self._glue_context = glue_context

    def from_rdd(self, data: Any, name: str, schema: Any = None, sampleRatio: Any = None) -> DynamicFrame:
        return self._glue_context.create_dynamic_frame_from_rdd(data, name, schema, sampleRatio)

    def from_options(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """As `GlueContext.create_dynamic_frame_from_options`."""
        return self._glue_context.create_dynamic_frame_from_options(*args, **kwargs)

    def from_catalog(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """As `GlueContext.create_dynamic_frame_from_catalog`."""
        return self._glue_context.create_dynamic_frame_from_catalog(*args, **kwargs)


class DynamicFrameWriter:
    """`glueContext.write_dynamic_frame`."""

    def __init__(self, glue_context: Any) -> None:
        self._glue_context = glue_context

    def from_options(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """As `GlueContext.write_dynamic_frame_from_options`."""
        return self._glue_context.write_dynamic_frame_from_options(*args, **kwargs)

    def from_catalog(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """As `GlueContext.write_dynamic_frame_from_catalog`."""
        return self._glue_context.write_dynamic_frame_from_catalog(*args, **kwargs)

    def from_jdbc_conf(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        return self._glue_context.write_dynamic_frame_from_jdbc_conf(*args, **kwargs)


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
