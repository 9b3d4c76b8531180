"""What the deployment puts into the Glue catalog: databases, quality rulesets, and the registry with a schema of each source.

Every step looks first and changes what differs, and tells what it made, as `localaws.bootstrap`, of which this is a part.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["databases", "rulesets", "schemas"]


def databases(glue: Any, wanted: Mapping[str, Any], buckets: Mapping[str, Any]) -> list[str]:
    existing = {database["Name"] for database in glue.get_databases()["DatabaseList"]}
    made = []
    for name, database in wanted.items():
        if name not in existing:
            location = f"s3://{buckets[database['bucket']]['name']}/{name}"
            glue.create_database(DatabaseInput={"Name": name, "Description": database["description"], "LocationUri": location})
            made.append(f"database {name}")
    return made


def rulesets(glue: Any, folder: Path) -> list[str]:
    """One for each file `<database>.<table>.dqdl`."""
    made = []
    existing = {item["Name"] for item in glue.list_data_quality_rulesets(MaxResults=1000)["Rulesets"]}
    for file in sorted(folder.glob("*.dqdl")):
        database, table = file.stem.split(".")
        name, text = f"{database}_{table}", file.read_text("utf-8")
        if name not in existing:
            glue.create_data_quality_ruleset(Name=name, Ruleset=text, TargetTable={"DatabaseName": database, "TableName": table})
        elif glue.get_data_quality_ruleset(Name=name)["Ruleset"] == text:
            continue
        else:
            glue.update_data_quality_ruleset(Name=name, Ruleset=text)
        made.append(f"ruleset {name}")
    return made


def schemas(glue: Any, registry: Mapping[str, str] | None, folder: Path) -> list[str]:
    """One for each file `<source>.avsc`, a version for each definition that it had."""
    if registry is None:
        return []
    made, name = [], registry["name"]
    if name not in {item["RegistryName"] for item in glue.list_registries(MaxResults=100)["Registries"]}:
        glue.create_registry(RegistryName=name, Description=registry["description"])
        made.append(f"registry {name}")
    existing = {item["SchemaName"] for item in glue.list_schemas(RegistryId={"RegistryName": name}, MaxResults=100)["Schemas"]}
    for file in sorted(folder.glob("*.avsc")):
        schema, text = {"RegistryName": name, "SchemaName": file.stem}, file.read_text("utf-8")
        if file.stem not in existing:
            kept = {"DataFormat": "AVRO", "Compatibility": registry["compatibility"], "SchemaDefinition": text}
            glue.create_schema(RegistryId={"RegistryName": name}, SchemaName=file.stem, **kept)
        elif glue.get_schema_version(SchemaId=schema, SchemaVersionNumber={"LatestVersion": True})["SchemaDefinition"] == text:
            continue
        elif glue.register_schema_version(SchemaId=schema, SchemaDefinition=text)["Status"] == "FAILURE":
            raise ValueError(
                f"{file} is not {registry['compatibility']} compatible with what {name} has: restore what it had, or take another name."
            )
        made.append(f"schema {file.stem}")
    return made
