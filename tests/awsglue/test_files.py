"""Files read and written in every format, the options of paths, and what earlier runs have read."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
from pathlib import Path
from typing import Any

import fastavro
import pytest

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.exceptions import BadOptionError, NotSupportedError
from localaws.glue.bookmark_store import BookmarkStore


def read(glue: GlueContext, folder: Path, format: str, ctx: str = "", **options: Any) -> DynamicFrame:
    format_options = options.pop("format_options", {})
    return glue.create_dynamic_frame.from_options(
        "s3", {"paths": [f"file:{folder}"], **options}, format=format, format_options=format_options, transformation_ctx=ctx
    )


def records(frame: DynamicFrame) -> list[dict[str, Any]]:
    rows = [row.asDict(recursive=True) for row in frame.toDF().collect()]
    return sorted(rows, key=lambda row: json.dumps(row, default=str))


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


# ---- JSON


@pytest.mark.parametrize(
    "text",
    ['{"a":1}\n{"a":2}\n', '[{"a":1},{"a":2}]', '{\n "a": 1\n}\n{\n "a": 2\n}', '{"a":1}{"a":2}', '[{"a":1}]\n[{"a":2}]'],
    ids=["lines", "an_array", "over_many_lines", "one_after_the_other", "arrays_by_line"],
)
def test_json_is_read_however_it_is_laid_out(plain_glue: GlueContext, tmp_path: Path, text: str) -> None:
    write(tmp_path, "a.json", text)

    assert records(read(plain_glue, tmp_path, "json")) == [{"a": 1}, {"a": 2}]


def test_json_lines_that_are_none_become_error_records(plain_glue: GlueContext, tmp_path: Path) -> None:
    write(tmp_path, "a.json", '{"a":1}\n{"a":\n{"a":3}\n')

    frame = read(plain_glue, tmp_path, "json")

    assert (records(frame), frame.errorsCount()) == ([{"a": 1}, {"a": 3}], 1)
    assert "Unable to parse" in frame.errorsAsDynamicFrame().toDF().select("error.msg").first()[0]  # type: ignore[index]


def test_json_mixed_values_are_choices_and_large_numbers_long(plain_glue: GlueContext, tmp_path: Path, capsys: Any) -> None:
    write(tmp_path, "a.json", '{"id":1,"n":5000000000,"x":null}\n{"id":"two","n":6000000000}\n')

    read(plain_glue, tmp_path, "json").printSchema()

    lines = ["root", "|-- id: choice", "|    |-- int", "|    |-- string", "|-- n: long", "|-- x: null", ""]
    assert capsys.readouterr().out.rstrip("\n") + "\n" == "\n".join(lines)


def test_a_json_path_selects_the_records(plain_glue: GlueContext, tmp_path: Path) -> None:
    write(tmp_path, "a.json", '{"meta": 1, "rows": [{"a": 1}, {"a": 2}]}')

    assert records(read(plain_glue, tmp_path, "json", format_options={"jsonPath": "$.rows[*]"})) == [{"a": 1}, {"a": 2}]


# ---- CSV, XML, logs


def test_csv_is_text_and_empty_fields_are_empty_texts(plain_glue: GlueContext, tmp_path: Path) -> None:
    write(tmp_path, "a.csv", 'id|name\n1|"x|y"\n2|\n')

    frame = read(plain_glue, tmp_path, "csv", format_options={"withHeader": True, "separator": "|"})

    assert records(frame) == [{"id": "1", "name": "x|y"}, {"id": "2", "name": ""}]


def test_csv_over_many_lines_without_its_first_line_and_with_the_name_of_its_file(plain_glue: GlueContext, tmp_path: Path) -> None:
    write(tmp_path, "a.csv", 'skipped,line\n1,"two\nlines"\n')

    frame = read(plain_glue, tmp_path, "csv", format_options={"skipFirst": True, "multiLine": True, "attachFilename": "file"})

    (record,) = records(frame)
    assert (record["col0"], record["col1"], Path(record["file"]).name) == ("1", "two\nlines", "a.csv")


def test_xml_rows_have_attributes_lists_and_choices(plain_glue: GlueContext, tmp_path: Path) -> None:
    write(tmp_path, "a.xml", '<all><r id="1"><v>2</v><v>3</v></r><r id="x"><v>4</v><t> a </t></r></all>')

    frame = read(plain_glue, tmp_path, "xml", format_options={"rowTag": "r"})

    assert [field.dataType.typeName() for field in frame.schema()] == ["choice", "choice", "string"]
    cast = frame.resolveChoice(specs=[("_id", "cast:string"), ("v", "cast:string")])
    assert records(cast) == [{"_id": "1", "v": "[2,3]", "t": None}, {"_id": "x", "v": "4", "t": " a "}]


def test_log_lines_are_read_by_a_pattern_and_others_are_errors(plain_glue: GlueContext, tmp_path: Path) -> None:
    write(tmp_path, "a.log", "10.0.0.1 GET 200 -\nnonsense\n")
    options = {"logFormat": "%{IP:client} %{WORD:verb} %{NUMBER:status:int} %{SIZE:bytes}", "customPatterns": "SIZE (?:\\d+|-)"}

    frame = read(plain_glue, tmp_path, "grokLog", format_options=options)

    assert records(frame) == [{"client": "10.0.0.1", "verb": "GET", "status": 200, "bytes": None}]
    assert frame.errorsCount() == 1


def test_compressed_files_are_read_by_their_ending(plain_glue: GlueContext, tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b'{"a":1}\n'))
    (tmp_path / "b.json.bz2").write_bytes(bz2.compress(b'{"a":2}\n'))

    assert records(read(plain_glue, tmp_path, "json")) == [{"a": 1}, {"a": 2}]


# ---- paths


def test_subfolders_exclusions_and_bounds_decide_which_files_are_read(plain_glue: GlueContext, tmp_path: Path) -> None:
    for index, name in enumerate(["a.json", "sub/b.json", "sub/deep/c.json", "sub/d.tmp", "_hidden.json"]):
        os.utime(write(tmp_path, name, json.dumps({"n": name})), (1000 + index, 1000 + index))

    def names(**options: Any) -> list[str]:
        return sorted(row["n"] for row in records(read(plain_glue, tmp_path, "json", **options)))

    assert names() == ["a.json"]
    assert names(recurse=True) == ["a.json", "sub/b.json", "sub/d.tmp", "sub/deep/c.json"]
    assert names(recurse=True, exclusions='["**.tmp", "sub/deep/**"]') == ["a.json", "sub/b.json"]
    assert names(recurse=True, boundedFiles="2", groupFiles="inPartition") == ["a.json", "sub/b.json"]
    with pytest.raises(BadOptionError, match="is no JSON list"):
        names(exclusions="**.tmp")


def test_folders_of_parquet_are_columns(plain_glue: GlueContext, tmp_path: Path) -> None:
    frame = plain_glue.spark_session.createDataFrame([(1, "x"), (2, "y")], "id int, kind string")
    target = {"path": f"file:{tmp_path}/out", "partitionKeys": ["kind"]}

    plain_glue.write_dynamic_frame.from_options(
        DynamicFrame.fromDF(frame, plain_glue), "s3", target, "glueparquet", {"compression": "snappy"}
    )

    assert records(read(plain_glue, tmp_path / "out", "parquet")) == [{"id": 1, "kind": "x"}, {"id": 2, "kind": "y"}]


# ---- writing


def test_avro_keeps_nested_types_and_codecs_and_what_others_wrote_is_read(plain_glue: GlueContext, tmp_path: Path) -> None:
    sql = "select 1L id, named_struct('city', 'Oslo') at, array(1.5D, null) list, date'2026-01-02' day, cast(2.50 as decimal(9,2)) price"
    written = DynamicFrame.fromDF(plain_glue.spark_session.sql(sql), plain_glue, "w")
    target = {"path": f"file:{tmp_path}/ours", "partitionKeys": ["id"]}

    plain_glue.write_dynamic_frame.from_options(written, "s3", target, format="avro", format_options={"compression": "deflate"})

    assert [file.parent.name for file in (tmp_path / "ours").rglob("*.avro")] == ["id=1"]
    back = read(plain_glue, tmp_path / "ours", "avro")
    assert back.drop_fields(["id"]).toDF().schema.simpleString() == written.drop_fields(["id"]).toDF().schema.simpleString()
    assert back.select_fields(["at", "list", "price"]).toDF().collect() == written.select_fields(["at", "list", "price"]).toDF().collect()
    fields = [{"name": "n", "type": ["null", "int"]}, {"name": "mixed", "type": ["int", "string"]}]
    fields.append({"name": "list", "type": {"type": "array", "items": ["string", "double"]}})
    schema = fastavro.parse_schema({"type": "record", "name": "r", "fields": fields})
    with (tmp_path / "theirs.avro").open("wb") as stream:
        fastavro.writer(stream, schema, [{"n": 1, "mixed": 2, "list": ["a", 1.5]}, {"n": None, "mixed": "x", "list": []}])
    theirs = read(plain_glue, tmp_path / "theirs.avro", "avro")
    assert [field.dataType.typeName() for field in theirs.schema()] == ["int", "choice", "array"]
    cast = theirs.resolveChoice(specs=[("mixed", "cast:string"), ("list[]", "cast:string")])
    assert cast.toDF().sort("n").collect() == [(None, "x", []), (1, "2", ["a", "1.5"])]


def test_nothing_is_written_of_nothing_and_null_fields_are_left_out(plain_glue: GlueContext, tmp_path: Path) -> None:
    spark = plain_glue.spark_session
    empty = DynamicFrame.fromDF(spark.createDataFrame([], "a int"), plain_glue)

    plain_glue.write_dynamic_frame.from_options(empty, "s3", {"path": f"file:{tmp_path}/none"}, "json")
    with_null = DynamicFrame.fromDF(spark.sql("select 1 a, null b"), plain_glue)
    errors = plain_glue.write_dynamic_frame.from_options(with_null, "s3", {"path": f"file:{tmp_path}/one"}, "orc")

    assert not (tmp_path / "none").exists()
    assert records(read(plain_glue, tmp_path / "one", "orc")) == [{"a": 1}]
    assert (errors.name, errors.count()) == ("_errors", 0)


def test_a_collection_goes_to_a_folder_for_each_frame(plain_glue: GlueContext, tmp_path: Path) -> None:
    one = DynamicFrame.fromDF(plain_glue.spark_session.range(1), plain_glue, "one")
    two = DynamicFrame.fromDF(plain_glue.spark_session.range(2), plain_glue, "two")

    plain_glue.write_from_options(DynamicFrameCollection([one, two], plain_glue), "s3", {"path": f"file:{tmp_path}"}, "json")

    assert [len(records(read(plain_glue, tmp_path / name, "json"))) for name in ("one", "two")] == [1, 2]


def test_what_a_format_cannot_hold_is_named(plain_glue: GlueContext, tmp_path: Path) -> None:
    nested = DynamicFrame.fromDF(plain_glue.spark_session.sql("select named_struct('b', 1) a"), plain_glue)

    with pytest.raises(BadOptionError, match="Writing csv: a is nested or still a choice"):
        plain_glue.write_dynamic_frame.from_options(nested, "s3", {"path": f"file:{tmp_path}"}, "csv")
    with pytest.raises(NotSupportedError, match="writing format 'xml'"):
        plain_glue.write_dynamic_frame.from_options(nested, "s3", {"path": f"file:{tmp_path}"}, "xml")
    with pytest.raises(BadOptionError, match="partitionKeys: no field c. Possible: a"):
        plain_glue.write_dynamic_frame.from_options(nested, "s3", {"path": f"file:{tmp_path}", "partitionKeys": ["c"]}, "json")


def test_spigot_writes_a_sample_and_passes_the_records_on(plain_glue: GlueContext, tmp_path: Path) -> None:
    frame = DynamicFrame.fromDF(plain_glue.spark_session.range(150), plain_glue)

    assert frame.spigot(f"file:{tmp_path}/some", {"topk": 5}).count() == 150
    frame.spigot(f"file:{tmp_path}/hundred")
    assert [len(records(read(plain_glue, tmp_path / name, "json"))) for name in ("some", "hundred")] == [5, 100]


# ---- bookmarks: the story of a job


def test_bookmarks_tell_the_story_of_a_job(plain_glue: GlueContext, tmp_path: Path, jobs: Any) -> None:
    data = tmp_path / "data"

    def seen() -> list[int]:
        return [row["n"] for row in records(read(plain_glue, data, "json", ctx="source"))]

    write(data, "1.json", '{"n":1}')
    job = jobs("run_1")
    assert seen() == [1]
    job.commit()

    write(data, "2.json", '{"n":2}')
    jobs("run_2_fails_before_commit")
    assert seen() == [2]
    job = jobs("run_3")
    assert seen() == [2]
    job.commit()

    late = write(data, "3.json", '{"n":3}')
    os.utime(late, (1, 1))  # it arrives late, with an old time
    job = jobs("run_4")
    assert seen() == [3]
    job.commit()
    jobs("run_5")
    assert seen() == []

    write(data, "1.json", '{"n":11}')
    os.utime(data / "1.json", (5000, 5000))  # changed, so it is new
    jobs("run_6")
    assert seen() == [11]

    job = jobs("paused", "job-bookmark-pause", job_bookmark_from="run_1", job_bookmark_to="run_3")
    assert seen() == [2]
    job.commit()
    jobs("run_7", "job-bookmark-disable")
    assert seen() == [11, 2, 3]

    BookmarkStore.of_environment().reset("nightly", "run_3")
    jobs("run_8")
    assert seen() == [11, 3]
    BookmarkStore.of_environment().reset("nightly")
    jobs("run_9")
    assert seen() == [11, 2, 3]
    with pytest.raises(BadOptionError, match="no committed run run_x"):
        jobs("run_10", "job-bookmark-pause", job_bookmark_from="run_x", job_bookmark_to="run_3")


def test_a_file_of_avro_in_a_field_is_unboxed(plain_glue: GlueContext) -> None:
    fields = [{"name": "n", "type": "long"}, {"name": "s", "type": "string"}]
    schema = fastavro.parse_schema({"type": "record", "name": "r", "fields": fields})
    boxes = []
    for records in ([{"n": 1, "s": "x"}], [{"n": 2, "s": "y"}, {"n": 3, "s": "z"}]):
        stream = io.BytesIO()
        fastavro.writer(stream, schema, records)
        boxes.append(bytearray(stream.getvalue()))
    given = [(1, boxes[0]), (2, bytearray(b"no file")), (3, None), (4, boxes[0][:-20])]
    frame = DynamicFrame.fromDF(plain_glue.spark_session.createDataFrame(given, "id int, box binary"), plain_glue, "boxed")

    opened = frame.unbox("box", "avro")

    assert sorted(tuple(row) for row in opened.toDF().select("id", "box.n", "box.s").collect()) == [(1, 1, "x"), (3, None, None)]
    said = [row.msg for row in opened.errorsAsDynamicFrame().toDF().select("error.msg").collect()]
    assert [one[:14] for one in said] == ["box is no avro"] * 2
    several = DynamicFrame.fromDF(plain_glue.spark_session.createDataFrame([(boxes[1],)], "box binary"), plain_glue, "several")
    assert [[entry.n for entry in row.box] for row in several.unbox("box", "avro").toDF().collect()] == [[2, 3]]
    with pytest.raises(BadOptionError, match="option 'withSchema' with format 'avro'"):
        frame.unbox("box", "avro", withSchema="{}")
