"""`DynamicFrame` and its company: the API's names over the records of `_core` and the operations of `_operations`.

Signatures are the vendor's (AWSGlueDataplanePython 5.1.0). `transformation_ctx` and `info` name the stage in error messages.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from pyspark.sql import DataFrame

from awsglue._core.api_types import from_spark, to_spark, tree_string
from awsglue._core.model import without_marks
from awsglue._core.records import Records, Stage, aligned, together
from awsglue._operations import choices, fields, mapping, nesting, python_functions, rows, unboxing
from awsglue._operations.dynamodb_json import simplify_ddb_json, unnest_ddb_json
from awsglue._refusal import refuse_unknown
from awsglue._storage import streaming
from awsglue.exceptions import BadOptionError

__all__ = ["DynamicFrame", "DynamicFrameCollection", "DynamicFrameReader", "DynamicFrameWriter", "ResolveOption"]

_LOG = logging.getLogger("awsglue")


class ResolveOption:
    """What toDF does with one choice: `KeepAsStruct`, `Project` or `Cast` (with a target type of `gluetypes`)."""

    def __init__(self, path, action, target=None):
        self.path, self.action, self.target = path, action, target


class DynamicFrame:
    """Self-describing records: their schema is found when it is asked for, mixed fields are choices, failed records are kept aside."""

    def __init__(self, jdf, glue_ctx, name=""):
        """jdf: a DataFrame, records of this runtime, or a JVM's Dataset."""
        self.glue_ctx, self.name = glue_ctx, name
        self._records = _records_of(jdf, glue_ctx)

    @property
    def _rdd(self):
        return self.toDF().rdd

    # ---- to and from frames, schema

    @classmethod
    def fromDF(cls, dataframe, glue_ctx, name=""):
        """Frame of the DataFrame's rows. An empty one, or one without columns, does too."""
        if not isinstance(dataframe, DataFrame):
            raise BadOptionError("DynamicFrame.fromDF", f"{type(dataframe).__name__} is no DataFrame", ["DataFrame"])
        frame = cls(dataframe, glue_ctx, name)
        return frame._of(streaming.opened(frame._records)) if streaming.INFERRED in dataframe.columns else frame

    def toDF(self, options=None):
        """The records as a DataFrame; a choice that is left is a struct keyed by type. Raises when a threshold of errors is reached."""
        records = self._records
        for option in options or []:
            if option.action.upper() != "KEEPASSTRUCT" and option.target is None:
                raise Exception(f"Missing target type for resolve action {option.action}. Give ResolveOption(path, action, DoubleType())")
            spec = _spec_of(option)
            records = records.then(choices.resolve_specs([spec]), Stage("toDF"), on_resolved=True)
        return records.shown

    def with_frame_schema(self, schema):
        """The frame with this schema (of `gluetypes`), so that it is not computed: fields that it lacks are dropped, others are null."""
        wanted: Any = to_spark(schema)
        return self._of(self._records.then(lambda frame: aligned(frame, wanted), Stage("with_frame_schema")))

    def schema(self):
        """Type tree of the records (`gluetypes.StructType`), computed now where it is not known."""
        return from_spark(self._records.resolved.schema)

    def printSchema(self):
        print(tree_string(self.schema()))

    def show(self, num_rows=20):
        """Prints the first records as JSON, one a line; a choice is the value that the record has."""
        frame = self._records.resolved
        for record in frame.limit(num_rows).toJSON().collect() if frame.columns else []:
            print(without_marks(record))

    def count(self):
        """Number of good records."""
        self._records.assert_thresholds()
        return self._records.encoded.count()

    # ---- functions of the user

    def filter(self, f, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Records for which `f` is true. `f` may also be a Column or SQL text, which the API does not have."""
        stage = _stage("filter", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._of(python_functions.filter_records(self._records, f, stage))

    def map(self, f, preservesPartitioning=False, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """What `f` returns for each record."""
        stage = _stage("map", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._of(python_functions.map_records(self._records, f, stage))

    def mapPartitions(self, f, preservesPartitioning=True, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """What `f` makes of the records of each partition, as an iterator of `{"record": …}`."""
        return self.mapPartitionsWithIndex(
            lambda _, records: f(records), preservesPartitioning, transformation_ctx, info, stageThreshold, totalThreshold
        )

    def mapPartitionsWithIndex(self, f, preservesPartitioning=False, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """The same, where `f` is also given the partition's number."""
        stage = _stage("mapPartitions", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._of(python_functions.map_partitions(self._records, f, stage))

    # ---- fields

    def unbox(self, path, format, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0, **options):
        """Text of a field parsed as JSON, CSV or (with a schema) Avro, in the field's place."""
        stage = _stage("unbox", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._of(unboxing.unbox(self._records, path, format, options, stage))

    def drop_fields(self, paths, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Without the fields, nested ones and those in arrays too."""
        stage = _stage("drop_fields", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._then(fields.drop_fields(_listed(paths)), stage)

    def select_fields(self, paths, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """The top-level fields named."""
        stage = _stage("select_fields", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._then(fields.select_fields(_listed(paths)), stage)

    def split_fields(self, paths, name1, name2, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Two frames: `name1` with the fields, `name2` with the rest."""
        stage = _stage("split_fields", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._pair(fields.keep_fields(_listed(paths)), fields.drop_fields(_listed(paths)), name1, name2, stage)

    def rename_field(self, oldName, newName, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """With a field renamed; both names are full paths."""
        stage = _stage("rename_field", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._then(fields.rename_field(oldName, newName), stage)

    def applyMapping(self, *args, **kwargs):
        """As `apply_mapping`; a frame as first argument is skipped."""
        return self.apply_mapping(*(args[1:] if args and isinstance(args[0], DynamicFrame) else args), **kwargs)

    def apply_mapping(self, mappings, case_sensitive=False, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Fields projected, cast, nested and unnested by (source, type, target, type)."""
        stage = _stage("apply_mapping", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._then(mapping.apply_mapping(mapping.mappings_of(mappings), case_sensitive), stage)

    def resolveChoice(
        self, specs=None, choice="", database=None, table_name=None, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0,
        catalog_id=None,
    ):  # fmt: skip
        """Choices resolved: those of `specs` (path, action), or all by one action."""
        if specs is None and not choice:
            raise Exception("Parameter specs and option are both missing, add one: specs=[(path, action)] or choice=action.")
        if specs is not None and choice:
            raise Exception("Parameter specs and option are both specified, choose one.")
        stage = _stage("resolveChoice", transformation_ctx, info, stageThreshold, totalThreshold)
        if specs is not None:
            given = [specs] if isinstance(specs, tuple) else list(specs)
            lazily = all(action.startswith(("cast:", "project:")) for _, action in given)
            return self._of(self._records.then(choices.resolve_specs(given), stage, on_resolved=not lazily))
        if choice.lower() == "match_catalog":
            return self._then(choices.match_catalog(self._catalog_types(database, table_name, catalog_id)), stage, on_resolved=True)
        return self._then(choices.resolve_all(choices.action_of(choice)), stage, on_resolved=True)

    def _catalog_types(self, database: Any, table_name: Any, catalog_id: Any) -> Any:
        from awsglue._storage.catalog import column_types

        if not database or not table_name:
            raise BadOptionError("resolveChoice", "match_catalog needs database and table_name", ["database", "table_name"])
        return column_types(database, table_name, catalog_id)

    def unnest(self, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Structs as top-level fields with dots in their names."""
        return self._then(nesting.unnest, _stage("unnest", transformation_ctx, info, stageThreshold, totalThreshold), on_resolved=True)

    def relationalize(
        self, root_table_name, staging_path, options={}, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0  # noqa: B006
    ):  # fmt: skip
        """Flat frames: the root and one for each array. Nothing is staged: `staging_path` is taken and not used."""
        stage = _stage("relationalize", transformation_ctx, info, stageThreshold, totalThreshold)
        frames = nesting.relationalize(self._records.resolved, root_table_name)
        stages = (*self._records.stages, stage)
        return DynamicFrameCollection(
            {name: DynamicFrame(Records.of(frame, stages), self.glue_ctx, name) for name, frame in frames.items()}, self.glue_ctx
        )

    def unnest_ddb_json(self, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """DynamoDB's type wrappers taken off, maps flattened."""
        stage = _stage("unnest_ddb_json", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._then(unnest_ddb_json, stage, on_resolved=True)

    def simplify_ddb_json(self):
        """DynamoDB's type wrappers taken off."""
        return self._then(simplify_ddb_json, Stage("simplify_ddb_json"), on_resolved=True)

    # ---- rows

    def split_rows(self, comparison_dict, name1, name2, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Two frames: `name1` with the records that meet every comparison, `name2` with the rest."""
        stage = _stage("split_rows", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._pair(*rows.split_rows(comparison_dict), name1, name2, stage)

    def spigot(self, path, options={}, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):  # noqa: B006
        """Writes a sample as JSON below `path`, now, and gives the same records."""
        sample = rows.sample(self._records.shown, options)
        self.glue_ctx.write_dynamic_frame_from_options(
            DynamicFrame(sample, self.glue_ctx, self.name), "s3", {"path": path}, format="json", transformation_ctx=transformation_ctx
        )
        return self._of(self._records)

    def join(self, paths1, paths2, frame2, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Records of both where the keys are equal."""
        stage = _stage("join", transformation_ctx, info, stageThreshold, totalThreshold)
        joined = rows.join(self._records.resolved, frame2._records.resolved, _listed(paths1), _listed(paths2))
        return DynamicFrame(self._with(joined, frame2, stage), self.glue_ctx, self.name + frame2.name)

    def mergeDynamicFrame(
        self, stage_dynamic_frame, primary_keys, transformation_ctx="", options={}, info="", stageThreshold=0, totalThreshold=0  # noqa: B006
    ):  # fmt: skip
        """Records of the staging frame, and those here whose key it does not have."""
        stage = _stage("mergeDynamicFrame", transformation_ctx, info, stageThreshold, totalThreshold)
        merged = rows.merged_by_key(self._records.resolved, stage_dynamic_frame._records.resolved, _listed(primary_keys))
        return self._of(self._with(merged, stage_dynamic_frame, stage))

    def union(self, other_frame, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Records of both; fields of different types become choices."""
        stage = _stage("union", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._of(self._with(together(self._records.encoded, other_frame._records.encoded), other_frame, stage))

    def getNumPartitions(self):
        return self._records.encoded.rdd.getNumPartitions()

    def repartition(self, num_partitions, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        stage = _stage("repartition", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._then(lambda frame: frame.repartition(num_partitions), stage)

    def coalesce(self, num_partitions, shuffle=False, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        stage = _stage("coalesce", transformation_ctx, info, stageThreshold, totalThreshold)
        return self._then(lambda frame: frame.repartition(num_partitions) if shuffle else frame.coalesce(num_partitions), stage)

    def write(self, connection_type, connection_options={}, format=None, format_options={}, accumulator_size=0):  # noqa: B006
        """Writes the frame; gives the frame of records that could not be written."""
        return self.glue_ctx.write_from_options(
            self, connection_type, connection_options, format, format_options, accumulator_size=accumulator_size
        )

    # ---- errors

    def errorsAsDynamicFrame(self):
        """Error records of every operation up to here: `error struct<msg, stackTrace, dynamicRecord>`."""
        frame = self._records.errors()
        if frame is None:
            frame = self.glue_ctx.spark_session.createDataFrame([], "error struct<msg:string,stackTrace:string>")
        return DynamicFrame(frame, self.glue_ctx, self.name)

    def errorsCount(self):
        """Number of error records of every operation up to here."""
        return sum(stage.count for stage in self._records.stages)

    def stageErrorsCount(self):
        """Number of error records of the last operation."""
        return self._records.stages[-1].count if self._records.stages else 0

    def assertErrorThreshold(self):
        """Raises ErrorThresholdError when a threshold is reached."""
        self._records.assert_thresholds()

    # ---- parts

    def _of(self, records: Records) -> DynamicFrame:
        return DynamicFrame(records, self.glue_ctx, self.name)

    def _then(self, work: Callable[[DataFrame], DataFrame], stage: Stage, on_resolved: bool = False) -> DynamicFrame:
        return self._of(self._records.then(work, stage, on_resolved))

    def _with(self, frame: DataFrame, other: DynamicFrame, stage: Stage) -> Records:
        mine = self._records.stages
        return Records.of(frame, (*mine, *(one for one in other._records.stages if not any(one is own for own in mine)), stage))

    def _pair(self, first: Any, second: Any, name1: str, name2: str, stage: Stage) -> DynamicFrameCollection:
        frames = {name1: first, name2: second}
        return DynamicFrameCollection(
            {name: DynamicFrame(self._records.then(work, stage), self.glue_ctx, name) for name, work in frames.items()}, self.glue_ctx
        )


class DynamicFrameCollection:
    """Frames by name."""

    def __init__(self, dynamic_frames, glue_ctx):
        if isinstance(dynamic_frames, list):
            dynamic_frames = {frame.name: frame for frame in dynamic_frames}
        elif not isinstance(dynamic_frames, dict):
            raise TypeError(f"dynamic_frames must be list or dict. Got {type(dynamic_frames).__name__}")
        self._df_dict, self._glue_ctx = dynamic_frames, glue_ctx

    def __getitem__(self, key):
        return self._df_dict[key]

    def __len__(self):
        return len(self._df_dict)

    def __iter__(self):
        return iter(self._df_dict)

    def keys(self):
        return self._df_dict.keys()

    def values(self):
        return self._df_dict.values()

    def items(self):
        return self._df_dict.items()

    def select(self, key, transformation_ctx=""):
        """The frame of the name; an empty one when there is none, as in the API (the log says which there are)."""
        if key in self._df_dict:
            return self._df_dict[key]
        _LOG.warning("select: no frame %s. There are: %s", key, ", ".join(self._df_dict))
        return empty_frame(self._glue_ctx, key)

    def map(self, callable, transformation_ctx=""):
        """What `callable(frame, transformation_ctx)` gives for each frame, under the same names."""
        mapped = {}
        for name, frame in self._df_dict.items():
            result = callable(frame, f"{transformation_ctx}:{name}")
            if not isinstance(result, DynamicFrame):
                raise TypeError(f"callable must return a DynamicFrame. Got {type(result)} for {name}")
            mapped[name] = result
        return DynamicFrameCollection(mapped, self._glue_ctx)

    def flatmap(self, f, transformation_ctx=""):
        """Frames that `f` gives for each frame: one, or a collection."""
        found: dict[str, DynamicFrame] = {}
        for frame in self._df_dict.values():
            result = f(frame, f"{transformation_ctx}:{frame.name}")
            if isinstance(result, DynamicFrame):
                found[result.name] = result
            elif isinstance(result, DynamicFrameCollection):
                found |= result._df_dict
            else:
                raise TypeError(f"Function argument to flatmap must return DynamicFrame or DynamicFrameCollection. Got {type(result)}")
        return DynamicFrameCollection(found, self._glue_ctx)


class DynamicFrameReader:
    """`glueContext.create_dynamic_frame`."""

    def __init__(self, glue_context):
        self._glue_context = glue_context

    def from_rdd(self, data, name, schema=None, sampleRatio=None):
        """As `GlueContext.create_dynamic_frame_from_rdd`."""
        return self._glue_context.create_dynamic_frame_from_rdd(data, name, schema, sampleRatio)

    def from_options(
        self, connection_type, connection_options={}, format=None, format_options={}, transformation_ctx="", push_down_predicate="",  # noqa: B006
        **kwargs,
    ):  # fmt: skip
        """As `GlueContext.create_dynamic_frame_from_options`."""
        return self._glue_context.create_dynamic_frame_from_options(
            connection_type, connection_options, format, format_options, transformation_ctx, push_down_predicate, **kwargs
        )

    def from_catalog(
        self, database=None, table_name=None, redshift_tmp_dir="", transformation_ctx="", push_down_predicate="", additional_options={},  # noqa: B006
        catalog_id=None, **kwargs,
    ):  # fmt: skip
        """As `GlueContext.create_dynamic_frame_from_catalog`."""
        return self._glue_context.create_dynamic_frame_from_catalog(
            database, table_name, redshift_tmp_dir, transformation_ctx, push_down_predicate, additional_options, catalog_id, **kwargs
        )


class DynamicFrameWriter:
    """`glueContext.write_dynamic_frame`."""

    def __init__(self, glue_context):
        self._glue_context = glue_context

    def from_options(self, frame, connection_type, connection_options={}, format=None, format_options={}, transformation_ctx=""):  # noqa: B006
        """As `GlueContext.write_dynamic_frame_from_options`."""
        return self._glue_context.write_dynamic_frame_from_options(
            frame, connection_type, connection_options, format, format_options, transformation_ctx
        )

    def from_catalog(
        self, frame, database=None, table_name=None, redshift_tmp_dir="", transformation_ctx="", additional_options={}, catalog_id=None,  # noqa: B006
        **kwargs,
    ):  # fmt: skip
        """As `GlueContext.write_dynamic_frame_from_catalog`."""
        return self._glue_context.write_dynamic_frame_from_catalog(
            frame, database, table_name, redshift_tmp_dir, transformation_ctx, additional_options, catalog_id, **kwargs
        )

    def from_jdbc_conf(self, frame, catalog_connection, connection_options={}, redshift_tmp_dir="", transformation_ctx=""):  # noqa: B006
        """As `GlueContext.write_dynamic_frame_from_jdbc_conf`."""
        return self._glue_context.write_dynamic_frame_from_jdbc_conf(
            frame, catalog_connection, connection_options, redshift_tmp_dir, transformation_ctx
        )


def empty_frame(glue_ctx: Any, name: str) -> DynamicFrame:
    """A frame without records and without fields."""
    from pyspark.sql.types import StructType

    return DynamicFrame(glue_ctx.spark_session.createDataFrame([], StructType([])), glue_ctx, name)


def _records_of(given: Any, glue_ctx: Any) -> Records:
    if isinstance(given, Records):
        return given
    if isinstance(given, DataFrame):
        return Records.of(given)
    if hasattr(given, "toJavaRDD"):
        return Records.of(DataFrame(given, glue_ctx.spark_session))
    raise BadOptionError("DynamicFrame", f"{type(given).__name__} is no DataFrame", ["DataFrame"])


def _spec_of(option: ResolveOption) -> tuple[str, str]:
    action = option.action.upper()
    if action == "KEEPASSTRUCT":
        return option.path, "make_struct"
    if action not in ("PROJECT", "CAST"):
        raise ValueError(f"Invalid resolve action {option.action}. Action must be one of KeepAsStruct, Project and Cast.")
    return option.path, f"{action.lower()}:{to_spark(option.target).simpleString()}"


def _stage(operation: str, transformation_ctx: str, info: str, stage_threshold: Any, total_threshold: Any) -> Stage:
    return Stage(transformation_ctx or operation, info or "", int(stage_threshold), int(total_threshold))


def _listed(paths: Any) -> list[str]:
    return [paths] if isinstance(paths, str) else list(paths)


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
