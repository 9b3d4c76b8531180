"""The schema registry: definitions are checked, versions compared, and listed ("How the schema registry works", Glue Developer Guide).

Versions are moto's (`moto_mends.glue_registry` gives those that do not fit the status FAILURE). Avro's rules are checked; of JSON and
Protobuf no rule is, so that another compatibility than NONE or DISABLED is refused when a second version comes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localaws.glue.exceptions import InvalidInputError
from localaws.glue.paging import page
from localaws.moto_app import ACCOUNT_ID
from localaws.operation import Guard, Handler, Request

__all__ = ["GUARDS", "OPERATIONS", "invalid_because"]

_UNCHECKED = ("NONE", "DISABLED")


def invalid_because(data_format: str, definition: str) -> str:
    """Why a definition is none of its format; "" when it is one.

    Raises:
        InvalidInputError: Protobuf, for which there is no parser here.
    """
    if data_format == "PROTOBUF":
        raise InvalidInputError("Definitions in PROTOBUF cannot be checked here; AVRO and JSON can.")
    try:
        document = json.loads(definition)
        if data_format == "AVRO":
            import fastavro

            fastavro.parse_schema(document)
        else:
            from jsonschema.validators import validator_for

            validator_for(document).check_schema(document)
    except Exception as error:  # noqa: BLE001 - whatever a parser objects to is what is wrong with the definition
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return ""


def check_created(request: Request) -> None:
    """CreateSchema: its first version is a definition."""
    _check(str(request.parameters.get("DataFormat", "")), str(request.parameters.get("SchemaDefinition") or ""))


def check_registered(request: Request) -> None:
    """RegisterSchemaVersion: a definition, of a format whose compatibility can be told."""
    schema = request.control_plane("glue").get_schema(SchemaId=request.parameters.get("SchemaId") or {})
    data_format, compatibility = schema["DataFormat"], schema["Compatibility"]
    if data_format != "AVRO" and compatibility not in _UNCHECKED:
        raise InvalidInputError(
            f"The compatibility {compatibility} of {data_format} schemas is not checked here; give the schema NONE, or use AVRO."
        )
    _check(data_format, str(request.parameters.get("SchemaDefinition") or ""))


def check_validity(request: Request) -> dict[str, Any]:
    """CheckSchemaVersionValidity."""
    reason = invalid_because(request.parameters.get("DataFormat", ""), request.parameters.get("SchemaDefinition", ""))
    return {"Valid": False, "Error": reason} if reason else {"Valid": True}


def list_schemas(request: Request) -> dict[str, Any]:
    """ListSchemas, of one registry or of all."""
    given = request.parameters.get("RegistryId") or {}
    if given:
        request.control_plane("glue").get_registry(RegistryId=given)  # EntityNotFoundException when there is none
    name = given.get("RegistryName") or str(given.get("RegistryArn", "")).rpartition("/")[2]
    found = [
        {
            "RegistryName": schema.registry_name,
            "SchemaName": schema.schema_name,
            "SchemaArn": schema.schema_arn,
            "SchemaStatus": schema.schema_status,
            "CreatedTime": str(schema.created_time),
            "UpdatedTime": str(schema.updated_time),
            **({"Description": schema.description} if schema.description else {}),
        }
        for registry in _registries(request).values()
        if not name or registry.name == name
        for schema in registry.schemas.values()
    ]
    return page(request, "Schemas", found)


def list_versions(request: Request) -> dict[str, Any]:
    """ListSchemaVersions, the oldest first, those that do not fit among them."""
    schema = request.control_plane("glue").get_schema(SchemaId=request.parameters.get("SchemaId") or {})
    kept = _registries(request)[schema["RegistryName"]].schemas[schema["SchemaName"]]
    found = [
        {
            "SchemaArn": version.schema_arn,
            "SchemaVersionId": version.schema_version_id,
            "VersionNumber": version.version_number,
            "Status": version.schema_version_status,
            "CreatedTime": str(version.created_time),
        }
        for version in kept.schema_versions.values()
        if version.schema_version_status != "DELETING"
    ]
    return page(request, "Schemas", found)


def _check(data_format: str, definition: str) -> None:
    if data_format in ("AVRO", "JSON") and definition and (reason := invalid_because(data_format, definition)):
        raise InvalidInputError(f"Schema definition of {data_format} data format is invalid: {reason}")


def _registries(request: Request) -> dict[str, Any]:
    from moto.backends import get_backend

    return dict(get_backend("glue")[ACCOUNT_ID][request.region].registries)


OPERATIONS: Mapping[str, Handler] = {
    "CheckSchemaVersionValidity": check_validity,
    "ListSchemaVersions": list_versions,
    "ListSchemas": list_schemas,
}
GUARDS: Mapping[str, Guard] = {"CreateSchema": check_created, "RegisterSchemaVersion": check_registered}
