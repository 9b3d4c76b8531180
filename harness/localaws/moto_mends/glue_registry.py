"""Glue's schema registry: a version that breaks the schema's compatibility is kept with the status FAILURE and is not the latest one.

BACKWARD: the new schema reads what the former wrote; FORWARD: the former reads what the new one writes; FULL: both; …_ALL: of every
version, else of the latest that fits (CreateSchema, "Compatibility", in the Glue Web API reference).
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

__all__ = ["mend"]


def mend(home: Path) -> None:
    """moto takes whatever comes."""
    from moto.glue.models import GlueBackend

    register = GlueBackend.register_schema_version
    if getattr(register, "compares", False):
        return

    @functools.wraps(register)
    def registered(self: Any, schema_id: dict[str, Any], schema_definition: str) -> dict[str, Any]:
        answer: dict[str, Any] = register(self, schema_id, schema_definition)
        schema, version = _version(self, answer["SchemaVersionId"])
        former = [each for each in schema.schema_versions.values() if each.version_number < version.version_number]
        fitting = [each for each in former if each.schema_version_status == "AVAILABLE"]
        is_new = version.version_number == schema.next_schema_version - 1
        if is_new and fitting and not _fits(schema, version.schema_definition, [each.schema_definition for each in fitting]):
            version.schema_version_status = "FAILURE"
            schema.latest_schema_version = fitting[-1].version_number
            answer["Status"] = "FAILURE"
        elif is_new:
            schema.latest_schema_version = version.version_number
        return answer

    registered.compares = True  # type: ignore[attr-defined]
    GlueBackend.register_schema_version = registered  # type: ignore[method-assign]

    _keep_tags(GlueBackend)


def _keep_tags(backend: Any) -> None:
    """GetTags knows the tags that a registry was made with, as it does a schema's."""
    create = backend.create_registry

    @functools.wraps(create)
    def created(self: Any, registry_name: str, description: str | None = None, tags: dict[str, str] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = create(self, registry_name, description, tags)
        if tags:
            self.tag_resource(self.registries[registry_name].registry_arn, tags)
        return answer

    backend.create_registry = created


def _version(backend: Any, version_id: str) -> tuple[Any, Any]:
    found = (
        (schema, schema.schema_versions[version_id])
        for registry in backend.registries.values()
        for schema in registry.schemas.values()
        if version_id in schema.schema_versions
    )
    return next(found)


def _fits(schema: Any, definition: str, former: list[str]) -> bool:
    from localaws.glue.avro_compatibility import cannot_read

    mode, _, every = schema.compatibility.partition("_")
    if schema.data_format != "AVRO" or mode not in ("BACKWARD", "FORWARD", "FULL"):
        return True
    new = json.loads(definition)
    for old in map(json.loads, former if every else former[-1:]):
        if mode in ("BACKWARD", "FULL") and cannot_read(new, old):
            return False
        if mode in ("FORWARD", "FULL") and cannot_read(old, new):
            return False
    return True
