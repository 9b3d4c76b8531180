"""Every operation against cases in `golden/`: records, a call, and the type, records and errors that come out of it.

Frames are made and looked at by the public API, so that the cases run on the vendor's library too (`make test-glue-image`). Marked
`local` are those whose words are this runtime's, and those that begin with a choice, which only its own encoding makes of a type.

A case has `call` (a method of the frame) or `apply` (a transform), and what it is called with: `other` frames by parameter, or a
`collection` of frames instead of one; `before` is called first.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from awsglue import gluetypes as G
from awsglue import transforms
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection

CASES = [
    (file.stem, case) for file in sorted((Path(__file__).parent / "golden").glob("*.yaml")) for case in yaml.safe_load(file.read_text())
]


@pytest.fixture(scope="module")
def glue(spark_session: SparkSession) -> GlueContext:
    return GlueContext(spark_session)


def frame_of(glue: GlueContext, fields: str, records: list[dict[str, Any]], name: str = "frame") -> DynamicFrame:
    """Frame of records whose type may have choices, written `a choice<int, string>, b struct<c: int>`."""
    if "choice<" in fields:
        from awsglue._core.type_strings import parse_type
        from awsglue._core.values import encode

        schema = parse_type(f"struct<{_colons(fields)}>")
        rows = [tuple(encode(record, schema).values()) for record in records]
        return DynamicFrame(glue.spark_session.createDataFrame(rows, schema), glue, name)
    plain = T._parse_datatype_string(re.sub(r"\bnull\b", "void", fields)) if fields else T.StructType([])
    return DynamicFrame.fromDF(glue.spark_session.createDataFrame(records, plain), glue, name)


def _colons(fields: str) -> str:
    """`a int, b string` with the colons of nested fields: the first blank at the top level of each field."""
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(fields + ","):
        depth += (letter in "<(") - (letter in ">)")
        if letter == "," and depth == 0:
            name, _, kind = fields[start:position].strip().partition(" ")
            parts.append(f"{name}:{kind}")
            start = position + 1
    return ",".join(parts)


def described(kind: G.DataType) -> str:
    """A type as the cases write it."""
    if isinstance(kind, G.StructType):
        return "struct<" + ", ".join(f"{_name(field.name)}: {described(field.dataType)}" for field in kind) + ">"
    if isinstance(kind, G.ArrayType):
        return f"array<{described(kind.elementType)}>"
    if isinstance(kind, G.ChoiceType):
        return "choice<" + ", ".join(described(kind.choices[name]) for name in sorted(kind.choices)) + ">"
    return f"decimal({kind.precision},{kind.scale})" if isinstance(kind, G.DecimalType) else kind.typeName()


def _name(name: str) -> str:
    return f"`{name}`" if "." in name else name


def outcome(frame: DynamicFrame) -> tuple[str, list[dict[str, Any]]]:
    """Fields and records of a frame; null fields of records are left out, as `show` does, and of choices there is the bare value."""
    kind = frame.schema()
    fields = ", ".join(f"{_name(field.name)} {described(field.dataType)}" for field in kind)
    shown = frame.toDF()
    return fields, [bare(json.loads(text), kind) for text in shown.toJSON().collect()] if shown.columns else []


def bare(value: Any, kind: G.DataType) -> Any:
    """A value of a DataFrame with the value itself where a choice is a struct of its types."""
    if isinstance(kind, G.ChoiceType) and isinstance(value, dict):
        ((name, inside),) = value.items()
        return bare(inside, kind.choices[name])
    if isinstance(kind, G.StructType) and isinstance(value, dict):
        of = {field.name: field.dataType for field in kind}
        return {name: bare(inside, of[name]) for name, inside in value.items()}
    if isinstance(kind, G.ArrayType) and isinstance(value, list):
        return [bare(inside, kind.elementType) for inside in value]
    return value


def given(glue: GlueContext, case: dict[str, Any]) -> DynamicFrame | DynamicFrameCollection:
    """What a case's operation is applied to."""
    if "collection" in case:
        frames = [(name, frame_of(glue, one["type"], one["records"], name)) for name, one in case["collection"].items()]
        return DynamicFrameCollection(dict(frames), glue)
    frame = frame_of(glue, case["type"], case["records"])
    return call(frame, case["before"], {}) if "before" in case else frame


def call(on: Any, wanted: dict[str, dict[str, Any]], arguments: dict[str, Any]) -> Any:
    """The method of the frame, with arguments as a script would write them."""
    ((method, written),) = wanted.items()
    return getattr(on, method)(**read(written), **arguments)


def apply(on: Any, wanted: dict[str, dict[str, Any]], arguments: dict[str, Any]) -> Any:
    """The transform, whose first parameter takes the frame or the collection."""
    ((name, written),) = wanted.items()
    return getattr(transforms, name).apply(on, **read(written), **arguments)


def read(written: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a case: tuples, functions and classes are written as lists and text there."""
    arguments = dict(written)
    for name in ("mappings", "specs"):
        if name in arguments:
            arguments[name] = [tuple(one) for one in arguments[name]]
    for name, parameters in (("f", "r"), ("callable", "frame, ctx")):
        if name in arguments:
            arguments[name] = eval(f"lambda {parameters}: {arguments[name]}")
    if "BaseTransform" in arguments:
        arguments["BaseTransform"] = getattr(transforms, arguments["BaseTransform"])
    return arguments


def only_local(case: dict[str, Any]) -> list[pytest.MarkDecorator]:
    """The mark of a case that holds with this runtime only."""
    frames = [case, *case.get("other", {}).values(), *case.get("collection", {}).values()]
    if any("choice<" in frame.get("type", "") for frame in frames):
        return [pytest.mark.local("a type with a choice becomes a frame by this runtime's encoding")]
    return [pytest.mark.local("the words are this runtime's")] if "raises" in case or "errors" in case else []


def in_order(records: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(record, sort_keys=True) for record in records)


@pytest.mark.parametrize(
    ("family", "case"), [pytest.param(family, case, id=f"{family}-{case['name']}", marks=only_local(case)) for family, case in CASES]
)
def test_an_operation_gives_what_its_case_says(glue: GlueContext, tmp_path: Path, family: str, case: dict[str, Any]) -> None:
    frame = given(glue, case)
    arguments: dict[str, Any] = {name: frame_of(glue, one["type"], one["records"]) for name, one in case.get("other", {}).items()}
    wanted = case.get("call") or case["apply"]
    if any("path" in one and one["path"] == "TMP" for one in wanted.values()):
        wanted = {name: {**one, "path": f"file:{tmp_path}/out"} for name, one in wanted.items()}
    run = call if "call" in case else apply
    if "raises" in case:
        with pytest.raises(Exception, match=case["raises"]):
            outcome(run(frame, wanted, arguments))
        return

    result = run(frame, wanted, arguments)

    if isinstance(result, DynamicFrameCollection):
        assert set(result.keys()) == set(case["frames"])
        for name, wanted in case["frames"].items():
            fields, records = outcome(result[name])
            assert (fields, in_order(records)) == (wanted["gives"], in_order(wanted["out"]))
        return
    fields, records = outcome(result)
    assert (fields, in_order(records)) == (case["gives"], in_order(case["out"]))
    said = [row["msg"] for row in result.errorsAsDynamicFrame().toDF().select("error.msg").collect()]
    assert len(said) == len(case.get("errors", [])) == result.errorsCount() == result.stageErrorsCount()
    assert all(any(text in one for one in said) for text in case.get("errors", []))


def first_of_each_operation() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for _, case in CASES:
        if "raises" not in case and "collection" not in case and "before" not in case:
            found.setdefault(next(iter(case.get("call") or case["apply"])), case)
    return found


@pytest.mark.local("its cases begin with choices, too")
@pytest.mark.parametrize("fields", ["as_in_the_case", "none"])
def test_every_operation_takes_a_frame_without_records(glue: GlueContext, tmp_path: Path, fields: str) -> None:
    operations = first_of_each_operation()
    assert len(operations) > 30

    for name, case in operations.items():
        kept = {**case, "records": [], "type": case["type"] if fields == "as_in_the_case" else ""}
        arguments: dict[str, Any] = {one: frame_of(glue, other["type"], []) for one, other in case.get("other", {}).items()}
        wanted = {name: {**next(iter((case.get("call") or case["apply"]).values()))}}
        if wanted[name].get("path") == "TMP":
            wanted[name]["path"] = f"file:{tmp_path}/{name}"
        result = (call if "call" in case else apply)(given(glue, kept), wanted, arguments)
        frames = list(result.values()) if isinstance(result, DynamicFrameCollection) else [result]
        assert [(name, one.count(), one.errorsCount(), one.toDF().count()) for one in frames] == [(name, 0, 0, 0)] * len(frames)


def test_there_are_several_dozen_cases_and_no_name_twice() -> None:
    names = [(family, case["name"]) for family, case in CASES]

    assert len(names) == len(set(names)) >= 60
