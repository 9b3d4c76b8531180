"""A crawl's result written into the catalog as the crawler's policy says ("Setting crawler configuration options").

Tables and partitions that are new are always added. What changed is updated or only logged, what disappeared is deleted,
marked as deprecated, or only logged. A table that is the same stays as it is, with its version.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from localaws.crawler.tables import Found

__all__ = ["CatalogWriter", "Changes", "Policy"]

_BATCH = 100
_DELETED = 25
_INPUT = (
    "Name", "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention", "StorageDescriptor", "PartitionKeys",
    "ViewOriginalText", "ViewExpandedText", "TableType", "Parameters",
)  # fmt: skip
_STATISTICS = ("averageRecordSize", "objectCount", "recordCount", "sizeKey")


@dataclass(frozen=True)
class Policy:
    """What a crawler does with what differs."""

    update: str = "UPDATE_IN_DATABASE"
    delete: str = "DEPRECATE_IN_DATABASE"
    merge_new_columns: bool = False
    new_folders_only: bool = False


@dataclass
class Changes:
    """Names of what a crawl added, updated and deleted: `table` or `table: value,value`."""

    tables: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    partitions: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class CatalogWriter:
    """Writes into one database, for one crawler."""

    def __init__(self, glue: Any, database: str, crawler: str, policy: Policy, log: Callable[[str], None]) -> None:
        self.glue, self.database, self.crawler, self.policy, self.log = glue, database, crawler, policy, log
        self.changes = Changes()

    def tables(self) -> dict[str, dict[str, Any]]:
        """The database's tables by name."""
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=self.database)
        return {table["Name"]: table for page in pages for table in page["TableList"]}

    def write(self, found: Found) -> None:
        """Create the table, or bring what the catalog has to what was found."""
        try:
            current = self.glue.get_table(DatabaseName=self.database, Name=found.name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            self.glue.create_table(DatabaseName=self.database, TableInput=found.table)
            self._note("TABLE", "ADD", found.name, f"Created table {found.name} in database {self.database}")
        else:
            self._bring_up_to_date(current, found)
        self._partitions(found)

    def delete_missing(self, tables: Iterable[str]) -> None:
        """Tables of this crawler whose data is gone."""
        for name in sorted(tables):
            if self.policy.delete == "DELETE_FROM_DATABASE":
                self.glue.delete_table(DatabaseName=self.database, Name=name)
                self._note("TABLE", "DELETE", name, f"Deleted table {name} from database {self.database}")
            elif self.policy.delete == "DEPRECATE_IN_DATABASE":
                table = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
                if "DEPRECATED_BY_CRAWLER" not in table.get("Parameters", {}):
                    table["Parameters"] = {**table.get("Parameters", {}), "DEPRECATED_BY_CRAWLER": str(int(time.time() * 1000))}
                    self.glue.update_table(DatabaseName=self.database, TableInput=_input(table))
                    self._note("TABLE", "UPDATE", name, f"Table {name} is marked deprecated")
            else:
                self.log(f"WARN : Table {name} has no data any more; the delete behavior is LOG, so it stays")

    def _bring_up_to_date(self, current: Mapping[str, Any], found: Found) -> None:
        if self.policy.new_folders_only:
            return
        wanted = _input({**found.table})
        if self.policy.merge_new_columns:
            wanted["StorageDescriptor"] = {**wanted["StorageDescriptor"], "Columns": _merged_columns(current, found)}
        if _without_statistics(current) == _without_statistics(wanted):
            return
        if self.policy.update == "LOG":
            self.log(f"WARN : The schema of table {found.name} changed; the update behavior is LOG, so it stays as it is")
            return
        self.glue.update_table(DatabaseName=self.database, TableInput=wanted)
        self._note("TABLE", "UPDATE", found.name, f"Updated table {found.name} in database {self.database}")

    def _partitions(self, found: Found) -> None:
        name = found.name
        existing = self._existing_partitions(name) if found.table["PartitionKeys"] else {}
        new = [partition for values, partition in found.partitions.items() if values not in existing]
        for some in _batches(new, _BATCH):
            self._check(self.glue.batch_create_partition(DatabaseName=self.database, TableName=name, PartitionInputList=some))
        self._note_partitions("ADD", name, [partition["Values"] for partition in new])
        if self.policy.new_folders_only:
            return
        changed = [
            partition
            for values, partition in found.partitions.items()
            if values in existing and _columns(existing[values]) != _columns(partition)
        ]
        if changed and self.policy.update == "LOG":
            self.log(f"WARN : {len(changed)} partitions of {name} changed; the update behavior is LOG, so they stay as they are")
        elif changed:
            for some in _batches(changed, _BATCH):
                entries = [{"PartitionValueList": partition["Values"], "PartitionInput": partition} for partition in some]
                self._check(self.glue.batch_update_partition(DatabaseName=self.database, TableName=name, Entries=entries))
            self._note_partitions("UPDATE", name, [partition["Values"] for partition in changed])
        self._delete_partitions(name, [list(values) for values in existing if values not in found.partitions])

    def _delete_partitions(self, name: str, gone: list[list[str]]) -> None:
        if not gone:
            return
        if self.policy.delete != "DELETE_FROM_DATABASE":
            self.log(f"WARN : {len(gone)} partitions of {name} have no data any more and stay: the delete behavior is {self.policy.delete}")
            return
        for some in _batches(gone, _DELETED):
            answer = self.glue.batch_delete_partition(
                DatabaseName=self.database, TableName=name, PartitionsToDelete=[{"Values": values} for values in some]
            )
            self._check(answer)
        self._note_partitions("DELETE", name, gone)

    def _existing_partitions(self, name: str) -> dict[tuple[str, ...], dict[str, Any]]:
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=self.database, TableName=name)
        return {tuple(partition["Values"]): partition for page in pages for partition in page["Partitions"]}

    def _check(self, answer: Mapping[str, Any]) -> None:
        if answer.get("Errors"):
            raise ClientError({"Error": {"Code": "BatchFailed", "Message": str(answer["Errors"][0])}}, "BatchPartition")

    def _note(self, what: str, change: str, name: str, line: str) -> None:
        (self.changes.tables if what == "TABLE" else self.changes.partitions)[change].append(name)
        self.log(f"INFO : {line}")

    def _note_partitions(self, change: str, name: str, values: Sequence[Sequence[str]]) -> None:
        if values:
            self.changes.partitions[change] += [f"{name}: {','.join(each)}" for each in values]
            words = {"ADD": "Created", "UPDATE": "Updated", "DELETE": "Deleted"}[change]
            self.log(f"INFO : {words} partitions of table {name}: {len(values)}")


def _batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _input(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: table[name] for name in _INPUT if table.get(name) is not None}


def _columns(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(column["Name"], column["Type"]) for column in document["StorageDescriptor"].get("Columns", [])]


def _without_statistics(table: Mapping[str, Any]) -> Any:
    """What makes a table another one: not how many records it has today."""
    parameters = {name: value for name, value in table.get("Parameters", {}).items() if name not in _STATISTICS}
    descriptor = table["StorageDescriptor"]
    keys = [key["Name"] for key in table.get("PartitionKeys", [])]
    return parameters, _columns(table), keys, descriptor.get("Location"), descriptor.get("SerdeInfo"), descriptor.get("InputFormat")


def _merged_columns(current: Mapping[str, Any], found: Found) -> list[dict[str, Any]]:
    kept = list(current["StorageDescriptor"].get("Columns", []))
    names = {column["Name"] for column in kept}
    return kept + [column for column in found.table["StorageDescriptor"]["Columns"] if column["Name"] not in names]
