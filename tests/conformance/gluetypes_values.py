"""What `awsglue.gluetypes`, the arguments of the bookmark options and the constants answer, as data.

Run in the vendor's environment and in ours. These parts of the vendor's library are plain Python, so that its own answers are the
expectation.
"""

from __future__ import annotations

import json
import sys
from typing import Any

ATOMIC = ("Binary", "Boolean", "Byte", "Date", "Double", "Float", "Integer", "Long", "Null", "Short", "String", "Timestamp",
          "TimestampNTZ", "Unknown")  # fmt: skip


def samples() -> dict[str, Any]:
    """One value of each type, with its parameters where it has any."""
    from awsglue import gluetypes as G

    made = {f"{name}Type": getattr(G, f"{name}Type")() for name in ATOMIC}
    parts = [G.Field("id", G.LongType()), G.Field("tags", G.ArrayType(G.StringType()), {"note": "n"})]
    return made | {
        "AtomicType": G.AtomicType({"p": "1"}),
        "DataType": G.DataType({"p": "1"}),
        "DecimalType": G.DecimalType(12, 4),
        "EnumType": G.EnumType(["a", "b", "c", "d"]),
        "ArrayType": G.ArrayType(G.DecimalType(5, 1)),
        "SetType": G.SetType(G.IntegerType(), {"p": "1"}),
        "MapType": G.MapType(G.ChoiceType([G.LongType(), G.StringType()])),
        "ChoiceType": G.ChoiceType([G.StringType(), G.StructType(parts)]),
        "StructType": G.StructType(parts, {"p": "1"}),
        "Field": parts[1],
    }


def of_one(value: Any) -> dict[str, Any]:
    """Name, JSON and text of a type, and whether what is read from its JSON is the same."""
    described = {"json": value.jsonValue(), "name": value.typeName() if hasattr(value, "typeName") else None}
    described["text"] = None if type(value).__name__ == "DataType" else repr(value)
    if hasattr(value, "fromJsonValue"):
        try:
            again = type(value).fromJsonValue(value.jsonValue())
            described["again"] = [again == value, again.jsonValue()]
        except Exception as error:  # noqa: BLE001 a base class cannot: what it raises is the answer
            described["again"] = type(error).__name__
    return described


def merged() -> dict[str, Any]:
    """mergeDataTypes of each pair of samples, made anew for each: the vendor's changes what it is given."""
    from awsglue import gluetypes as G

    def fresh() -> dict[str, Any]:
        return {name: one for name, one in samples().items() if name not in ("Field", "AtomicType", "DataType", "EnumType")} | {
            "OtherStruct": G.StructType([G.Field("id", G.StringType()), G.Field("more", G.DateType())]),
            "OtherArray": G.ArrayType(G.LongType()),
            "OtherMap": G.MapType(G.BooleanType()),
            "OtherChoice": G.ChoiceType([G.DateType(), G.LongType()]),
        }

    names = list(fresh())
    return {f"{a}+{b}": in_order(G.mergeDataTypes(fresh()[a], fresh()[b]).jsonValue()) for a in names for b in names}


def in_order(value: Any) -> Any:
    """A choice's alternatives have no order."""
    if isinstance(value, dict):
        changed = {name: in_order(part) for name, part in value.items()}
        if "choices" in changed:
            changed["choices"] = sorted(changed["choices"], key=json.dumps)
        return changed
    return [in_order(one) for one in value] if isinstance(value, list) else value


def calls() -> dict[str, Any]:
    """What changes and asks a struct or a choice."""
    from awsglue import gluetypes as G

    struct = G.StructType([G.Field("a", G.LongType())])
    added = struct.add(G.Field("b", G.StringType()))
    choice = G.ChoiceType()
    choice.add(G.LongType())
    choice.merge([G.StringType(), G.LongType()])
    found: dict[str, Any] = {
        "add": [added is None, struct.jsonValue()],
        "has": [struct.hasField("b"), struct.hasField(G.Field("c", G.LongType())), struct.hasField(G.Field("a", G.StringType()))],
        "get": [repr(struct.getField("a")), repr(struct.getField(G.Field("b", G.LongType())))],
        "choice": in_order(choice.jsonValue()),
        "equal": [G.LongType() == G.LongType(), G.LongType() == G.StringType(), G.DecimalType(5, 1) == G.DecimalType(5, 2)],
    }
    attempts = {
        "twice": lambda: choice.add(G.LongType()),
        "no field": lambda: struct.getField("z"),
        "no type": lambda: G.Field("a", "string"),
        "no name": lambda: G.Field(1, G.LongType()),
        "no element": lambda: G.ArrayType("string"),
        "entity": lambda: G.EntityType("e", G.StringType(), {}),
        "entity's name": G.EntityType.typeName,
        "entity's json": lambda: G.EntityType.jsonValue(object.__new__(G.EntityType)),
    }
    for name, attempt in attempts.items():
        try:
            found[name] = repr(attempt())
        except Exception as error:  # noqa: BLE001 what it raises is the answer
            found[name] = type(error).__name__
    return found


def bookmark_options() -> dict[str, Any]:
    """What `Job` says of the arguments that Glue reads itself."""
    from awsglue.job import Job

    names = ("continuation_options", "data_lineage_options", "encryption_type_options", "id_params", "job_bookmark_options",
             "job_bookmark_range_options")  # fmt: skip
    return {name: getattr(Job, name)() for name in names}


def constants() -> dict[str, Any]:
    """Texts of the service's tools, and the names of the transforms."""
    from awsglue import dataframe_transforms, transforms
    from awsglue.scripts import activate_etl_connector, scripts_utils

    tools = (activate_etl_connector, scripts_utils)
    found = {name: value for tool in tools for name, value in vars(tool).items() if name.isupper() and isinstance(value, str)}
    for package in (dataframe_transforms, transforms):
        found[f"{package.__name__}.ALL_TRANSFORMS"] = sorted(kind.__name__ for kind in package.ALL_TRANSFORMS)
    return found


def values() -> dict[str, Any]:
    """All of it."""
    of_each = {name: of_one(one) for name, one in samples().items()}
    return {"types": of_each, "merged": merged(), "calls": calls(), "bookmark options": bookmark_options(), "constants": constants()}


if __name__ == "__main__":
    json.dump(values(), sys.stdout, sort_keys=True)
