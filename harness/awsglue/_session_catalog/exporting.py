"""From Spark's catalog into the Data Catalog: what a statement made, changed or dropped."""

from __future__ import annotations

import json
from collections.abc import Set
from typing import Any

from pyspark.sql import types as T

from awsglue._core.type_strings import written_type
from awsglue._session_catalog.importing import Imported, words_of
from awsglue._storage.catalog_updates import descriptor

__all__ = ["export"]

_ACCEPTED = ("Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters",
             "ViewOriginalText", "ViewExpandedText")  # fmt: skip


def export(imported: Imported, text: str) -> None:
    """Makes the Data Catalog agree with Spark's catalog in the databases and tables that the text may name."""
    glue, catalog, words = imported.glue, imported.catalog, words_of(text)
    now = set(_items(catalog.listDatabases()))
    for name in sorted(imported.databases - now):
        glue.delete_database(Name=name)
        imported.forget(name)
    for name in sorted(now - imported.databases):
        if name != "default" or _items(catalog.listTables(name)):
            glue.create_database(DatabaseInput=_database(catalog.getDatabase(name)))
            imported.databases.add(name)
    for name in sorted(imported.databases & now):
        if name in words or name == imported.current_database():
            _export_tables(glue, imported, name, words)


def _export_tables(glue: Any, imported: Imported, database: str, words: Set[str]) -> None:
    there = {one["Name"]: one for page in glue.get_paginator("get_tables").paginate(DatabaseName=database) for one in page["TableList"]}
    now = set(_items(imported.catalog.listTables(database)))
    for name in sorted(there.keys() - now):
        if (database, name) in imported.tables:
            glue.delete_table(DatabaseName=database, Name=name)
            del imported.tables[database, name]
    for name in sorted(now):
        if name in words:
            wanted = _table_input(imported.catalog.getTable(database, name), there.get(name, {}))
            if name not in there:
                glue.create_table(DatabaseName=database, TableInput=wanted)
            elif any(there[name].get(part) != value for part, value in wanted.items()):
                glue.update_table(DatabaseName=database, TableInput=wanted)
            _export_partitions(glue, imported.catalog, database, name)
            imported.note(glue, database, name)


def _export_partitions(glue: Any, catalog: Any, database: str, name: str) -> None:
    table = catalog.getTable(database, name)
    keys = _items(table.partitionColumnNames())
    if not keys or not table.tracksPartitionsInCatalog():
        return
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name)
    there = {tuple(one["Values"]) for page in pages for one in page["Partitions"]}
    raw = glue.get_table(DatabaseName=database, Name=name)["Table"]["StorageDescriptor"]
    found = _items(catalog.listPartitions(database, name, getattr(catalog, "listPartitions$default$3")()))
    now = {tuple(str(one.spec().apply(key)) for key in keys): _uri(one.storage().locationUri().get()) for one in found}
    added = [(values, where) for values, where in now.items() if values not in there]
    new = [{"Values": list(values), "StorageDescriptor": {**raw, "Location": where}} for values, where in added]
    for start in range(0, len(new), 100):
        glue.batch_create_partition(DatabaseName=database, TableName=name, PartitionInputList=new[start : start + 100])
    for values in sorted(there - now.keys()):
        glue.delete_partition(DatabaseName=database, TableName=name, PartitionValues=list(values))


def _database(found: Any) -> dict[str, Any]:
    """DatabaseInput. A folder of Spark's own warehouse is not written down: it is this machine's."""
    where = _uri(found.locationUri())
    return {
        "Name": found.name(),
        "Description": found.description() or "",
        "Parameters": _pairs(found.properties()),
        **({"LocationUri": where} if where.startswith("s3") else {}),
    }


def _table_input(table: Any, there: dict[str, Any]) -> dict[str, Any]:
    """TableInput of Spark's table; what the Data Catalog knows beyond it stays."""
    fields = T.StructType.fromJson(json.loads(table.schema().json())).fields
    keys = _items(table.partitionColumnNames())
    columns = [_column(field) for field in fields if field.name not in keys]
    kept = {name: there[name] for name in _ACCEPTED if name in there}
    described = {"Description": table.comment().get()} if table.comment().isDefined() else {}
    partition_keys = [_column(field) for field in fields if field.name in keys]
    common = {**kept, "Name": table.identifier().table(), **described, "PartitionKeys": partition_keys}
    if table.tableType().name() == "VIEW":
        text = table.viewText().get()
        storage = {**kept.get("StorageDescriptor", {}), "Columns": columns}
        return {**common, "TableType": "VIRTUAL_VIEW", "ViewOriginalText": text, "ViewExpandedText": text, "StorageDescriptor": storage}
    kind, options = table.provider().get().lower(), _pairs(table.storage().properties())
    location = _uri(table.storage().locationUri().get())
    storage = {**(kept.get("StorageDescriptor") or descriptor(location, kind, [], **_of_csv(kind, options))), "Columns": columns}
    managed = table.tableType().name() == "MANAGED"
    parameters = kept.get("Parameters", {"classification": kind, "spark.sql.sources.provider": kind})
    return {
        **common,
        "TableType": "MANAGED_TABLE" if managed else kept.get("TableType", "EXTERNAL_TABLE"),
        "StorageDescriptor": storage,
        "Parameters": {**parameters, **_pairs(table.properties())},
    }


def _of_csv(kind: str, options: dict[str, str]) -> dict[str, Any]:
    if kind != "csv":
        return {}
    return {"separator": options.get("sep") or options.get("delimiter") or ",", "header": options.get("header", "false").lower() == "true"}


def _column(field: T.StructField) -> dict[str, str]:
    comment = (field.metadata or {}).get("comment")
    return {"Name": field.name.lower(), "Type": written_type(field.dataType), **({"Comment": comment} if comment else {})}


def _items(sequence: Any) -> list[Any]:
    return [sequence.apply(index) for index in range(sequence.size())]


def _pairs(scala_map: Any) -> dict[str, str]:
    return {one._1(): one._2() for one in _items(scala_map.toSeq())}


def _uri(uri: Any) -> str:
    return str(uri.toString())
