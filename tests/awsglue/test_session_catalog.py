"""The Data Catalog as the catalog of Spark SQL: what is there is found, what a statement does is there afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from awsglue._session_catalog import ASKED, OWN, SWITCH, UNASKED, hooks
from awsglue.context import GlueContext


@pytest.fixture(scope="module")
def glue(aws: Any, spark_session: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A catalog with a database of tables in every format, whose files lie in a folder."""
    client = aws("glue")
    folder = tmp_path_factory.mktemp("lake")
    client.create_database(DatabaseInput={"Name": "shop", "LocationUri": f"file:{folder}/warehouse"})
    write(folder / "orders/year=2025/o.csv", "1,ann,2.5\n")
    write(folder / "orders/year=2026/o.csv", '2,"bob",3.5\n3,\\N,4.5\n')
    write(folder / "quoted/q.csv", 'id;name\n1;"a;b"\n')
    write(folder / "lines/l.json", '{"id": 1, "tags": ["x", "y"], "at": {"city": "Oslo"}}\n')
    spark_session.range(3).write.parquet(str(folder / "numbers"))
    lazy = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    orders = storage(folder / "orders", "csv", lazy, {"field.delim": ","}, id="int", customer="string", price="decimal(8,2)")
    make(client, "orders", orders, [{"Name": "year", "Type": "int"}])
    for year in ("2025", "2026"):
        descriptor = {**orders, "Location": f"file:{folder}/orders/year={year}/"}
        client.create_partition(DatabaseName="shop", TableName="orders", PartitionInput={"Values": [year], "StorageDescriptor": descriptor})
    quoted = {"separatorChar": ";", "quoteChar": '"', "skip.header.line.count": "1"}
    open_csv = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    make(client, "quoted", storage(folder / "quoted", "csv", open_csv, quoted, id="string", name="string"))
    make(client, "lines", storage(folder / "lines", "json", "", {}, id="bigint", tags="array<string>", at="struct<city:string>"))
    make(client, "numbers", storage(folder / "numbers", "parquet", "", {}, id="bigint"))
    return client


@pytest.fixture
def spark(spark_session: SparkSession, monkeypatch: pytest.MonkeyPatch) -> SparkSession:
    monkeypatch.setenv(SWITCH, ASKED)
    return GlueContext(spark_session.newSession()).spark_session


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def storage(folder: Path, kind: str, serde: str, parameters: dict[str, str], **columns: str) -> dict[str, Any]:
    return {
        "Columns": [{"Name": name, "Type": type} for name, type in columns.items()],
        "Location": f"file:{folder}/",
        **({"SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters}} if serde else {}),
        "Parameters": {"classification": kind},
    }


def make(client: Any, name: str, descriptor: dict[str, Any], keys: list[dict[str, str]] | None = None) -> None:
    table = {"Name": name, "StorageDescriptor": descriptor, "PartitionKeys": keys or [], "TableType": "EXTERNAL_TABLE"}
    client.create_table(DatabaseName="shop", TableInput=table)


def rows(spark: SparkSession, query: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in spark.sql(query).collect()), key=repr)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select id, customer, year from shop.orders where year = 2026", [(2, '"bob"', 2026), (3, None, 2026)]),
        ("select sum(price) as total from shop.orders o join shop.numbers n on o.id = n.id", [("6.00",)]),
        ("with q as (select * from shop.quoted) select id, name from q", [("1", "a;b")]),
        ("select id, tags[1], at.city from `shop`.`lines`", [(1, "y", "Oslo")]),
        ("show tables in shop like 'n*'", [("shop", "numbers", False)]),
        ("show partitions shop.orders", [("year=2025",), ("year=2026",)]),
        ("select count(*) from (select 1 where exists (select * from shop.numbers))", [(1,)]),
    ],
    ids=["a_partition", "a_join", "quotes_in_a_cte", "nested", "show_tables", "show_partitions", "in_a_subquery"],
)
def test_a_query_finds_the_tables_that_it_names(glue: Any, spark: SparkSession, query: str, expected: list[tuple[Any, ...]]) -> None:
    found = [tuple(str(value) if type(value).__name__ == "Decimal" else value for value in row) for row in rows(spark, query)]

    assert found == expected


def test_the_current_database_readers_and_the_catalogs_calls_find_them_too(glue: Any, spark: SparkSession) -> None:
    spark.sql("use shop")

    assert rows(spark, "select max(id) from numbers") == [(2,)]
    assert (spark.table("numbers").count(), spark.read.table("shop.numbers").count()) == (3, 3)
    assert spark.catalog.tableExists("shop.quoted")
    assert not spark.catalog.tableExists("shop.nosuch")
    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_NOT_FOUND.*nosuch"):
        spark.sql("select * from shop.nosuch")
    spark.sql("use default")


def test_what_changes_in_the_catalog_is_seen_by_the_next_statement(glue: Any, spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "one/a.json", '{"a": 1}')
    write(tmp_path / "two/a.json", '{"a": 2, "b": "x"}')
    make(glue, "moving", storage(tmp_path / "one", "json", "", {}, a="int"))
    assert rows(spark, "select * from shop.moving") == [(1,)]

    changed = storage(tmp_path / "two", "json", "", {}, a="int", b="string")
    glue.update_table(DatabaseName="shop", TableInput={"Name": "moving", "StorageDescriptor": changed})

    assert rows(spark, "select * from shop.moving") == [(2, "x")]
    glue.delete_table(DatabaseName="shop", Name="moving")
    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_NOT_FOUND"):
        spark.sql("select * from shop.moving")
    assert (tmp_path / "two/a.json").exists(), "the files are not the session's to delete"


def test_a_statement_changes_the_tables_that_it_names_and_none_whose_name_is_in_theirs(
    glue: Any, spark: SparkSession, tmp_path: Path
) -> None:
    write(tmp_path / "note/a.json", '{"a": 1}')
    make(glue, "note", storage(tmp_path / "note", "json", "", {}, a="int"))
    assert rows(spark, "select * from shop.note") == [(1,)]
    glue.update_table(DatabaseName="shop", TableInput={"Name": "note", "StorageDescriptor": storage(tmp_path, "json", "", {}, b="string")})

    spark.sql("create table shop.notes using parquet as select 1 id")

    columns = glue.get_table(DatabaseName="shop", Name="note")["Table"]["StorageDescriptor"]["Columns"]
    assert [one["Name"] for one in columns] == ["b"], "as somebody else left it"
    assert glue.get_table(DatabaseName="shop", Name="notes")
    spark.sql("drop table shop.notes")
    glue.delete_table(DatabaseName="shop", Name="note")


def test_databases_tables_partitions_and_views_that_spark_makes_are_in_the_catalog(glue: Any, spark: SparkSession, tmp_path: Path) -> None:
    spark.sql(f"create database made comment 'by spark' location 'file:{tmp_path}/made'")
    spark.sql("create table made.sales (id int comment 'key', day date, shop string) using parquet partitioned by (shop)")
    spark.sql("insert into made.sales values (1, date'2026-01-01', 'A'), (2, date'2026-01-02', 'B')")
    spark.sql("create view made.big as select id from made.sales where id > 1")
    spark.range(4).write.format("json").saveAsTable("made.four")

    assert glue.get_database(Name="made")["Database"]["Description"] == "by spark"
    table = glue.get_table(DatabaseName="made", Name="sales")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "id", "Type": "int", "Comment": "key"}, {"Name": "day", "Type": "date"}]
    assert table["PartitionKeys"] == [{"Name": "shop", "Type": "string"}]
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    partitions = glue.get_partitions(DatabaseName="made", TableName="sales")["Partitions"]
    folders = {one["Values"][0]: one["StorageDescriptor"]["Location"].rsplit("/", 1)[-1] for one in partitions}
    assert folders == {"A": "shop=A", "B": "shop=B"}
    assert glue.get_table(DatabaseName="made", Name="big")["Table"]["TableType"] == "VIRTUAL_VIEW"
    assert glue.get_table(DatabaseName="made", Name="four")["Table"]["TableType"] == "MANAGED_TABLE"


def test_another_run_reads_overwrites_alters_and_drops_what_one_made(glue: Any, spark: SparkSession, tmp_path: Path) -> None:
    spark.sql(f"create database kept location 'file:{tmp_path}/kept'")
    spark.range(4).write.saveAsTable("kept.four")
    spark.sql("create view kept.big as select id from kept.four where id > 1")
    forget_the_session("kept")

    assert rows(spark, "select * from kept.big") == [(2,), (3,)]
    spark.range(2).write.mode("overwrite").saveAsTable("kept.four")
    assert rows(spark, "select * from kept.four") == [(0,), (1,)]
    spark.range(7, 8).write.insertInto("kept.four")
    spark.sql("alter table kept.four add columns (note string)")
    assert rows(spark, "select * from kept.four") == [(0, None), (1, None), (7, None)]
    columns = glue.get_table(DatabaseName="kept", Name="four")["Table"]["StorageDescriptor"]["Columns"]
    assert [one["Name"] for one in columns] == ["id", "note"]
    spark.sql("drop table kept.four")
    spark.sql("drop view kept.big")
    assert glue.get_tables(DatabaseName="kept")["TableList"] == []
    assert not (tmp_path / "kept/four").exists(), "the files of a managed table go with it"
    spark.sql("drop database kept")
    assert "kept" not in {one["Name"] for one in glue.get_databases()["DatabaseList"]}


def forget_the_session(database: str) -> None:
    """As a new run has it: Spark's own catalog knows nothing of the database; its files and the Data Catalog stay."""
    (found,) = [one for one in hooks._catalogs.values() if database in one.databases]
    for base, table in [key for key in found.tables if key[0] == database]:
        found._drop(base, table)
    found.databases.discard(database)


def test_hives_way_to_make_a_table_of_files_is_understood(glue: Any, spark: SparkSession, tmp_path: Path) -> None:
    spark.range(2).write.orc(str(tmp_path / "orc"))

    spark.sql(f"CREATE EXTERNAL TABLE shop.hives (id bigint) STORED AS ORC LOCATION 'file:{tmp_path}/orc'")

    assert rows(spark, "select * from shop.hives") == [(0,), (1,)]
    assert glue.get_table(DatabaseName="shop", Name="hives")["Table"]["TableType"] == "EXTERNAL_TABLE"
    spark.sql("drop table shop.hives")
    assert (tmp_path / "orc").exists()


def test_without_the_catalog_spark_has_its_own(glue: Any, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, OWN)

    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_NOT_FOUND"):
        spark.sql("select * from shop.never_asked_for")
    spark.sql("create table only_here (id int) using parquet")
    assert "only_here" not in {one["Name"] for one in glue.get_tables(DatabaseName="shop")["TableList"]}
    spark.sql("drop table only_here")


@pytest.mark.parametrize(
    "ask",
    [
        lambda spark: spark.sql("select id from later.one").collect(),
        lambda spark: spark.table("later.one").collect(),
        lambda spark: [(1,)] if spark.catalog.tableExists("later.one") else [],
        lambda spark: spark.sql("use later") and spark.sql("select * from one").collect(),
        lambda spark: spark.range(1, 2).write.insertInto("later.one") or spark.table("later.one").limit(1).collect(),
    ],
    ids=["sql", "table", "exists", "use", "insert"],
)
def test_who_did_not_say_gets_what_spark_lacks_and_is_told(
    glue: Any, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, ask: Any
) -> None:
    spark.range(1, 2).write.parquet(str(tmp_path / "one"))
    glue.create_database(DatabaseInput={"Name": "later"})
    descriptor = storage(tmp_path / "one", "parquet", "", {}, id="bigint")
    glue.create_table(DatabaseName="later", TableInput={"Name": "one", "StorageDescriptor": descriptor, "TableType": "EXTERNAL_TABLE"})
    monkeypatch.setenv(SWITCH, UNASKED)

    assert spark.sql("select 1 from range(1)").count() == 1
    assert not spark.catalog.tableExists("nosuch")
    assert caplog.text.count("--enable-glue-datacatalog") == 0, "nothing was needed of it"
    assert [tuple(row) for row in ask(spark)] == [(1,)]
    assert caplog.text.count("On Glue a job needs the argument --enable-glue-datacatalog") == 1
    spark.sql("use default")
    glue.delete_database(Name="later")
    spark.sql("show databases")


def test_a_catalog_that_is_away_fails_a_job_that_wants_it_and_is_said_to_others(
    glue: Any, spark: SparkSession, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(EndpointConnectionError):
        spark.sql("show tables")
    monkeypatch.setenv(SWITCH, UNASKED)

    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_NOT_FOUND"):
        spark.sql("select * from shop.numbers_that_are_away")
    assert "the Glue Data Catalog is not there" in caplog.text
