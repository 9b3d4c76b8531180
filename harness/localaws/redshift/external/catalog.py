"""The Glue catalog of the local endpoint, as an external schema needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.exceptions import LocalAwsError
from localaws.home import Home
from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.external.statements import AddPartitions, CreateTable, DropPartition

__all__ = ["ICEBERG", "Definition", "GlueCatalog"]

ICEBERG = "iceberg"
"""Stands for a SerDe, which an Iceberg table has none of: its files are what its metadata file says."""


@dataclass(frozen=True)
class Definition:
    """A table of the catalog: columns are name and Hive type; each partition has its values and its location."""

    name: str
    columns: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, str], ...]
    serde: str
    options: Mapping[str, str]
    location: str
    partitions: tuple[tuple[tuple[str, ...], str], ...]
    input_format: str = ""
    output_format: str = ""
    properties: Mapping[str, str] | None = None


class GlueCatalog:
    """Asks the endpoint of a home, in one region. Errors are Redshift's.

    Every method raises RedshiftError: the endpoint does not run, or refuses.
    """

    def __init__(self, home: Home, region: str = "") -> None:
        self._home, self._region, self._made = home, region, None

    @property
    def _glue(self) -> Any:
        if self._made is None:
            from localaws.bootstrap import client
            from localaws.engines.endpoint import EndpointEngine

            try:
                engine = EndpointEngine(self._home)
                running = engine.health().state == "running"
            except LocalAwsError as error:
                raise RedshiftError(f"the Glue catalog cannot be asked: {error}") from error
            if not running:
                raise RedshiftError("External schemas need the Glue catalog of the local endpoint, which does not run: ./etl up endpoint")
            self._made = client("glue", engine.endpoint, self._region)
        return self._made

    def _ask(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._glue, operation)(**arguments)
        except (ClientError, BotoCoreError) as error:
            self._made = None  # the endpoint may have been started again on another port
            raise RedshiftError(f"the Glue catalog refused {operation}: {error}") from error

    def table(self, database: str, name: str) -> Definition | None:
        """None where there is no such table."""
        try:
            found = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return None
            raise RedshiftError(f"the Glue catalog refused get_table: {error}") from error
        except BotoCoreError as error:
            self._made = None
            raise RedshiftError(f"the Glue catalog cannot be asked: {error}") from error
        return self._definition(database, found)

    def tables(self, database: str) -> list[Definition]:
        """Every table of a database; none where there is no such database."""
        try:
            pages = list(self._glue.get_paginator("get_tables").paginate(DatabaseName=database))
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return []
            raise RedshiftError(f"the Glue catalog refused get_tables: {error}") from error
        return [self._definition(database, found) for page in pages for found in page["TableList"]]

    def _definition(self, database: str, found: Mapping[str, Any]) -> Definition:
        storage = found.get("StorageDescriptor", {})
        parameters = found.get("Parameters", {})
        serde, location = storage.get("SerdeInfo", {}).get("SerializationLibrary", ""), storage.get("Location", "")
        if parameters.get("table_type", "").upper() == "ICEBERG":
            serde = ICEBERG
        keys = _pairs(found.get("PartitionKeys", ()))
        partitions: list[tuple[tuple[str, ...], str]] = []
        if keys:
            for page in self._glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=found["Name"]):
                partitions += [(tuple(one["Values"]), one["StorageDescriptor"]["Location"]) for one in page["Partitions"]]
        return Definition(
            found["Name"],
            _pairs(storage.get("Columns", ())),
            keys,
            serde,
            {**parameters, **storage.get("SerdeInfo", {}).get("Parameters", {})},
            location,
            tuple(sorted(partitions)),
            storage.get("InputFormat", ""),
            storage.get("OutputFormat", ""),
            parameters,
        )

    def make_database(self, name: str) -> None:
        try:
            self._glue.create_database(DatabaseInput={"Name": name})
        except ClientError as error:
            if error.response["Error"]["Code"] != "AlreadyExistsException":
                raise RedshiftError(f"the Glue catalog refused create_database: {error}") from error

    def make_table(self, database: str, command: CreateTable) -> None:
        storage = {
            **_storage(command.location, command.formats, command.serde),
            "Columns": [{"Name": name, "Type": kind} for name, kind in command.columns],
        }
        table = {
            "Name": command.table[-1],
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", **command.properties},
            "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in command.partitions],
            "StorageDescriptor": storage,
        }
        self._ask("create_table", DatabaseName=database, TableInput=table)

    def add_partitions(self, database: str, command: AddPartitions) -> None:
        found = self._ask("get_table", DatabaseName=database, Name=command.table[-1])["Table"]
        for values, location in command.partitions:
            storage = {**found["StorageDescriptor"], "Location": location}
            arguments = {
                "DatabaseName": database,
                "TableName": command.table[-1],
                "PartitionInput": {"Values": _ordered(found, values), "StorageDescriptor": storage},
            }
            try:
                self._glue.create_partition(**arguments)
            except ClientError as error:
                if not (command.unless and error.response["Error"]["Code"] == "AlreadyExistsException"):
                    raise RedshiftError(f"the Glue catalog refused create_partition: {error}") from error
            except BotoCoreError as error:
                self._made = None
                raise RedshiftError(f"the Glue catalog cannot be asked: {error}") from error

    def drop_partition(self, database: str, command: DropPartition) -> None:
        found = self._ask("get_table", DatabaseName=database, Name=command.table[-1])["Table"]
        values = _ordered(found, command.values)
        self._ask("delete_partition", DatabaseName=database, TableName=command.table[-1], PartitionValues=values)

    def drop_table(self, database: str, name: str) -> None:
        """Nothing where it is gone already: a client may prepare a statement and execute it afterwards."""
        if self.table(database, name) is not None:
            self._ask("delete_table", DatabaseName=database, Name=name)


def _pairs(columns: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((column["Name"].lower(), column["Type"].lower()) for column in columns)


def _storage(location: str, formats: tuple[str, str, str], serde: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Location": location,
        "InputFormat": formats[0],
        "OutputFormat": formats[1],
        "SerdeInfo": {"SerializationLibrary": formats[2], "Parameters": dict(serde)},
    }


def _ordered(table: Mapping[str, Any], values: Mapping[str, str]) -> list[str]:
    keys = [key["Name"] for key in table.get("PartitionKeys", ())]
    if sorted(keys) != sorted(values):
        raise RedshiftError(f"the partition keys of {table['Name']} are {', '.join(keys) or 'none'}: {', '.join(values)} were given")
    return [values[key] for key in keys]
