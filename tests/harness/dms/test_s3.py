"""Files on S3 in the layout of DMS: what each setting gives, and that a killed batch leaves nothing twice."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dms_lab import Running, client, execute, mappings, schema_of

from localaws.dms.binlog.events import DELETE, INSERT, UPDATE
from localaws.dms.data_types import DataType
from localaws.dms.exceptions import SettingsError, TargetError
from localaws.dms.netting import TableChanges
from localaws.dms.plan import PlannedColumn, TablePlan
from localaws.dms.replication import Replication, Task
from localaws.dms.settings.s3_settings import S3Settings
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.connection import MySqlAddress
from localaws.dms.source.snapshot import Chunk, current_position
from localaws.dms.target.base import Batch
from localaws.dms.target.s3 import S3Target
from localaws.dms.types import ColumnType, SourceTable
from localaws.engines.endpoint import EndpointEngine

PLAN = TablePlan(
    SourceTable("shop", "items", ()),
    "shop",
    "items",
    (PlannedColumn("id", "id", ColumnType("int", 4)), PlannedColumn("name", "name", ColumnType("text", 10))),
    ("id",),
)


@pytest.fixture
def s3(endpoint: EndpointEngine) -> Iterator[Any]:
    found = client(endpoint, "s3")
    found.create_bucket(Bucket="lake")
    yield found
    for item in found.list_objects_v2(Bucket="lake").get("Contents", []):
        found.delete_object(Bucket="lake", Key=item["Key"])


def target(s3: Any, folder: Path, **settings: Any) -> S3Target:
    made = S3Target(s3, S3Settings.read({"BucketName": "lake", "BucketFolder": "cdc", **settings}), folder)
    made.open()
    return made


def files(s3: Any) -> dict[str, bytes]:
    found = s3.list_objects_v2(Bucket="lake").get("Contents", [])
    return {item["Key"]: s3.get_object(Bucket="lake", Key=item["Key"])["Body"].read() for item in found}


def rows(*values: tuple[int, str | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([v[0] for v in values], pa.int32()), pa.array([v[1] for v in values])], ["id", "name"])


def changes() -> TableChanges:
    table = pa.Table.from_batches([rows((1, "a"), (1, 'b"x,'), (2, None))])
    before, seconds, sequence = table.slice(0, 1).select(["id"]), np.array([0, 1, 86400]), np.array([7, 8, 9])
    return TableChanges(np.array([INSERT, UPDATE, DELETE], np.uint8), table, before, seconds, sequence, np.array([5, 5, 5]))


@pytest.mark.parametrize(
    ("settings", "load", "cdc"),
    [
        ({}, b"1,a\n2,NULL\n", b'I,1,a\nU,1,"b""x,"\nD,2,NULL\n'),
        ({"IncludeOpForFullLoad": True}, b"I,1,a\nI,2,NULL\n", b'I,1,a\nU,1,"b""x,"\nD,2,NULL\n'),
        ({"CdcInsertsOnly": True}, b"1,a\n2,NULL\n", b"1,a\n"),
        ({"CdcInsertsOnly": True, "IncludeOpForFullLoad": True}, b"I,1,a\nI,2,NULL\n", b"I,1,a\n"),
        ({"CdcInsertsAndUpdates": True}, b"1,a\n2,NULL\n", b'I,1,a\nU,1,"b""x,"\n'),
        ({"CsvDelimiter": "|", "CsvNullValue": "", "AddColumnName": True}, b"id|name\n1|a\n2|\n",
         b'Op|id|name\nI|1|a\nU|1|"b""x,"\nD|2|\n'),
    ],
    ids=["default", "op-in-full-load", "inserts-only", "inserts-only-with-op", "inserts-and-updates", "delimiter-null-header"],
)  # fmt: skip
def test_csv_files_have_the_op_column_that_the_settings_ask_for(
    s3: Any, tmp_path: Path, settings: dict[str, Any], load: bytes, cdc: bytes
) -> None:
    made = target(s3, tmp_path, **settings)
    made.load(PLAN, Chunk(), [rows((1, "a"), (2, None))])
    made.apply(Batch([(PLAN, changes())], "here"))

    (change_key, change), (load_key, loaded) = sorted(files(s3).items())

    assert load_key == "cdc/shop/items/LOAD00000001.csv"
    assert (loaded, change) == (load, cdc)
    assert change_key.startswith("cdc/shop/items/20")
    assert made.checkpoint() == "here"


def test_parquet_with_timestamps_and_folders_of_the_date(s3: Any, tmp_path: Path) -> None:
    made = target(s3, tmp_path, DataFormat="parquet", TimestampColumnName="at", DatePartitionEnabled=True)
    made.apply(Batch([(PLAN, changes())], "here"))

    ((key, content),) = files(s3).items()

    assert len(key.split("/")) == 7  # cdc/shop/items/2026/01/02/<name>
    assert pq.read_table(io.BytesIO(content)).to_pylist() == [
        {"Op": "I", "id": 1, "name": "a", "at": "1970-01-01 00:00:00.000000"},
        {"Op": "U", "id": 1, "name": 'b"x,', "at": "1970-01-01 00:00:01.000000"},
        {"Op": "D", "id": 2, "name": None, "at": "1970-01-02 00:00:00.000000"},
    ]


def test_types_of_rules_are_those_of_the_files_and_what_does_not_fit_is_told(s3: Any, tmp_path: Path) -> None:
    declared = {"id": DataType("string", 5), "name": DataType("numeric", precision=4, scale=1)}
    plan = replace(PLAN, columns=tuple(replace(column, declared=declared[column.name]) for column in PLAN.columns))
    made = target(s3, tmp_path, DataFormat="parquet")

    result = made.load(plan, Chunk(), [rows((1, "12.5"), (2, "12345"), (3, None))])

    ((_, content),) = files(s3).items()
    found = pq.read_table(io.BytesIO(content))
    assert found.to_pylist() == [{"id": "1", "name": Decimal("12.5")}, {"id": "3", "name": None}]
    assert [str(item.type) for item in found.schema] == ["string", "decimal128(4, 1)"]
    assert (result.rows, [(error.statement, error.reason) for error in result.errors]) == (
        2, [("WRITE {'id': 2}", "name: value does not fit NUMERIC(4,1)")],
    )  # fmt: skip
    later = replace(changes(), rows=pa.Table.from_batches([rows((1, "1.5"), (1, "54321"), (2, None))]))
    made.apply(Batch([(plan, later)], "later"))
    kept = [json.loads(line) for line in (tmp_path / "apply_exceptions.jsonl").read_text("utf-8").splitlines()]
    assert kept[0] == {"table": "shop.items", "statement": "WRITE {'id': 2}", "error": "name: value does not fit NUMERIC(4,1)"}
    assert [item["statement"] for item in kept[1:]] == ["WRITE {'id': 1}"]


def test_gzip(s3: Any, tmp_path: Path) -> None:
    target(s3, tmp_path, CompressionType="gzip").load(PLAN, Chunk(), [rows((1, "a"))])

    ((key, content),) = files(s3).items()

    assert key.endswith(".csv.gz")
    assert gzip.decompress(content) == b"1,a\n"


def test_a_batch_that_was_killed_while_its_files_were_written_leaves_none(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = target(s3, tmp_path)
    made.restart("before")
    put, other = made._put, TablePlan(PLAN.source, "shop", "others", PLAN.columns, PLAN.key)

    def dies_at_the_second(key: str, table: pa.Table) -> None:
        if "others" in key:
            raise KeyboardInterrupt
        put(key, table)

    monkeypatch.setattr(made, "_put", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        made.apply(Batch([(PLAN, changes()), (other, changes())], "after"))
    assert len(files(s3)) == 1

    again = target(s3, tmp_path)

    assert files(s3) == {}
    assert again.checkpoint() == "before"
    again.apply(Batch([(PLAN, changes()), (other, changes())], "after"))
    assert len(files(s3)) == 2


def test_names_of_batches_grow_within_a_millisecond_and_when_the_clock_goes_back(s3: Any, tmp_path: Path) -> None:
    made = target(s3, tmp_path)
    names = [made._name()[0] for _ in range(50)]
    made._state["last"] += 3_600_000  # as if the clock had been an hour ahead
    names += [made._name()[0] for _ in range(3)]

    assert names == sorted(set(names))


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"BucketName": "lake", "PreserveTransactions": True}, "S3Settings.PreserveTransactions"),
        ({"BucketName": "lake", "CdcInsertsOnly": True, "CdcInsertsAndUpdates": True}, "S3Settings.CdcInsertsAndUpdates"),
        ({"BucketName": "lake", "DataFormat": "parquet", "AddColumnName": True}, "S3Settings.AddColumnName"),
        ({"BucketName": "lake", "Rfc4180": False}, "S3Settings.Rfc4180"),
        ({}, "S3Settings.BucketName"),
    ],
)
def test_settings_that_cannot_be_done_are_refused(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(SettingsError) as refused:
        S3Settings.read(settings)

    assert refused.value.path == path


def test_what_terraform_says_of_every_endpoint_is_taken() -> None:
    """As provider 5.100.0 sends aws_dms_s3_endpoint."""
    settings = {
        "BucketName": "lake", "CsvRowDelimiter": "\\n", "CsvDelimiter": ",", "CompressionType": "NONE", "EncryptionMode": "SSE_KMS",
        "DataFormat": "parquet", "EnableStatistics": True, "ParquetTimestampInMillisecond": False, "DatePartitionEnabled": False,
        "UseCsvNoSupValue": False, "PreserveTransactions": False, "UseTaskStartTimeForFullLoadTimestamp": False, "AddColumnName": False,
        "Rfc4180": True, "GlueCatalogGeneration": False,
    }  # fmt: skip

    assert S3Settings.read(settings) == S3Settings("lake", parquet=True)


def test_a_bucket_that_is_not_there_is_told(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="NoSuchBucket"):
        S3Target(s3, S3Settings.read({"BucketName": "no-such-bucket"}), tmp_path).open()


@pytest.mark.parametrize(
    ("safe", "moved"),
    [(False, b"U,5,2.00,2024-01-02 03:04:05\n"), (True, b"D,1,NULL,NULL\nI,5,2.00,2024-01-02 03:04:05\n")],
    ids=["strict", "safe"],
)
def test_a_task_writes_its_load_and_every_change_in_order(
    source: Any, address: MySqlAddress, s3: Any, tmp_path: Path, safe: bool, moved: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, v DECIMAL(5,2), at DATETIME)")
    execute(source, "INSERT INTO k VALUES (1, 1.5, '2024-01-02 03:04:05')")
    settings = TaskSettings.parse(json.dumps({"FullLoadSettings": {"MaxFullLoadSubTasks": 1}}))
    task = Task("lake", "full-load-and-cdc", address, TableMappings.parse(mappings(schema)), settings, 6001)
    make: Callable[[], S3Target] = lambda: S3Target(s3, S3Settings.read({"BucketName": "lake"}), tmp_path, safe=safe)  # noqa: E731
    running = Running(Replication(task, make), "start-replication")
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")
    execute(source, "UPDATE k SET v = 2", "UPDATE k SET id = 5", "INSERT INTO k VALUES (2, NULL, NULL)", "DELETE FROM k WHERE id = 5")
    end = current_position(source)
    running.wait_for(lambda: running.replication.statistics.position == str(end))
    running.stop()

    found = sorted(files(s3).items())

    assert found[-1] == (f"{schema}/k/LOAD00000001.csv", b"1,1.50,2024-01-02 03:04:05\n")
    assert b"".join(content for _, content in found[:-1]) == (
        b"U,1,2.00,2024-01-02 03:04:05\n" + moved + b"I,2,NULL,NULL\nD,5,2.00,2024-01-02 03:04:05\n"
    )
    assert ("nothing of the old one" in caplog.text) is not safe
