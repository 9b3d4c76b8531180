"""The schema registry checks definitions and compares versions as their compatibility asks."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from endpoint_process import EndpointProcess

from localaws.glue.avro_compatibility import cannot_read


def record(*fields: dict[str, Any], name: str = "Order") -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields)}


ID = {"name": "id", "type": "long"}
NOTE = {"name": "note", "type": ["null", "string"], "default": None}
TREE = record({"name": "below", "type": ["null", "Order"], "default": None}, ID)


@pytest.mark.parametrize(
    ("reader", "writer", "reasons"),
    [
        pytest.param(record(ID, NOTE), record(ID), [], id="a field with a default is added"),
        pytest.param(
            record(ID, {"name": "n", "type": "int"}), record(ID), ["n: the field is not written and has no default"], id="without"
        ),
        pytest.param(record(ID), record(ID, NOTE), [], id="a field is left out"),
        pytest.param(record({**ID, "type": "double"}), record(ID), [], id="a number is promoted"),
        pytest.param(record({**ID, "type": "int"}), record(ID), ["id: long cannot be read as int"], id="a number is cut"),
        pytest.param(record({**ID, "name": "key", "aliases": ["id"]}), record(ID), [], id="a field by its former name"),
        pytest.param(record(ID, name="Sale"), record(ID), ["(top): the record is named Order and is read as Sale"], id="another name"),
        pytest.param(record(ID, name="of.shop.Order"), record(ID), [], id="another namespace"),
        pytest.param(["null", "long"], "int", [], id="a union takes a promoted type"),
        pytest.param("string", ["null", "string"], ["(top): null cannot be read as string"], id="one of the writer's types is lost"),
        pytest.param(["null", "long"], "string", ["(top): string is none of the union's types"], id="no type of the union"),
        pytest.param({"type": "array", "items": "int"}, {"type": "array", "items": "long"}, ["[]: long cannot be read as int"], id="items"),
        pytest.param({"type": "map", "values": "string"}, {"type": "map", "values": "bytes"}, [], id="values"),
        pytest.param(
            {"type": "enum", "name": "E", "symbols": ["A"]},
            {"type": "enum", "name": "E", "symbols": ["A", "B"]},
            ["(top): the symbols B of E are not known"],
            id="a symbol is lost",
        ),
        pytest.param(
            {"type": "enum", "name": "E", "symbols": ["A"], "default": "A"},
            {"type": "enum", "name": "E", "symbols": ["B"]},
            [],
            id="default",
        ),
        pytest.param(
            {"type": "fixed", "name": "F", "size": 4},
            {"type": "fixed", "name": "F", "size": 8},
            ["(top): the size of F is 8 and is read as 4"],
            id="size",
        ),
        pytest.param(TREE, TREE, [], id="a type within itself"),
        pytest.param({"type": "long", "logicalType": "timestamp-millis"}, "long", [], id="a logical type"),
    ],
)
def test_what_can_be_read_with_another_schema(reader: Any, writer: Any, reasons: list[str]) -> None:
    assert cannot_read(reader, writer) == reasons


@pytest.fixture
def glue(endpoint: EndpointProcess) -> Any:
    return endpoint.client("glue")


def create(glue: Any, compatibility: str, definition: Any, data_format: str = "AVRO") -> dict[str, str]:
    name = f"s-{uuid.uuid4().hex[:8]}"
    glue.create_schema(SchemaName=name, DataFormat=data_format, Compatibility=compatibility, SchemaDefinition=json.dumps(definition))
    return {"RegistryName": "default-registry", "SchemaName": name}


ADDED = record(ID, NOTE)
REQUIRED = record(ID, {"name": "region", "type": "string"})


@pytest.mark.parametrize(
    ("compatibility", "versions", "statuses"),
    [
        ("BACKWARD", [ADDED, REQUIRED], ["AVAILABLE", "FAILURE"]),
        ("FORWARD", [REQUIRED, ADDED], ["AVAILABLE", "FAILURE"]),
        ("FULL", [ADDED, REQUIRED], ["AVAILABLE", "FAILURE"]),
        ("NONE", [REQUIRED, record({"name": "else", "type": "string"})], ["AVAILABLE", "AVAILABLE"]),
        # The second drops a field, the third brings it back as another type: it fits the second alone.
        (
            "BACKWARD",
            [record({**NOTE, "name": "x"}), record({**NOTE, "name": "x"}, {**ID, "type": "string", "default": ""})],
            ["AVAILABLE"] * 2,
        ),
        ("BACKWARD_ALL", [record({**NOTE, "name": "x"}), record({**ID, "type": "string", "default": ""})], ["AVAILABLE", "FAILURE"]),
    ],
)
def test_versions_are_compared_as_the_schema_asks(glue: Any, compatibility: str, versions: list[Any], statuses: list[str]) -> None:
    schema = create(glue, compatibility, record(ID))

    answers = [glue.register_schema_version(SchemaId=schema, SchemaDefinition=json.dumps(version)) for version in versions]

    assert [answer["Status"] for answer in answers] == statuses
    last = max((answer["VersionNumber"] for answer in answers if answer["Status"] == "AVAILABLE"), default=1)
    latest = glue.get_schema_version(SchemaId=schema, SchemaVersionNumber={"LatestVersion": True})
    assert latest["VersionNumber"] == last
    assert glue.get_schema_version(SchemaVersionId=answers[-1]["SchemaVersionId"])["Status"] == statuses[-1]
    listed = glue.list_schema_versions(SchemaId=schema)["Schemas"]
    assert [(each["VersionNumber"], each["Status"]) for each in listed] == list(enumerate(["AVAILABLE", *statuses], 1))


def test_the_same_definition_is_the_same_version(glue: Any) -> None:
    schema = create(glue, "BACKWARD", record(ID))
    first, again = (glue.register_schema_version(SchemaId=schema, SchemaDefinition=json.dumps(ADDED)) for _ in range(2))

    assert first["SchemaVersionId"] == again["SchemaVersionId"]
    assert glue.get_schema(SchemaId=schema)["LatestSchemaVersion"] == 2


def test_what_is_no_definition_is_refused(glue: Any) -> None:
    with pytest.raises(glue.exceptions.InvalidInputException, match="Schema definition of AVRO data format is invalid"):
        create(glue, "NONE", {"type": "record", "name": "R", "fields": [{"name": "x", "type": "nothing"}]})
    with pytest.raises(glue.exceptions.InvalidInputException, match="JSON data format is invalid"):
        create(glue, "NONE", {"$schema": "http://json-schema.org/draft-07/schema#", "type": "nothing"}, "JSON")
    schema = create(glue, "BACKWARD", {"type": "object"}, "JSON")
    with pytest.raises(glue.exceptions.InvalidInputException, match="compatibility BACKWARD of JSON schemas is not checked here"):
        glue.register_schema_version(SchemaId=schema, SchemaDefinition='{"type": "string"}')
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.register_schema_version(SchemaId={"RegistryName": "default-registry", "SchemaName": "absent"}, SchemaDefinition="{}")

    assert glue.check_schema_version_validity(DataFormat="AVRO", SchemaDefinition=json.dumps(ADDED))["Valid"] is True
    found = glue.check_schema_version_validity(DataFormat="AVRO", SchemaDefinition='{"type": "nothing"}')
    assert found["Valid"] is False
    assert found["Error"]
    with pytest.raises(glue.exceptions.InvalidInputException, match="PROTOBUF"):
        glue.check_schema_version_validity(DataFormat="PROTOBUF", SchemaDefinition="message M {}")


def test_schemas_are_listed_by_registry(glue: Any) -> None:
    name = f"r-{uuid.uuid4().hex[:8]}"
    glue.create_registry(RegistryName=name)
    for each in ("a", "b", "c"):
        glue.create_schema(
            RegistryId={"RegistryName": name}, SchemaName=each, DataFormat="AVRO", Compatibility="NONE", SchemaDefinition='"long"'
        )
    first = glue.list_schemas(RegistryId={"RegistryName": name}, MaxResults=2)
    second = glue.list_schemas(RegistryId={"RegistryName": name}, MaxResults=2, NextToken=first["NextToken"])

    assert [each["SchemaName"] for page in (first, second) for each in page["Schemas"]] == ["a", "b", "c"]
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.list_schemas(RegistryId={"RegistryName": "absent"})


def test_the_tags_that_a_registry_was_made_with_are_told(endpoint: EndpointProcess) -> None:
    glue = endpoint.client("glue")
    made = glue.create_registry(RegistryName=f"tagged-{uuid.uuid4().hex[:8]}", Tags={"project": "wholesale"})

    assert glue.get_tags(ResourceArn=made["RegistryArn"])["Tags"] == {"project": "wholesale"}
