"""Athena runs SQL over the catalog and the objects in S3: what it reads, writes, scans, refuses."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

HIVE = "org.apache.hadoop.hive"
SERDES = {
    "csv": f"{HIVE}.serde2.OpenCSVSerde",
    "lazy": f"{HIVE}.serde2.lazy.LazySimpleSerDe",
    "json": "org.openx.data.jsonserde.JsonSerDe",
    "parquet": f"{HIVE}.ql.io.parquet.serde.ParquetHiveSerDe",
    "avro": f"{HIVE}.serde2.avro.AvroSerDe",
}


class Athena:
    """A database, a bucket and queries."""

    def __init__(self, endpoint: EndpointProcess, wait_until: Callable[..., Any]) -> None:
        self.endpoint, self.wait_until = endpoint, wait_until
        self.athena, self.s3, self.glue = (endpoint.client(service) for service in ("athena", "s3", "glue"))
        self.s3.create_bucket(Bucket="athena")
        self.glue.create_database(DatabaseInput={"Name": "lake"})

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket="athena", Key=key, Body=body)

    def table(self, name: str, columns: str, kind: str, keys: str = "", serde: Mapping[str, str] | None = None, **parameters: str) -> None:
        def listed(text: str) -> list[dict[str, str]]:
            return [{"Name": each.split(" ", 1)[0], "Type": each.split(" ", 1)[1]} for each in text.split("; ") if each]

        descriptor = {
            "Columns": listed(columns), "Location": f"s3://athena/{name}/",
            "SerdeInfo": {"SerializationLibrary": SERDES[kind], "Parameters": dict(serde or {})},
        }  # fmt: skip
        table = {"Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": descriptor, "PartitionKeys": listed(keys)}
        self.glue.create_table(DatabaseName="lake", TableInput={**table, "Parameters": parameters})

    def start(self, sql: str, **given: Any) -> str:
        settings = {"ResultConfiguration": {"OutputLocation": "s3://athena/results/"}, "QueryExecutionContext": {"Database": "lake"}}
        query_id: str = self.athena.start_query_execution(QueryString=sql, **{**settings, **given})["QueryExecutionId"]
        return query_id

    def ended(self, query_id: str) -> dict[str, Any]:
        def final() -> Any:
            query = self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            return query if query["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") else None

        query: dict[str, Any] = self.wait_until(final)
        return query

    def run(self, sql: str, **given: Any) -> dict[str, Any]:
        query = self.ended(self.start(sql, **given))
        assert query["Status"]["State"] == "SUCCEEDED", query["Status"]
        return query

    def rows(self, sql: str, **given: Any) -> list[list[str | None]]:
        query = self.run(sql, **given)
        found = self.athena.get_query_results(QueryExecutionId=query["QueryExecutionId"])["ResultSet"]["Rows"]
        rows = [[cell.get("VarCharValue") for cell in row["Data"]] for row in found]
        return rows[1:] if query["SubstatementType"] in ("SELECT", "EXECUTE") else rows

    def reason(self, sql: str) -> str:
        query = self.ended(self.start(sql))
        assert query["Status"]["State"] == "FAILED"
        text: str = query["Status"]["StateChangeReason"]
        return text


@pytest.fixture(scope="module")
def lake(endpoint: EndpointProcess) -> Athena:
    def wait(check: Callable[[], Any]) -> Any:
        import time

        deadline = time.monotonic() + 30
        while not (answer := check()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return answer

    lake = Athena(endpoint, wait)
    sales = {"id": pa.array([1, 2], pa.int64()), "price": pa.array([1.5, None], pa.float64()), "note": pa.array(["x" * 5000, "y"])}
    lake.table("sales", "id bigint; price double; note string; late int", "parquet", "day date")
    for day in ("2026-01-01", "2026-01-02"):
        target = io.BytesIO()
        pq.write_table(pa.table(sales), target, compression="none", use_dictionary=False)
        lake.put(f"sales/day={day}/part.parquet", target.getvalue())
    lake.run("MSCK REPAIR TABLE sales")
    lake.table("people", "name string; age int; born date", "lazy", serde={"field.delim": ","}, **{"skip.header.line.count": "1"})
    lake.put("people/a.csv", b'name,age,born\nAnn,31,2000-02-29\n"Bob",x,\\N\nCy\nDi,1.5,2001-01-01,extra\n')
    lake.put("people/_hidden", b"not,read,\n")
    lake.table("quoted", "name string; n int", "csv", serde={"separatorChar": ",", "quoteChar": '"', "escapeChar": "\\"})
    lake.put("quoted/a.csv", b'"a, ""b""",1\n"c\nd",2\n')
    lake.put("quoted/b.csv", b'"e \\"f\\" ""g""",3\n')
    lake.table("events", "id int; who struct<name:string,age:int>; tags array<string>", "json")
    lake.put("events/a.json", b'{"Id": 1, "who": {"Name": "Ann", "age": 3}, "tags": ["a", "b"]}\n{"id": 2, "tags": null}\n')
    return lake


def pairs() -> list[tuple[str, list[list[str | None]]]]:
    """The queries of the fixture, and their rows."""
    text = (Path(__file__).parent / "fixtures" / "athena.sql").read_text("utf-8").split("\n", 1)[1]
    found = []
    for pair in text.strip().split("\n\n"):
        query, *rows = pair.split("\n--| ")
        found.append((query.rstrip(";"), [[None if cell == "NULL" else cell for cell in row.split(" | ")] for row in rows]))
    return found


@pytest.mark.parametrize(("sql", "expected"), pairs(), ids=lambda value: value[:50] if isinstance(value, str) else "")
def test_a_query_gives_what_athena_gives(lake: Athena, sql: str, expected: list[list[str | None]]) -> None:
    assert lake.rows(sql) == expected


def test_columns_have_athenas_names_and_types(lake: Athena) -> None:
    query = lake.run(
        "select id, price as P, note, day, 1 + 1, sum(id) over (), cast(1 as decimal(9,2)), tags from sales, (select tags from events) e"
    )
    info = lake.athena.get_query_results(QueryExecutionId=query["QueryExecutionId"])["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(each["Name"], each["Type"]) for each in info] == [
        ("id", "bigint"), ("p", "double"), ("note", "varchar"), ("day", "date"), ("_col4", "integer"), ("_col5", "bigint"),
        ("_col6", "decimal"),
        ("tags", "array"),
    ]  # fmt: skip
    assert (info[6]["Precision"], info[6]["Scale"], info[2]["CaseSensitive"]) == (9, 2, True)


def test_the_result_is_a_csv_in_the_output_location_with_metadata_beside_it(lake: Athena) -> None:
    query = lake.run("""select 'a "b"' as q, cast(null as varchar) as n, '' as e""")
    location = query["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://athena/results/{query['QueryExecutionId']}.csv"
    key = location.removeprefix("s3://athena/")
    assert lake.s3.get_object(Bucket="athena", Key=key)["Body"].read() == b'"q","n","e"\n"a ""b""",,""\n'
    assert json.loads(lake.s3.get_object(Bucket="athena", Key=f"{key}.metadata")["Body"].read())[0]["Name"] == "q"


def test_results_come_in_pages(lake: Athena) -> None:
    query = lake.run("select n from unnest(sequence(1, 2500)) as t(n)")
    pages = list(lake.athena.get_paginator("get_query_results").paginate(QueryExecutionId=query["QueryExecutionId"]))
    rows = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]
    assert rows == ["n", *map(str, range(1, 2501))]


def test_bytes_scanned_are_those_of_the_partitions_and_columns_that_are_read(lake: Athena) -> None:
    scanned = {sql: lake.run(sql)["Statistics"]["DataScannedInBytes"] for sql in (
        "select * from sales", "select * from sales where day = date '2026-01-02'", "select id from sales where day > date '2026-01-01'",
        "select count(*) from sales", "select name from people", "select 1",
        "select * from sales where day = date '2030-01-01'")}  # fmt: skip
    whole, one_day, one_column, count, text, nothing, no_day = scanned.values()
    assert whole == 2 * one_day > 10_000
    assert 0 < one_column < 200
    assert (count, nothing, no_day) == (0, 0, 0)
    assert text == len(b'name,age,born\nAnn,31,2000-02-29\n"Bob",x,\\N\nCy\nDi,1.5,2001-01-01,extra\n')


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select * from nowhere", r"TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake.nowhere' does not exist"),
        ("select wrong from sales", r"COLUMN_NOT_FOUND: Column 'wrong' cannot be resolved"),
        ("select no_such_function(1)", r"FUNCTION_NOT_FOUND: Function 'no_such_function' not registered"),
        ("select 1 / (id - 1) from sales", r"DIVISION_BY_ZERO: Division by zero"),
        ("select cast('x' as integer)", r"INVALID_CAST_ARGUMENT: Cannot cast: Could not convert string 'x'"),
        ("select id, count(*) from sales", r"EXPRESSION_NOT_AGGREGATE: 'id'"),
        ("select format_datetime(current_timestamp, 'yyyy')", r"NOT_SUPPORTED: format_datetime, whose formats are Java's"),
        ("select * from read_csv('/etc/passwd')", r"(PERMISSION_DENIED|NOT_SUPPORTED|TABLE_NOT_FOUND|SYNTAX_ERROR): "),
        (
            "select * from binary_things",
            r"NOT_SUPPORTED: Reading binary_things, whose serializer is org.apache.hadoop.hive.serde2.avro.AvroSerDe",
        ),
        ("delete from sales", r"NOT_SUPPORTED: DELETE is not supported by the local Athena; nothing was done\."),
    ],
)
def test_a_query_that_fails_says_why_in_athenas_words(lake: Athena, sql: str, reason: str) -> None:
    if "binary_things" in sql:
        lake.table("binary_things", "a int", "avro")
        lake.put("binary_things/a", b"x")
    assert re.match(reason, found := lake.reason(sql)), found


def test_what_cannot_be_read_is_refused_at_once(lake: Athena) -> None:
    with pytest.raises(ClientError, match=r"InvalidRequestException.*mismatched input 'selct'"):
        lake.start("selct 1")
    with pytest.raises(ClientError, match=r"line 1:\d+: mismatched input"):
        lake.start("select from where")
    with pytest.raises(ClientError, match="No output location provided"):
        lake.start("select 1", ResultConfiguration={})
    with pytest.raises(ClientError, match="WorkGroup nobody is not found"):
        lake.start("select 1", WorkGroup="nobody")


def test_create_table_as_writes_files_table_and_partitions(lake: Athena) -> None:
    properties = "format = 'PARQUET', external_location = 's3://athena/made/', partitioned_by = array['day']"
    sql = f"create table made with ({properties}) as select id, price * 2 as twice, day from sales"
    query = lake.run(sql)
    assert (query["StatementType"], lake.rows("select count(*), sum(twice) from made where day = date '2026-01-01'")) == (
        "DDL",
        [["2", "3.0"]],
    )
    table = lake.glue.get_table(DatabaseName="lake", Name="made")["Table"]
    assert [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]] == [("id", "bigint"), ("twice", "double")]
    keys = [entry["Key"] for entry in lake.s3.list_objects_v2(Bucket="athena", Prefix="made/")["Contents"]]
    assert sorted({key.split("/")[1] for key in keys}) == ["day=2026-01-01", "day=2026-01-02"]
    assert "already exists" in lake.reason(sql)
    assert lake.reason(sql.replace("table made", "table other")).startswith("HIVE_PATH_ALREADY_EXISTS")


@pytest.mark.parametrize("kind", ["TEXTFILE", "JSON"])
def test_other_formats_are_written_and_read_back(lake: Athena, kind: str) -> None:
    lake.run(f"create table as_{kind} with (format = '{kind}') as select name, age, born from people")
    assert lake.rows(f"select name, age, born from as_{kind} where age is not null") == [["Ann", "31", "2000-02-29"]]
    assert lake.rows(f"select count(*) from as_{kind}") == [["4"]]


def test_insert_adds_rows_and_partitions(lake: Athena) -> None:
    lake.run(
        "create external table growing (id bigint, note string) partitioned by (day string) stored as parquet location 's3://athena/growing/'"
    )
    assert lake.rows("select * from growing") == []
    lake.run("insert into growing values (1, 'a', '2026-01-01'), (2, null, '2026-01-02')")
    lake.run("insert into growing (day, id) select '2026-01-02', id from sales where day = date '2026-01-01'")
    assert lake.rows("select day, id, note from growing order by 1, 2, 3") == [
        ["2026-01-01", "1", "a"], ["2026-01-02", "1", None], ["2026-01-02", "2", None], ["2026-01-02", "2", None],
    ]  # fmt: skip
    assert lake.rows("show partitions growing") == [["day=2026-01-01"], ["day=2026-01-02"]]


def test_unload_writes_files_and_no_table(lake: Athena) -> None:
    lake.run("unload (select id, note from sales where id = 2) to 's3://athena/unloaded/' with (format = 'JSON', compression = 'NONE')")
    (entry,) = lake.s3.list_objects_v2(Bucket="athena", Prefix="unloaded/")["Contents"]
    lines = lake.s3.get_object(Bucket="athena", Key=entry["Key"])["Body"].read().splitlines()
    assert [json.loads(line) for line in lines] == [{"id": 2, "note": "y"}] * 2


def test_views_are_kept_in_the_catalog_and_read_through(lake: Athena) -> None:
    lake.run("create view dear as select id, price from sales where price > 1")
    lake.run("create or replace view dearer as select id as number from dear")
    assert lake.rows("select v.number, count(*) from dearer v group by 1") == [["1", "2"]]
    table = lake.glue.get_table(DatabaseName="lake", Name="dear")["Table"]
    assert (table["TableType"], table["StorageDescriptor"]["Columns"][0]["Type"]) == ("VIRTUAL_VIEW", "bigint")
    assert lake.rows("show views") == [["dear"], ["dearer"]]
    lake.run("drop view dearer")
    assert lake.reason("select * from dearer").startswith("TABLE_NOT_FOUND")


def test_prepared_statements_and_parameters(lake: Athena) -> None:
    assert lake.rows("select id from sales where note = ? and id > ? group by 1", ExecutionParameters=["'y'", "1"]) == [["2"]]
    lake.athena.create_prepared_statement(
        StatementName="by_id", WorkGroup="primary", QueryStatement="select count(*) from sales where id = ?"
    )
    assert lake.rows("execute by_id using 2") == [["2"]]
    lake.run("prepare plus from select ? + ?")
    assert lake.rows("execute plus using 1, 2") == [["3"]]
    names = [each["StatementName"] for each in lake.athena.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]]
    assert names == ["by_id", "plus"]
    lake.run("deallocate prepare plus")
    assert lake.reason("execute plus using 1, 2").startswith("NOT_FOUND: PreparedStatement plus was not found")


def test_a_workgroups_limit_cancels_before_anything_is_read(lake: Athena) -> None:
    configuration = {
        "BytesScannedCutoffPerQuery": 10_000_000,
        "EnforceWorkGroupConfiguration": True,
        "ResultConfiguration": {"OutputLocation": "s3://athena/of-group/"},
    }
    lake.athena.create_work_group(Name="careful", Configuration=configuration)
    lake.table("large", "line string", "lazy")
    lake.put("large/a.txt", b"x" * 10_000_001)

    query = lake.ended(lake.start("select count(*) from large", WorkGroup="careful"))

    assert query["Status"]["State"] == "CANCELLED"
    assert query["Status"]["StateChangeReason"] == "Query cancelled! : Bytes scanned limit was exceeded"
    assert lake.run("select 1", WorkGroup="careful")["ResultConfiguration"]["OutputLocation"].startswith("s3://athena/of-group/")


def test_a_query_can_be_stopped(lake: Athena) -> None:
    query_id = lake.start(
        "select count(*) from unnest(sequence(1, 100000)) a(x), unnest(sequence(1, 100000)) b(y), (values 1, 2) c(z) where x * y % 7 = z"
    )
    lake.athena.stop_query_execution(QueryExecutionId=query_id)
    query = lake.ended(query_id)
    assert (query["Status"]["State"], query["Status"]["StateChangeReason"]) == ("CANCELLED", "Query was cancelled by the user")
    with pytest.raises(ClientError, match="Final query state: CANCELLED"):
        lake.athena.get_query_results(QueryExecutionId=query_id)


def test_tables_made_by_ddl_are_those_of_the_catalog(lake: Athena) -> None:
    lake.run("create database if not exists other")
    lake.run(
        "create external table other.t (id int comment 'the key', s struct<a:int,b:array<string>>) partitioned by (d string) "
        "row format serde 'org.openx.data.jsonserde.JsonSerDe' with serdeproperties ('ignore.malformed.json' = 'true') "
        "location 's3://athena/t/' tblproperties ('classification' = 'json')"
    )
    table = lake.glue.get_table(DatabaseName="other", Name="t")["Table"]
    assert [(each["Name"], each["Type"], each.get("Comment")) for each in table["StorageDescriptor"]["Columns"]] == [
        ("id", "int", "the key"), ("s", "struct<a:int,b:array<string>>", None),
    ]  # fmt: skip
    assert table["StorageDescriptor"]["SerdeInfo"]["Parameters"]["ignore.malformed.json"] == "true"
    lake.put("elsewhere/x.json", b'{"id": 5}\nnot json\n')
    lake.run("alter table other.t add if not exists partition (d = '1') location 's3://athena/elsewhere/'")
    assert ["5", "1"] in lake.rows("select id, d from other.t")
    lake.run("alter table other.t drop partition (d = '1')")
    assert lake.rows("select id, d from other.t") == []
    assert lake.reason("drop database other").startswith("SCHEMA_NOT_EMPTY")
    lake.run("drop database other cascade")
    assert lake.athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"].count({"Name": "other"}) == 0


def test_an_iceberg_table_is_read_at_its_snapshot_with_pruning(lake: Athena) -> None:
    metadata, first = iceberg_table(lake)
    table = {
        "Name": "ice", "TableType": "EXTERNAL_TABLE", "Parameters": {"table_type": "ICEBERG", "metadata_location": metadata},
        "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "bigint"}, {"Name": "note", "Type": "string"}], "Location": "s3://athena/ice"},
    }  # fmt: skip
    lake.glue.create_table(DatabaseName="lake", TableInput=table)

    assert lake.rows("select id, note from ice order by id") == [["1", "a"], ["2", "b"], ["11", "c"]]
    assert lake.rows("select count(*) from ice") == [["3"]]
    assert lake.rows(f"select id from ice for version as of {first} order by id") == [["1"], ["2"]]
    whole, pruned = (lake.run(f"select id from ice{where}")["Statistics"]["DataScannedInBytes"] for where in ("", " where id > 10"))
    assert 0 < pruned < whole
    assert lake.reason("insert into ice values (1, 'x')").startswith("NOT_SUPPORTED: INSERT INTO an Iceberg table")


def iceberg_table(lake: Athena) -> tuple[str, int]:
    """Two appends by a catalog in memory, below the endpoint's storage. Its newest metadata and its first snapshot."""
    from pyiceberg.catalog.memory import InMemoryCatalog

    from localaws.athena.iceberg import StorageIO

    storage = str(lake.endpoint.home / "s3")
    properties = {"py-io-impl": f"{StorageIO.__module__}.StorageIO", "etl.storage": storage, "warehouse": "s3://athena/ice"}
    for folder in ("metadata", "data"):
        (lake.endpoint.home / "s3" / "athena" / "ice" / folder).mkdir(parents=True)
    catalog = InMemoryCatalog("writer", **properties)
    catalog.create_namespace("n")
    table = catalog.create_table("n.ice", pa.schema([("id", pa.int64()), ("note", pa.string())]), location="s3://athena/ice")
    table.append(pa.table({"id": [1, 2], "note": ["a", "b"]}))
    first = table.current_snapshot()
    assert first is not None
    table.append(pa.table({"id": [11], "note": ["c"]}))
    return table.metadata_location, first.snapshot_id


def test_awswrangler_reads_query_results(lake: Athena, monkeypatch: pytest.MonkeyPatch) -> None:
    import awswrangler
    import boto3

    awswrangler.config.athena_endpoint_url = awswrangler.config.s3_endpoint_url = awswrangler.config.glue_endpoint_url = lake.endpoint.url
    awswrangler.config.sts_endpoint_url = lake.endpoint.url
    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    frame = awswrangler.athena.read_sql_query(
        "select id, price, day from sales order by day, id",
        database="lake",
        ctas_approach=False,
        s3_output="s3://athena/wr/",
        boto3_session=session,
    )
    assert list(frame["id"]) == [1, 2, 1, 2]
    assert frame["day"][0] == dt.date(2026, 1, 1)
