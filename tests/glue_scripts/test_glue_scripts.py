"""Complete scripts, as they are uploaded to Glue, run unmodified by the runner on a warm driver, and what they print and leave."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from empty_account import empty_account
from localaws.engines.spark import SparkEngine
from localaws.engines.spark_conf import CORES, DRIVER_MEMORY
from localaws.home import Home
from script_runs import run_script

pytestmark = pytest.mark.timeout(600)

Run = Callable[..., str]

INPUT = {
    "persons/p.json": '{"id": "p1", "name": "Ann", "contact": [{"type": "fax", "value": "1"}, {"type": "phone", "value": "2"}]}\n'
    '{"id": "p2", "name": "Bob"}',
    "memberships/m.json": '{"person_id": "p1", "organization_id": "o1", "role": "member"}\n{"person_id": "p2", "organization_id": "o1"}',
    "organizations/o.json": '{"id": "o1", "name": "House", "other_names": [{"name": "H"}]}',
    "providers/p.csv": "1,Ann,$10.5\n2,Bob,$20\nbroken,Eve,$5\n",
    "mixed/m.json": '{"id": 4, "kind": "a"}\n{"id": "six", "kind": "b"}\n{"id": 8, "kind": "a"}',
    "events/2026/1.json": '{"id": "e1", "at": "2026-01-01"}',
    "visits/year=2025/v.csv": "1\n",
    "visits/year=2026/v.csv": "2\n3\n",
    "sales/s.csv": "shop,item,price\nA,x,2.5\nB,y,5\nclosed,z,9\nA,w,0.5\n",
    "boxed/b.json": '{"n": 1, "body": "{\\"a\\": 1}"}\n{"n": 2, "body": "{\\"a\\": \\"x\\"}"}',
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a script: `run("name", job_bookmark_option="…")` gives its output. The store is a home's, the control plane is moto's."""
    home = Home(tmp_path_factory.mktemp("home")).make()
    for name, text in INPUT.items():
        file = home.s3 / "input" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for bucket in ("output", "temporary"):
        (home.s3 / bucket).mkdir(parents=True, exist_ok=True)
    with empty_account() as url, pytest.MonkeyPatch.context() as patch:
        _prepare(url)
        patch.setenv(DRIVER_MEMORY, "1g")
        patch.setenv(CORES, "2")
        engine = SparkEngine(home)
        engine.start()
        yield lambda name, **arguments: run_script(home, url, name, arguments)
        engine.stop()


def _prepare(url: str) -> None:
    import boto3

    keys = {"endpoint_url": url, "region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    glue = boto3.client("glue", **keys)
    glue.create_database(DatabaseInput={"Name": "clinic"})
    columns = [{"Name": "provider id", "Type": "bigint"}, {"Name": "name", "Type": "string"}, {"Name": "charges", "Type": "string"}]
    providers = {"Columns": columns, "Location": "s3://input/providers/", "Parameters": {"classification": "csv"}}
    glue.create_table(DatabaseName="clinic", TableInput={"Name": "providers", "StorageDescriptor": providers})
    visits: dict[str, Any] = {
        "Columns": [{"Name": "n", "Type": "int"}],
        "Location": "s3://input/visits/",
        "Parameters": {"classification": "csv"},
    }
    year = [{"Name": "year", "Type": "string"}]
    glue.create_table(DatabaseName="clinic", TableInput={"Name": "visits", "StorageDescriptor": visits, "PartitionKeys": year})
    for value in ("2025", "2026"):
        descriptor = {**visits, "Location": f"s3://input/visits/year={value}/"}
        glue.create_partition(
            DatabaseName="clinic", TableName="visits", PartitionInput={"Values": [value], "StorageDescriptor": descriptor}
        )
    dynamo = boto3.client("dynamodb", **keys)
    dynamo.create_table(
        TableName="orders", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    dynamo.put_item(TableName="orders", Item={"id": {"S": "o1"}, "to": {"M": {"city": {"S": "Oslo"}}}})


def rows(folder: Path) -> int:
    from pyarrow import parquet

    return sum(parquet.read_metadata(file).num_rows for file in folder.rglob("*.parquet"))


def test_join_and_relationalize(run: Run) -> None:
    said = run("join_and_relationalize")

    assert "history: 2" in said
    assert "root_contact ['id', 'index', 'contact.val.type', 'contact.val.value'] 2" in said


def test_data_cleaning(run: Run) -> None:
    said = run("data_cleaning")

    assert "|-- provider id: choice\n|    |-- long\n|    |-- string" in said
    assert '{"provider":{"id":1,"name":"Ann"},"charge":10.5}' in said
    assert "Eve" not in said


def test_a_choice_is_resolved_in_four_ways(run: Run) -> None:
    blocks = run("resolve_choices").split("\n")

    records = [json.loads(line) for line in blocks if line.startswith("{")]
    ids = [{name: value for name, value in record.items() if name != "kind"} for record in records]
    assert ids == [
        {"id": 4}, {}, {"id": 8},
        {"id": 4}, {}, {"id": 8},
        {"id_int": 4}, {"id_string": "six"}, {"id_int": 8},
        {"id": {"int": 4}}, {"id": {"string": "six"}}, {"id": {"int": 8}},
    ]  # fmt: skip


def test_an_incremental_load_reads_each_file_once(run: Run) -> None:
    assert [run("incremental_load", job_bookmark_option="job-bookmark-enable").strip() for _ in range(2)] == ["new: 1", "new: 0"]


def test_a_sink_makes_its_table(run: Run) -> None:
    assert "back: 3" in run("catalog_sink")


def test_a_predicate_prunes(run: Run) -> None:
    assert sorted(run("partition_pruning").split()) == ['{"n":2,"year":"2026"}', '{"n":3,"year":"2026"}']


def test_a_visual_job(run: Run) -> None:
    said = run("visual_job")

    assert [line.split("|")[1:3] for line in said.splitlines() if "Passed" in line] == [
        ["RowCount > 1          ", "Passed "], ['IsComplete "full"     ', "Passed "], ['ColumnValues "price" > 0'.ljust(22), "Passed "],
    ] or said.count("Passed") == 3  # fmt: skip
    assert "|   A|       3.0|" in said


def test_rows_that_fail_a_check_go_another_way(run: Run) -> None:
    assert run("quality_router").splitlines() == [
        "outcomes ['Passed', 'Passed', 'Failed', 'Passed', 'Passed']",
        "failed [('closed', 'z')]",
        "default_group [('A', 'w'), ('A', 'x'), ('B', 'y')]",
    ]


def test_a_table_of_dynamodb_is_exported(run: Run) -> None:
    assert json.loads(run("dynamodb_export")) == {"id": "o1", "to.city": "Oslo"}


def test_records_on_which_a_function_fails_are_kept_aside(run: Run) -> None:
    said = run("lambdas_and_errors")

    assert "good: 2 failed: 1" in said
    assert "unsupported operand type(s) for //" in said


def test_boxed_text_is_opened_and_rows_are_split(run: Run) -> None:
    said = run("unbox_and_split")

    assert "{'large': 1, 'small': 1}" in said
    assert "['body.a.int', 'body.a.string']" in said or "['body.a']" in said


def test_sql_over_a_view(run: Run) -> None:
    assert json.loads(run("sql_and_dates")) == {"n": 1, "latest": "2026-01-01"}


def test_a_stream_batch_by_batch(run: Run) -> None:
    assert "batch 0 has 1" in run("streaming_batch")


@pytest.mark.parametrize("arguments", [{"enable_glue_datacatalog": "true"}, {}], ids=["asked", "forgotten"])
def test_spark_sql_reads_and_makes_tables_of_the_catalog(run: Run, arguments: dict[str, str]) -> None:
    said = run("catalog_sql", **arguments).splitlines()

    assert said[0].startswith("tables ['")
    assert "'providers'" in said[0]
    assert "'visits'" in said[0]
    assert said[1:] == ["busy [Row(year='2026', visits=2)]", "count 2"]


DELTA = (
    "spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension"
    " --conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog"
)


def test_a_table_of_delta_lake(run: Run) -> None:
    said = run("delta_lake", datalake_formats="delta", enable_glue_datacatalog="true", conf=DELTA)

    assert said.splitlines() == [
        "appended [('a', 1), ('a', 1), ('b', 2), ('b', 2)]",
        "updated [('a', 1), ('a', 1), ('b', 42), ('b', 42)]",
        "as it was [('a', 1), ('b', 2)]",
        "by the catalog [('a', 1), ('a', 1), ('c', 7), ('d', 8)]",
        "before 2 now 6",
        "saved [Row(kind='d', n=8)]",
    ]


def test_a_job_without_the_settings_of_delta_lake_is_told_them(run: Run) -> None:
    with pytest.raises(AssertionError, match=r"'delta' in a session without its settings.*--conf spark.sql.extensions=io.delta"):
        run("delta_lake", datalake_formats="delta")
