"""The small names of the API, each called once as a script would: helpers, transforms' descriptions, sources and sinks by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber
from pyspark.sql import functions as F

from awsglue import functions as glue_functions
from awsglue import transforms
from awsglue.context import GlueContext, register
from awsglue.dataframe_transforms import ApplyMapping as FrameMapping
from awsglue.devutils import Command, GlueJobUtils
from awsglue.devutils import Job as GlueJob
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection, ResolveOption
from awsglue.exceptions import NotSupportedError
from awsglue.gluetypes import IntegerType, LongType
from awsglue.transforms.transform import DescribedTransform, GlueTransform
from awsglue.utils import callsite, iteritems, iterkeys, itervalues, makeOptions


def frame(glue: GlueContext, sql: str, name: str = "frame") -> DynamicFrame:
    return DynamicFrame.fromDF(glue.spark_session.sql(sql), glue, name)


def test_helpers_of_utils() -> None:
    pairs = {"a": 1, "b": 2}

    assert (list(iteritems(pairs)), list(iterkeys(pairs)), list(itervalues(pairs))) == ([("a", 1), ("b", 2)], ["a", "b"], [1, 2])
    assert makeOptions(None, pairs) == makeOptions(None, '{"a": 1, "b": 2}') == pairs
    with pytest.raises(TypeError, match="Unexpected type <class 'int'> in makeOptions"):
        makeOptions(None, 1)
    assert _asked_where().splitlines()[-2].endswith("in test_helpers_of_utils")


def _asked_where() -> str:
    return str(callsite())


def test_functions_of_columns(plain_glue: GlueContext) -> None:
    rows = plain_glue.spark_session.sql("select array(10, 20, 30) list, 7 seven, 'x' text")

    replaced = rows.select(glue_functions.replaceArrayElement("list", F.col("seven"), 1).alias("list"))
    named = rows.select(glue_functions.namedStruct(F.lit("n"), "seven", F.lit("t"), "text").alias("s"))
    listed = rows.select(glue_functions.namedStruct([F.lit("n"), F.col("seven")]).alias("s"))
    exploded = rows.select(glue_functions.explodeWithIndex("list"))

    assert replaced.first() == ([10, 7, 30],)
    assert (named.first()["s"].asDict(), listed.first()["s"].asDict()) == ({"n": 7, "t": "x"}, {"n": 7})  # type: ignore[index]
    assert (exploded.columns, exploded.collect()) == (["index", "val"], [(0, 10), (1, 20), (2, 30)])


def test_a_data_frame_is_mapped_as_a_dynamic_frame_is(plain_glue: GlueContext) -> None:
    rows = plain_glue.spark_session.sql("select '7' id, 'x' name")

    mapped = FrameMapping.apply(rows, [("id", "string", "key", "int")])

    assert (mapped.dtypes, mapped.collect()) == ([("key", "int")], [(7,)])
    assert [one["name"] for one in FrameMapping.describeArgs()] == ["frame", "mappings"]
    assert (FrameMapping.describeReturn()["type"], FrameMapping.describeErrors()) == ("DataFrame", [])
    assert FrameMapping.describeTransform() == "Apply a declarative mapping to this DataFrame."


def test_every_transform_describes_the_call_that_it_takes() -> None:
    found = {one.name(): one for one in transforms.get_transforms()}

    assert set(found) == {kind.__name__ for kind in transforms.ALL_TRANSFORMS} == set(transforms.__all__)
    for name, transform in found.items():
        described = json.loads(transforms.describe_transform(name.upper()))["transform"]
        taken = type(transform).__call__.__annotations__ or type(transform).__call__.__code__.co_varnames
        parts = (transform.describeArgs(), transform.describeReturn(), transform.describeTransform(), transform.describeErrors())
        assert described == dict(zip(("args", "returns", "description", "raises"), parts, strict=True)) | {
            "name": name, "location": "internal",
        }  # fmt: skip
        assert [one["name"] for one in parts[0]] == [one for one in taken if one != "self"][: len(parts[0])]
        assert described == transform.describe()["transform"]
        assert isinstance(transforms.get_transform(name), type(transform))
    assert (transforms.get_transform("nothing"), transforms.describe_transform("nothing")) == (None, "{}")


def test_a_transform_of_ones_own_says_what_it_does_not_describe() -> None:
    class Doubled(GlueTransform):
        def __call__(self, number: int) -> int:
            return number * 2

    class Told(DescribedTransform):
        """Twice the frame."""

        def __call__(self, frame: int) -> int:
            return frame * 2

    assert (Doubled.apply(4), Doubled.name(), GlueTransform.name()) == (8, "Doubled", "GlueTransform")
    for ask in (GlueTransform.describe, Doubled.describeArgs, Doubled.describeErrors, Doubled.describeReturn, Doubled.describeTransform):
        with pytest.raises(NotImplementedError, match="method not implemented for Transform"):
            ask()
    assert (Told.apply(frame=2), Told.describe()["transform"]["description"]) == (4, "Twice the frame.")


def test_a_choice_is_resolved_on_the_way_to_a_data_frame(plain_glue: GlueContext) -> None:
    mixed = frame(plain_glue, "select 1 a").union(frame(plain_glue, "select 'x' a"))

    kept = mixed.toDF([ResolveOption("a", "KeepAsStruct")])
    cast = mixed.toDF([ResolveOption("a", "Cast", LongType())])
    projected = mixed.toDF([ResolveOption("a", "Project", IntegerType())])

    assert kept.schema.simpleString() == "struct<a:struct<int:int,string:string>>"
    assert (cast.dtypes, sorted(cast.collect(), key=str)) == ([("a", "bigint")], [(1,), (None,)])
    assert (projected.dtypes, sorted(projected.collect(), key=str)) == ([("a", "int")], [(1,), (None,)])
    with pytest.raises(Exception, match="Missing target type for resolve action Cast"):
        mixed.toDF([ResolveOption("a", "Cast")])


def test_collections_are_made_asked_and_mapped(plain_glue: GlueContext) -> None:
    one, two = frame(plain_glue, "select 1 a", "one"), frame(plain_glue, "select 2 b", "two")
    both = DynamicFrameCollection([one, two], plain_glue)

    assert (dict(both.items()), len(both)) == ({"one": one, "two": two}, 2)
    assert (list(both.keys()), list(both.values())) == (["one", "two"], [one, two])
    assert both.select("one") is one
    assert both.select("three").count() == 0
    mapped = both.map(lambda each, context: DynamicFrame.fromDF(each.toDF().withColumn("c", F.lit(context)), plain_glue), "ctx")
    assert {name: each.toDF().collect() for name, each in mapped.items()} == {"one": [(1, "ctx:one")], "two": [(2, "ctx:two")]}
    flat = both.flatmap(lambda each, _: DynamicFrameCollection({f"{each.name}_{n}": each for n in (1, 2)}, plain_glue))
    assert list(flat.keys()) == ["one_1", "one_2", "two_1", "two_2"]
    with pytest.raises(TypeError, match="flatmap must return DynamicFrame or DynamicFrameCollection"):
        both.flatmap(lambda each, _: each.count())
    with pytest.raises(TypeError, match="dynamic_frames must be list or dict. Got tuple"):
        DynamicFrameCollection((one, two), plain_glue)


def test_sinks_and_sources_made_by_hand(plain_glue: GlueContext, tmp_path: Path) -> None:
    register(plain_glue.spark_session.sparkContext)
    rows = plain_glue.spark_session.sql("select 1 a union all select 2")
    sink = plain_glue.getSink("s3", path=f"file:{tmp_path}/frame")
    sink.setFormat("json")
    sink.setAccumulableSize(10)

    assert sink.writeDataFrame(rows, plain_glue) is rows
    assert DynamicFrame.fromDF(rows, plain_glue, "r").write("s3", {"path": f"file:{tmp_path}/frame"}, "json").count() == 0
    source = plain_glue.getSource("s3", paths=[f"file:{tmp_path}/frame"])
    source.setFormat("json")

    assert sorted(row.a for row in source.getDataFrame().collect()) == [1, 1, 2, 2]
    assert sorted(row.a for row in source.getFrame().toDF().collect()) == [1, 1, 2, 2]
    assert source.getSampleFrame(3).count() == 3


@pytest.mark.parametrize("call", [("start_transaction", False), ("commit_transaction", "t-1"), ("cancel_transaction", "t-1")])
def test_transactions_of_governed_tables_are_refused(plain_glue: GlueContext, call: tuple[str, Any]) -> None:
    name, argument = call

    with pytest.raises(NotSupportedError, match=f"GlueContext.{name} is not supported.*governed tables in 2024"):
        getattr(plain_glue, name)(argument)


def test_a_jobs_description_is_changed_as_the_service_takes_it(
    plain_glue: GlueContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    utils, job = GlueJobUtils(plain_glue), GlueJob()
    job.name, job.role, job.defaultArguments = "nightly", "arn:aws:iam::123456789012:role/glue", {"--day": "1"}
    job.command = Command("glueetl", "s3://scripts/jobs/nightly.py")
    wanted = {
        "Role": job.role, "ExecutionProperty": {"MaxConcurrentRuns": 1}, "DefaultArguments": {"--day": "1"}, "MaxRetries": 1,
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/jobs/nightly.py"},
    }  # fmt: skip
    (tmp_path / "nightly.py").write_text("print('second')")

    with Stubber(utils.glue) as service, Stubber(utils.s3) as store:
        store.add_response("put_object", {}, {"Bucket": "scripts", "Key": "jobs/nightly.py", "Body": b"print('second')"})
        service.add_response("update_job", {"JobName": "nightly"}, {"JobName": "nightly", "JobUpdate": wanted})
        assert utils.update_job(job, str(tmp_path / "nightly.py")) == {"JobName": "nightly"}
        service.assert_no_pending_responses()
        store.assert_no_pending_responses()
