"""GlueContext, DynamicFrame and Job: the everyday calls, and what is refused by name."""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.exceptions import BadOptionError, ErrorThresholdError, NotSupportedError, SourceError
from awsglue.gluetypes import LongType
from awsglue.job import Job


@pytest.fixture
def glue(spark: SparkSession) -> GlueContext:
    return GlueContext(spark.sparkContext)


@pytest.fixture
def rows(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(1, 'a "quoted", word'), (2, None)], "id int, text string")


def test_it_takes_a_context_a_session_or_nothing(spark: SparkSession) -> None:
    for given in (spark.sparkContext, spark, None):
        assert GlueContext(given).spark_session.range(3).count() == 3


def test_a_dynamic_frame_keeps_the_rows_of_a_data_frame(glue: GlueContext, rows: DataFrame) -> None:
    frame = DynamicFrame.fromDF(rows, glue, "rows")

    assert_df_equality(frame.toDF(), rows)
    assert (frame.name, frame.count(), frame.glue_ctx) == ("rows", 2, glue)


def test_an_empty_frame_works(glue: GlueContext, rows: DataFrame) -> None:
    frame = DynamicFrame.fromDF(rows.limit(0), glue, "none")

    assert (frame.count(), frame.toDF().columns) == (0, ["id", "text"])


def test_show_prints_records_as_json(glue: GlueContext, rows: DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    DynamicFrame.fromDF(rows, glue).show(1)

    assert capsys.readouterr().out == '{"id":1,"text":"a \\"quoted\\", word"}\n'


@pytest.mark.parametrize("format", ["csv", "json", "parquet", "orc"])
def test_what_is_written_is_read_back(glue: GlueContext, rows: DataFrame, tmp_path: Path, format: str) -> None:
    path = f"file:{tmp_path / 'out'}"

    glue.write_dynamic_frame.from_options(
        frame=DynamicFrame.fromDF(rows, glue), connection_type="s3", connection_options={"path": path}, format=format
    )
    options = {"withHeader": True} if format == "csv" else {}
    back = glue.create_data_frame.from_options("s3", {"paths": [path]}, format=format, format_options=options)

    assert sorted(map(tuple, back.select(back.id.cast("int"), "text").collect())) == [(1, 'a "quoted", word'), (2, None)]


def test_csv_without_a_header_has_numbered_columns(glue: GlueContext, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,x\n2,y\n")

    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [f"file:{tmp_path}"]}, format="csv")

    assert sorted(map(tuple, frame.toDF().collect())) == [("1", "x"), ("2", "y")]
    assert frame.toDF().columns == ["col0", "col1"]


def test_partition_keys_make_folders(glue: GlueContext, rows: DataFrame, tmp_path: Path) -> None:
    options = {"path": f"file:{tmp_path / 'out'}", "partitionKeys": ["id"]}

    glue.write_dynamic_frame.from_options(DynamicFrame.fromDF(rows, glue), "s3", options, "parquet")

    assert {folder.name for folder in (tmp_path / "out").glob("id=*")} == {"id=1", "id=2"}


def test_a_field_that_is_not_there_is_named_with_those_that_are(glue: GlueContext, rows: DataFrame) -> None:
    frame = DynamicFrame.fromDF(rows, glue)

    assert frame.select_fields(["text"]).rename_field("text", "words").toDF().columns == ["words"]
    with pytest.raises(BadOptionError, match=r"no field nosuch. Possible: id, text"):
        frame.select_fields(["nosuch"])


@pytest.mark.parametrize(
    "module", ["data_sink", "data_source", "streaming_data_source", "dataframereader", "utils", "context", "transforms"]
)
def test_a_name_that_a_module_does_not_have_is_refused_by_name(module: str) -> None:
    with pytest.raises(NotSupportedError, match=f"awsglue.{module}.Anything"):
        importlib.import_module(f"awsglue.{module}").Anything  # noqa: B018


def test_thresholds_of_a_stage_and_of_all_stages_end_the_work_at_their_number(plain_glue: GlueContext) -> None:
    rows = plain_glue.spark_session.createDataFrame([(0,), (1,), (2,), (3,)], "n int")
    frame = DynamicFrame.fromDF(rows, plain_glue, "numbers")

    def failing(source: DynamicFrame, at: int, **limits: int) -> DynamicFrame:
        return source.map(lambda row, at=at: {"n": row["n"], "x": 1 // (row["n"] - at)}, transformation_ctx=f"without {at}", **limits)

    one = failing(frame, 0, stageThreshold=2, totalThreshold=2)
    two = failing(one, 1, stageThreshold=2, totalThreshold=3)
    two.assertErrorThreshold()
    assert (two.count(), two.stageErrorsCount(), two.errorsCount()) == (2, 1, 2)
    with pytest.raises(
        ErrorThresholdError, match="without 1 has 2 error records and totalThreshold is 2. The first says: integer division"
    ):
        failing(one, 1, totalThreshold=2).toDF()
    stage = failing(frame, 0, stageThreshold=1)
    for ask in (stage.count, stage.drop_fields(["x"]).toDF):
        with pytest.raises(ErrorThresholdError, match="without 0 has 1 error records and stageThreshold is 1"):
            ask()
    assert stage.errorsAsDynamicFrame().count() == 1


def test_a_job_is_initialised_and_its_commit_recorded(glue: GlueContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_RUN_FOLDER", str(tmp_path))
    monkeypatch.setattr(Job, "_name", None)
    job = Job(glue)

    job.commit()
    assert not job.isInitialized()
    assert list(tmp_path.iterdir()) == []

    job.init("nightly", {"JOB_RUN_ID": "jr_1"})
    job.commit()
    assert job.isInitialized()
    assert '"job_run_id": "jr_1"' in (tmp_path / "commit.json").read_text()


def test_the_logger_has_the_apis_methods_and_writes_to_standard_error(glue: GlueContext, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("GlueLogger").handlers.clear()
    logger = glue.get_logger()

    logger.info("read 3 rows")
    logger.warn("late")
    logger.error("gone")

    said = capsys.readouterr().err
    assert [word in said for word in ("INFO [GlueLogger] read 3 rows", "WARNING [GlueLogger] late", "ERROR [GlueLogger] gone")] == [
        True
    ] * 3


def test_an_option_or_format_is_never_ignored(glue: GlueContext, rows: DataFrame, tmp_path: Path) -> None:
    where = {"paths": [f"file:{tmp_path}"]}
    (tmp_path / "a.csv").write_text("1\n")

    with pytest.raises(BadOptionError, match="rowTag is missing"):
        glue.create_data_frame.from_options("s3", where, format="xml")
    with pytest.raises(NotSupportedError, match="format 'ion'"):
        glue.create_data_frame.from_options("s3", where, format="ion")
    with pytest.raises(BadOptionError, match=r"format 'cvs' is not known. Possible: avro, csv"):
        glue.create_data_frame.from_options("s3", where, format="cvs")
    with pytest.raises(NotSupportedError, match="connection_type 'oracle'"):
        glue.create_data_frame.from_options("oracle", {})
    with pytest.raises(BadOptionError, match=r"csv format: no option 'skipfirst'. Possible: .*skipFirst"):
        glue.create_data_frame.from_options("s3", where, format="csv", format_options={"skipfirst": True})
    with pytest.raises(NotSupportedError, match="strictCheckForQuoting is not supported"):
        glue.create_data_frame.from_options("s3", where, format="csv", format_options={"strictCheckForQuoting": True})
    with pytest.raises(BadOptionError, match="no option 'bounded'.*boundedFiles"):
        glue.create_data_frame.from_options("s3", {**where, "bounded": "5"}, format="csv")
    with pytest.raises(Exception, match="Parameter table_name is missing"):
        glue.create_data_frame.from_catalog(database="curated")


def test_a_path_that_is_not_there_is_named_with_what_is_beside_it(glue: GlueContext, tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()

    with pytest.raises(SourceError, match=r"/order: there is no such path.*has: orders"):
        glue.create_dynamic_frame.from_options("s3", {"paths": [f"file:{tmp_path}/order"]}, format="json")


def test_frames_are_merged_united_and_partitioned(plain_glue: GlueContext) -> None:
    def frame(rows: list[tuple[object, ...]], names: str) -> DynamicFrame:
        return DynamicFrame.fromDF(plain_glue.spark_session.createDataFrame(rows, names), plain_glue, "f")

    def rows(given: DynamicFrame) -> list[tuple[object, ...]]:
        return sorted(map(tuple, given.toDF().collect()), key=repr)

    old, new = frame([(1, "a"), (2, "b")], "id int, v string"), frame([(2, "B"), (3, "C")], "id int, v string")
    assert rows(old.mergeDynamicFrame(new, ["id"])) == [(1, "a"), (2, "B"), (3, "C")]
    other = frame([(9,)], "v long")
    united = old.union(other)
    assert [field.dataType.typeName() for field in united.schema()] == ["int", "choice"]
    assert rows(united.resolveChoice(specs=[("v", "cast:string")])) == [(1, "a"), (2, "b"), (None, "9")]
    assert (old.repartition(3).getNumPartitions(), old.repartition(3).coalesce(2).getNumPartitions()) == (3, 2)
    assert rows(old.with_frame_schema(frame([("",)], "v string").schema())) == [("a",), ("b",)]

    def halves(given: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for item in given:
            failed = item["record"]["id"] == 1
            yield {"record": {"id": item["record"]["id"] / 2}, "isError": failed, "errorMessage": "one is refused"}

    done = old.mapPartitions(halves)
    assert (rows(done), done.errorsAsDynamicFrame().toDF().select("error.msg").collect()) == ([(1.0,)], [("one is refused",)])
    numbered = old.mapPartitionsWithIndex(lambda index, given: ({**item, "record": {"part": index}} for item in given))
    assert rows(numbered) == [(0,), (0,)]


def test_sources_samples_and_small_calls(plain_glue: GlueContext, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}\n{"a": 2}\n{"a": 3}\n')
    where = {"paths": [f"file:{tmp_path}"]}

    source = plain_glue.getSource("s3", **where)
    source.setFormat("json")
    assert source.getFrame().count() == 3
    sample = plain_glue.create_sample_dynamic_frame_from_options("s3", where, num=2, format="json")
    assert sample.count() == 2
    streaming = plain_glue.getStreamingSource("s3", **where)
    streaming.setFormat("json")
    assert sorted(row.a for row in streaming.getFrame().collect()) == [1, 2, 3]
    made = plain_glue.create_dynamic_frame.from_rdd([(1, "x")], "made", ["id", "name"])
    assert (made.name, made.toDF().collect()) == ("made", [(1, "x")])
    stamped = plain_glue.add_ingestion_time_columns(made.toDF(), "hour")
    assert stamped.columns == ["id", "name", "ingest_year", "ingest_month", "ingest_day", "ingest_hour"]
    assert plain_glue.convert_resolve_option("a", "Project", LongType()) == ("a", "project:long")
    assert abs(plain_glue.currentTimeMillis() - time.time() * 1000) < 60_000
    for lake, jar in (("delta", "io.delta:delta-spark_2.12"), ("hudi", "org.apache.hudi:hudi-spark3.5-bundle_2.12")):
        with pytest.raises(NotSupportedError, match=f"'{lake}' without its jar .{jar}."):
            plain_glue.create_dynamic_frame.from_options(lake, {"path": f"file:{tmp_path}"})
    with pytest.raises(NotSupportedError, match="governed tables"):
        plain_glue.start_transaction(False)
