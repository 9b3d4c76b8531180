"""Commit 2: Iceberg tables of the curated layer, each written once per batch.

Every snapshot's summary says which batch and job made it (`etl.batch-id`, `etl.job`). A writer looks
for its batch before it writes, so that a run which was killed after the commit does not write again.
The tables live in the Glue catalog under the Spark catalog `glue_catalog`, the name that AWS documents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from etl_common.exceptions import MissingColumnError
from etl_common.model import LakeTable

__all__ = ["BATCH_SUMMARY", "CATALOG", "Commit", "Lake", "WrittenTable", "read_batch", "read_table"]

CATALOG = "glue_catalog"
BATCH_SUMMARY = "etl.batch-id"
JOB_SUMMARY = "etl.job"
BATCH_COLUMN = "batch_id"
_SQL_SIGNATURE = (
    "org.apache.spark.sql.SparkSession",
    "org.apache.spark.sql.Dataset",
    "java.lang.String",
    "java.util.concurrent.Callable",
    "java.lang.RuntimeException",
)

# Tables are read for changes, so updates rewrite files.
_PROPERTIES = {
    "format-version": "2",
    "write.delete.mode": "copy-on-write",
    "write.update.mode": "copy-on-write",
    "write.merge.mode": "copy-on-write",
    "write.parquet.compression-codec": "zstd",
    "write.target-file-size-bytes": str(128 * 1024 * 1024),
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "50",
    "commit.retry.num-retries": "10",
}


def read_table(spark: SparkSession, database: str, table: str) -> DataFrame:
    """The table's current rows."""
    return spark.table(f"{CATALOG}.{database}.{table}")


def read_batch(spark: SparkSession, database: str, table: str, batch_id: str) -> DataFrame:
    """Rows that the batch wrote last."""
    return read_table(spark, database, table).where(F.col(BATCH_COLUMN) == batch_id)


@dataclass(frozen=True)
class Commit:
    """Who writes. before: called right before every commit (a lease checks that it still holds)."""

    batch_id: str
    job: str
    before: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class WrittenTable:
    """What a batch did to a table: append, merge, replace, skip (no rows) or done (an earlier run did)."""

    table: str
    operation: str
    rows: int | None
    snapshot_id: int | None


@dataclass(frozen=True)
class Lake:
    """The tables of one database, written on behalf of one batch and job."""

    spark: SparkSession
    database: str
    commit: Commit
    _known: set[str] = field(default_factory=set, repr=False, compare=False)

    @property
    def _summary(self) -> dict[str, str]:
        return {BATCH_SUMMARY: self.commit.batch_id, JOB_SUMMARY: self.commit.job}

    def name(self, table: str) -> str:
        return f"{CATALOG}.{self.database}.{table}"

    def read(self, table: LakeTable) -> DataFrame:
        """Its current rows; creates it when it does not exist yet."""
        self.create(table)
        return self.spark.table(self.name(table.name))

    def create(self, table: LakeTable) -> None:
        """Create the table as declared, with comments, unless it exists. The catalog is asked once."""
        if table.name in self._known:
            return
        columns = ", ".join(f"{f.name} {f.dataType.simpleString()} COMMENT {_text(_comment(f))}" for f in table.schema.fields)
        partitioning = f" PARTITIONED BY ({', '.join(table.partitioning)})" if table.partitioning else ""
        # Rows of a partition go to one task, or every task would leave a small file in every partition.
        settings = {**_PROPERTIES, "write.distribution-mode": "hash" if table.partitioning else "none"}
        properties = ", ".join(f"{_text(key)} = {_text(value)}" for key, value in settings.items())
        self.spark.sql(
            f"CREATE TABLE IF NOT EXISTS {self.name(table.name)} ({columns}) USING iceberg{partitioning} "
            f"COMMENT {_text(table.comment)} TBLPROPERTIES ({properties})"
        )
        self._known.add(table.name)

    def committed(self, table: LakeTable) -> bool:
        """Whether this batch has already been written to the table by this job, as a snapshot's summary says.

        Once maintenance has expired the snapshot, the batch is worked on again; its records are then
        known duplicates, so the table does not change.
        """
        mine = self._summary.items()
        return any(mine <= summary.items() for _, summary in self._snapshots(table))

    def batches(self, table: LakeTable) -> set[str]:
        """The batches whose snapshots the table still has."""
        return {summary[BATCH_SUMMARY] for _, summary in self._snapshots(table) if BATCH_SUMMARY in summary}

    def append(self, frame: DataFrame, table: LakeTable) -> WrittenTable:
        """Add the rows. For tables that keep every record, and for keys that cannot be there yet."""
        return self._write(table, "append", lambda: self._writer(frame, table).append())

    def replace(self, frame: DataFrame, table: LakeTable) -> WrittenTable:
        """Replace every row."""
        return self._write(table, "replace", lambda: self._writer(frame, table).overwrite(F.lit(True)))

    def merge(
        self, frame: DataFrame, table: LakeTable, *, newer: str | None = None, delete_unmatched_of: Sequence[str] = ()
    ) -> WrittenTable:
        """Insert new keys and update those that are there.

        frame: at most one row per key; it is read twice, so persist it. newer: update only when this
        column grew, so that a repeated or late record changes nothing. delete_unmatched_of: columns of a
        wider key; rows of the table whose wider key is in the frame, but whose own key is not, go.
        """
        source = frame.select(*table.schema.names)
        if delete_unmatched_of:
            source = self._with_vanished(source, table, delete_unmatched_of)
        view = f"merge_{table.name}"
        source.createOrReplaceTempView(view)
        match = " AND ".join(f"t.{key} = s.{key}" for key in table.key)
        update = f"WHEN MATCHED AND s.{newer} > t.{newer} THEN UPDATE SET *" if newer else "WHEN MATCHED THEN UPDATE SET *"
        if delete_unmatched_of:
            columns = table.schema.names
            update = "WHEN MATCHED AND s._gone THEN DELETE WHEN MATCHED THEN UPDATE SET " + ", ".join(f"t.{c} = s.{c}" for c in columns)
            insert = f"WHEN NOT MATCHED AND NOT s._gone THEN INSERT ({', '.join(columns)}) VALUES ({', '.join('s.' + c for c in columns)})"
        else:
            insert = "WHEN NOT MATCHED THEN INSERT *"
        statement = f"MERGE INTO {self.name(table.name)} t USING {view} s ON {match} {update} {insert}"
        try:
            return self._write(table, "merge", lambda: self._sql(statement))
        finally:
            self.spark.catalog.dropTempView(view)

    def skip(self, table: LakeTable) -> WrittenTable:
        """The batch has no row for the table: nothing is written, not even an empty snapshot."""
        self.create(table)
        return WrittenTable(table.name, "skip", 0, None)

    def done(self, table: LakeTable) -> WrittenTable:
        """An earlier run of the batch wrote the table."""
        return WrittenTable(table.name, "done", None, None)

    def empty(self, table: LakeTable) -> bool:
        """Whether the table has no row, told from its metadata."""
        snapshots = self._snapshots(table)
        return not snapshots or snapshots[-1][1].get("total-records") == "0"

    def _with_vanished(self, source: DataFrame, table: LakeTable, wider: Sequence[str]) -> DataFrame:
        """The source and, marked `_gone`, the table's keys that it no longer has among its wider keys."""
        current = self.spark.table(self.name(table.name))
        members = source.select(*wider).distinct()
        gone = current.join(members, on=list(wider), how="left_semi").join(source.select(*table.key), on=list(table.key), how="left_anti")
        return source.withColumn("_gone", F.lit(False)).unionByName(gone.withColumn("_gone", F.lit(True)))

    def _writer(self, frame: DataFrame, table: LakeTable) -> Any:
        missing = set(table.schema.names) - set(frame.columns)
        if missing:
            raise MissingColumnError(f"the table {table.name}", missing, frame.columns)
        writer = frame.select(*table.schema.names).writeTo(self.name(table.name))
        for key, value in self._summary.items():
            writer = writer.option(f"snapshot-property.{key}", value)
        return writer

    def _write(self, table: LakeTable, operation: str, write: Callable[[], Any]) -> WrittenTable:
        self.create(table)
        self.commit.before()
        write()
        mine = [(i, summary) for i, summary in self._snapshots(table) if self._summary.items() <= summary.items()]
        if not mine:
            return WrittenTable(table.name, operation, 0, None)
        snapshot_id, summary = mine[-1]
        return WrittenTable(table.name, operation, int(summary.get("added-records", "0")), snapshot_id)

    def _snapshots(self, table: LakeTable) -> list[tuple[int, dict[str, str]]]:
        """Number and summary of every snapshot, oldest first, from the metadata file: a query would start Spark jobs.

        The metadata comes as one text, since each part of each snapshot would be a call into the JVM.
        """
        self.create(table)
        iceberg: Any = self.spark._jvm.org.apache.iceberg  # type: ignore[union-attr]
        loaded = iceberg.spark.Spark3Util.loadIcebergTable(self.spark._jsparkSession, self.name(table.name))
        loaded.refresh()
        metadata = json.loads(iceberg.TableMetadataParser.toJson(loaded.operations().current()))
        found = sorted(metadata["snapshots"], key=lambda snapshot: snapshot["sequence-number"])
        return [(snapshot["snapshot-id"], snapshot["summary"]) for snapshot in found]

    def _sql(self, statement: str) -> None:
        """Run a statement whose snapshot says who made it (Iceberg, "Spark Writes": CommitMetadata).

        A statement takes no write options, and the Java call wants a Callable. It is made of method
        handles in the JVM, so that no Python callback server is needed.
        """
        session = self.spark._jsparkSession
        jvm: Any = self.spark._jvm
        gateway: Any = self.spark.sparkContext._gateway
        classes = [jvm.java.lang.Class.forName(name, True, session.getClass().getClassLoader()) for name in _SQL_SIGNATURE]
        signature = jvm.java.lang.invoke.MethodType.methodType(classes[1], classes[2])
        sql = jvm.java.lang.invoke.MethodHandles.publicLookup().findVirtual(classes[0], "sql", signature).bindTo(session)
        arguments = gateway.new_array(jvm.java.lang.Object, 1)
        arguments[0] = statement
        bound = jvm.java.lang.invoke.MethodHandles.insertArguments(sql, 0, arguments)
        callable_ = jvm.java.lang.invoke.MethodHandleProxies.asInterfaceInstance(classes[3], bound)
        summary = jvm.java.util.HashMap()
        for key, value in self._summary.items():
            summary.put(key, value)
        jvm.org.apache.iceberg.spark.CommitMetadata.withCommitProperties(summary, callable_, classes[4])


def _comment(field: Any) -> str:
    return str((field.metadata or {}).get("comment", ""))


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
