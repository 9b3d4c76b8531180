"""Databases as sources and sinks, against real ones: MariaDB and PostgreSQL by JDBC, the local Redshift by its Data API."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pymysql
import pytest
from pyspark.sql import SparkSession

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.exceptions import BadOptionError, SourceError
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.postgres import PostgresEngine
from localaws.engines.spark_conf import aws_environment
from localaws.engines.stack import Stack
from localaws.home import Home
from localaws.spark_settings import settings
from script_runs import run_script

VENDORS = ("mysql", "postgresql")
WAREHOUSE = {
    "url": "jdbc:redshift://wholesale.1.us-east-1.redshift-serverless.amazonaws.com:5439/warehouse",
    "redshiftTmpDir": "s3://lake/tmp/",
}
Rows = list[tuple[Any, ...]]


class Databases:
    """MariaDB, PostgreSQL and the endpoint of one home; the vendor's name chooses the database."""

    def __init__(self, home: Home) -> None:
        self.stack = Stack(home)

    def connect(self, vendor: str) -> Any:
        if vendor == "mysql":
            engine = self.stack.engines["mysql"]
            assert isinstance(engine, MariaDBEngine)
            return pymysql.connect(**engine.connection_arguments(), autocommit=True)
        engine = self.stack.engines["postgres"]
        assert isinstance(engine, PostgresEngine)
        return psycopg.connect(**engine.conninfo(), autocommit=True)

    def run(self, vendor: str, *statements: str) -> Rows:
        """Rows of the last statement."""
        with self.connect(vendor) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def options(self, vendor: str, table: str = "", **more: Any) -> dict[str, Any]:
        """connection_options of the database."""
        engine = self.stack.engines["mysql" if vendor == "mysql" else "postgres"]
        scheme, database = ("mysql", "wholesale") if vendor == "mysql" else ("postgresql", "warehouse")
        assert isinstance(engine, MariaDBEngine | PostgresEngine)
        login = engine.connection_arguments() if isinstance(engine, MariaDBEngine) else engine.conninfo()
        url = f"jdbc:{scheme}://127.0.0.1:{engine.ports['main']}/{database}"
        return {"url": url, "user": login["user"], "password": login["password"], **({"dbtable": table} if table else {}), **more}


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory, spark_session: SparkSession) -> Iterator[Databases]:
    home = Home(tmp_path_factory.mktemp("home of databases")).make()
    found = Databases(home)
    postgres = found.stack.engines["postgres"]
    assert isinstance(postgres, PostgresEngine)
    try:
        found.stack.start(["mysql", "postgres", "endpoint"])
        url = found.stack.engines["endpoint"].endpoint
        with pytest.MonkeyPatch.context() as patch:
            for name, value in aws_environment(url, str(home.root / "none")).items():
                patch.setenv(name, value)
            import boto3

            boto3.client("s3").create_bucket(Bucket="lake")
            storage = spark_session._jsc.hadoopConfiguration()
            for name, value in settings(home.root, url).items():
                if name.startswith("spark.hadoop."):
                    storage.set(name.removeprefix("spark.hadoop."), value)
            yield found
    finally:
        found.stack.stop(["mysql", "postgres", "endpoint"])
        postgres.remove_outside()


@pytest.fixture
def glue(plain_glue: GlueContext) -> GlueContext:
    return plain_glue


def rows(frame: DynamicFrame) -> Rows:
    return sorted((tuple(row) for row in frame.toDF().collect()), key=repr)


def frame_of(glue: GlueContext, *select: str) -> DynamicFrame:
    return DynamicFrame.fromDF(glue.spark_session.sql(" union all ".join(f"select {one}" for one in select)), glue, "frame")


def make_events(databases: Databases, vendor: str, name: str, rows: int = 20) -> None:
    values = ", ".join(f"({n}, {'NULL' if n % 5 == 0 else repr(f'r{n % 4}')})" for n in range(1, rows + 1))
    databases.run(vendor, f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, region VARCHAR(9))", f"INSERT INTO {name} VALUES {values}")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_table_is_read_with_the_databases_types(databases: Databases, glue: GlueContext, vendor: str) -> None:
    text = "id BIGINT, price DECIMAL(10,2), day DATE, at TIMESTAMP NULL, name VARCHAR(20), ratio DOUBLE PRECISION"
    values = "(1, 9.50, '2026-01-31', '2026-01-31 10:00:00', 'é''s', 0.5), (2, NULL, NULL, NULL, NULL, NULL)"
    databases.run(vendor, f"CREATE TABLE typed ({text})", f"INSERT INTO typed VALUES {values}")

    frame = glue.create_dynamic_frame.from_options(vendor, databases.options(vendor, "typed"))

    kinds = [field.dataType.simpleString() for field in frame.toDF().schema]
    assert kinds == ["bigint", "decimal(10,2)", "date", "timestamp", "string", "double"]
    first = (1, Decimal("9.50"), date(2026, 1, 31), datetime(2026, 1, 31, 10), "é's", 0.5)
    assert rows(frame) == [first, (2, None, None, None, None, None)]
    sample = databases.options(vendor, sampleQuery="SELECT id, name FROM typed WHERE id = 1;\n")
    assert rows(glue.create_dynamic_frame.from_options(vendor, sample)) == [(1, "é's")]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_frame_is_appended_and_the_table_made_when_it_is_not_there(databases: Databases, glue: GlueContext, vendor: str) -> None:
    options = databases.options(vendor, "written")

    for select in ("1L id, 'a' name, 1.5D ratio", "2L id, null name, 2.5D ratio"):
        glue.write_dynamic_frame.from_options(frame_of(glue, select), vendor, options)

    assert databases.run(vendor, "SELECT id, name, ratio FROM written ORDER BY id") == [(1, "a", 1.5), (2, None, 2.5)]
    with pytest.raises(SourceError, match=rf"(?s){vendor} nosuch: .*nosuch.*The address is jdbc:{vendor}:.*the user etl"):
        glue.create_dynamic_frame.from_options(vendor, databases.options(vendor, "nosuch"))
    databases.run(vendor, "CREATE TABLE strict_one (id INTEGER PRIMARY KEY, name VARCHAR(9) NOT NULL)")
    with pytest.raises(SourceError, match=rf"(?s){vendor} strict_one: .*name"):
        glue.write_dynamic_frame.from_options(frame_of(glue, "1 id"), vendor, databases.options(vendor, "strict_one"))
    with pytest.raises(BadOptionError, match="inner is nested or still a choice"):
        glue.write_dynamic_frame.from_options(frame_of(glue, "struct(1 a) inner"), vendor, options)
    with pytest.raises(BadOptionError, match="no option 'preactions'"):
        glue.write_dynamic_frame.from_options(frame_of(glue, "1L id"), vendor, {**options, "preactions": "DELETE FROM written"})


@pytest.mark.parametrize(
    ("how", "parts"),
    [
        ({"hashfield": "region", "hashpartitions": "3"}, 3),
        ({"hashfield": "id"}, 7),
        ({"hashexpression": "id", "hashpartitions": "4"}, 4),
        ({"hashexpression": "id * -1.5", "hashpartitions": 2}, 2),
    ],
    ids=["field", "field_in_seven_parts", "expression", "expression_of_negative_fractions"],
)
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_read_in_parts_by_hash_has_every_row_once(
    databases: Databases, glue: GlueContext, vendor: str, how: dict[str, Any], parts: int
) -> None:
    name = "parts"
    databases.run(vendor, f"DROP TABLE IF EXISTS {name}")
    make_events(databases, vendor, name)

    frame = glue.create_dynamic_frame.from_options(vendor, databases.options(vendor, name, **how)).toDF()

    found = [[row.id for row in part] for part in frame.rdd.glom().collect()]
    assert len(found) == parts
    assert sorted(id for part in found for id in part) == list(range(1, 21))
    assert len([part for part in found if part]) > 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_bookmarks_by_key_skip_nothing_and_repeat_nothing_when_a_run_fails(
    databases: Databases, glue: GlueContext, jobs: Any, vendor: str
) -> None:
    make_events(databases, vendor, "growing", 3)

    def insert(*ids: int) -> None:
        databases.run(vendor, *[f"INSERT INTO growing VALUES ({id}, 'new')" for id in ids])

    def read() -> DynamicFrame:
        return glue.create_dynamic_frame.from_options(vendor, databases.options(vendor, "growing"), transformation_ctx="source")

    def ids(frame: DynamicFrame) -> list[int]:
        return [row[0] for row in rows(frame)]

    jobs("failed")
    assert ids(read()) == [1, 2, 3]
    first = jobs("first")
    frame = read()
    insert(4)  # after the read began: left to the next run
    assert ids(frame) == [1, 2, 3]
    first.commit()
    jobs("failed again")
    assert ids(read()) == [4]
    insert(6, 7)
    second = jobs("second")
    assert ids(read()) == [4, 6, 7]
    second.commit()
    third = jobs("third")
    assert ids(read()) == []
    third.commit()
    insert(8)
    jobs("paused", "job-bookmark-pause", job_bookmark_from="first", job_bookmark_to="second").commit()
    assert ids(read()) == [4, 6, 7]
    jobs("after")
    assert ids(read()) == [8]


@pytest.mark.parametrize("vendor", VENDORS)
def test_bookmark_keys_may_be_several_texts_or_moments_and_descend(databases: Databases, glue: GlueContext, jobs: Any, vendor: str) -> None:
    slash = r"a\\''" if vendor == "mysql" else r"a\''"
    at = "'2026-01-01 00:00:00.5'"
    text = "at TIMESTAMP(3) NULL, code VARCHAR(9), level INTEGER"
    early = f"({at}, 'b', 9), ({at}, '{slash}', 8), (NULL, 'none', NULL)"
    databases.run(vendor, f"CREATE TABLE keyed ({text})", f"INSERT INTO keyed VALUES {early}")

    def read(name: str, **how: Any) -> list[Any]:
        found = glue.create_dynamic_frame.from_options(vendor, databases.options(vendor, "keyed", **how), transformation_ctx=name)
        return sorted(row.level for row in found.toDF().collect())

    cases: dict[str, dict[str, Any]] = {
        "several": {"jobBookmarkKeys": ["at", "code"], "jobBookmarkKeysSortOrder": "asc"},
        "down": {"jobBookmarkKeys": "level", "jobBookmarkKeysSortOrder": "desc"},
        "in parts": {"jobBookmarkKeys": ["at", "code"], "hashfield": "code", "hashpartitions": 2},
        "statement": {"jobBookmarkKeys": ["at", "code"], "sampleQuery": "SELECT * FROM keyed ; "},
    }
    first = jobs("first")
    assert {name: read(name, **how) for name, how in cases.items()} == {name: [8, 9] for name in cases}
    first.commit()
    databases.run(vendor, f"INSERT INTO keyed VALUES ({at}, 'c', 7), ('2026-01-02 00:00:00', '{slash}', 1)")
    jobs("second")
    assert {name: read(name, **how) for name, how in cases.items()} == {name: [1, 7] for name in cases}
    with pytest.raises(BadOptionError, match="keyed: it has no primary key. Possible: jobBookmarkKeys"):
        read("no key")


def test_a_table_of_the_catalog_is_read_and_written_through_its_connection(databases: Databases, glue: GlueContext, jobs: Any) -> None:
    import boto3

    catalog = boto3.client("glue")
    catalog.create_database(DatabaseInput={"Name": "sources"})
    for vendor, location in (("mysql", "wholesale.stock"), ("postgresql", "warehouse.public.stock")):
        make_events(databases, vendor, "stock", 6)
        login = databases.options(vendor)
        properties = {"JDBC_CONNECTION_URL": login["url"], "USERNAME": login["user"], "PASSWORD": login["password"]}
        if vendor == "postgresql":
            secret = json.dumps({"username": login["user"], "password": login["password"]})
            boto3.client("secretsmanager").create_secret(Name="shop", SecretString=secret)
            properties = {"JDBC_CONNECTION_URL": login["url"], "SECRET_ID": "shop"}
        connection = {"Name": f"{vendor} of shop", "ConnectionType": "JDBC", "ConnectionProperties": properties}
        catalog.create_connection(ConnectionInput=connection)
        columns = [{"Name": "id", "Type": "int"}, {"Name": "region", "Type": "string"}]
        table = {
            "Name": f"{vendor}_stock", "StorageDescriptor": {"Columns": columns, "Location": location},
            "Parameters": {"classification": vendor, "connectionName": f"{vendor} of shop"},
        }  # fmt: skip
        catalog.create_table(DatabaseName="sources", TableInput=table)

        job = jobs(f"first {vendor}")
        how = {"hashfield": "region", "hashpartitions": "3"}
        frame = glue.create_dynamic_frame.from_catalog("sources", f"{vendor}_stock", additional_options=how, transformation_ctx=vendor)
        assert ([row[0] for row in rows(frame)], frame.getNumPartitions()) == ([1, 2, 3, 4, 5, 6], 3)
        job.commit()
        glue.write_dynamic_frame.from_catalog(frame_of(glue, "7 id, 'added' region"), "sources", f"{vendor}_stock")
        jobs(f"second {vendor}")
        again = glue.create_dynamic_frame.from_catalog("sources", f"{vendor}_stock", transformation_ctx=vendor)
        assert rows(again) == [(7, "added")]

        named = {name: DynamicFrame.fromDF(glue.spark_session.sql(f"select '{name}' name"), glue, name) for name in ("one", "two")}
        both = DynamicFrameCollection(named, glue)
        glue.write_from_jdbc_conf(both, f"{vendor} of shop", {"database": "unused"})
        glue.write_dynamic_frame.from_jdbc_conf(named["two"], f"{vendor} of shop", {"database": "unused", "dbtable": "one"})
        found = databases.run(vendor, "SELECT name FROM one UNION ALL SELECT name FROM two ORDER BY name")
        assert found == [("one",), ("two",), ("two",)]


def place_in_catalog(database: str, table: str, url: str) -> None:
    import boto3

    catalog = boto3.client("glue")
    catalog.create_database(DatabaseInput={"Name": database})
    properties = {"JDBC_CONNECTION_URL": url, "USERNAME": "etl", "PASSWORD": "unused"}
    catalog.create_connection(ConnectionInput={"Name": "redshift", "ConnectionType": "JDBC", "ConnectionProperties": properties})
    described = {
        "Name": table, "StorageDescriptor": {"Columns": [], "Location": f"warehouse.public.{table}"},
        "Parameters": {"classification": "redshift", "connectionName": "redshift"},
    }  # fmt: skip
    catalog.create_table(DatabaseName=database, TableInput=described)


def test_redshift_is_read_by_bookmark_keys(databases: Databases, glue: GlueContext, jobs: Any) -> None:
    def write(*select: str) -> None:
        glue.write_dynamic_frame.from_options(frame_of(glue, *select), "redshift", {**WAREHOUSE, "dbtable": "public.followed"})

    def read() -> Rows:
        options = {**WAREHOUSE, "dbtable": "public.followed", "jobBookmarkKeys": ["at", "name"], "jobBookmarkKeysSortOrder": "asc"}
        return rows(glue.create_dynamic_frame.from_options("redshift", options, transformation_ctx="source").select_fields(["id"]))

    at = "timestamp'2026-01-01 10:00:00.5' at"
    write(f"1L id, {at}, 'it\\'s' name", f"2L id, {at}, 'back\\\\' name", "3L id, null, 'never' name")
    first = jobs("first")
    assert read() == [(1,), (2,)]
    first.commit()
    write(f"4L id, {at}, 'jt' name", "5L id, timestamp'2026-01-02 00:00:00' at, 'a' name")
    second = jobs("second")
    assert read() == [(4,), (5,)]
    second.commit()
    jobs("third")
    assert read() == []


def test_redshift_is_loaded_in_one_transaction_with_its_actions(databases: Databases, glue: GlueContext) -> None:
    def write(frame: DynamicFrame, **more: Any) -> None:
        glue.write_dynamic_frame.from_options(frame, "redshift", {**WAREHOUSE, "dbtable": "public.sales", **more})

    def read(**what: Any) -> DynamicFrame:
        return glue.create_dynamic_frame.from_options("redshift", {**WAREHOUSE, **what})

    first = r"1L id, 'it\'s; \"x\"' name, 1.50BD price, date'2026-01-31' day, timestamp'2026-01-31 10:00:00' at, true good, 0.5D ratio"
    write(frame_of(glue, first, "2L, null, null, null, null, null, null"))
    whole = (1, 'it\'s; "x"', Decimal("1.50"), date(2026, 1, 31), datetime(2026, 1, 31, 10), True, 0.5)
    found = read(dbtable="public.sales")
    assert rows(found) == [whole, (2, None, None, None, None, None, None)]
    kinds = [field.dataType.simpleString() for field in found.toDF().schema]
    assert kinds == ["bigint", "string", "decimal(3,2)", "date", "timestamp", "boolean", "double"]

    assert rows(read(query="SELECT id FROM public.sales WHERE name = 'it''s; \"x\"' ORDER BY id LIMIT 1;")) == [(1,)]
    nothing = read(query="SELECT id, price FROM public.sales WHERE id < 0", aws_iam_role="arn:aws:iam::123456789012:role/unload")
    assert (nothing.toDF().dtypes, rows(nothing)) == ([("id", "bigint"), ("price", "decimal(3,2)")], [])
    staged = list((databases.stack.home.s3 / "lake" / "tmp").rglob("part_*"))
    assert staged, "rows come by UNLOAD through redshiftTmpDir"
    with pytest.raises(BadOptionError, match="redshift: no redshiftTmpDir"):
        glue.create_dynamic_frame.from_options("redshift", {"url": WAREHOUSE["url"], "dbtable": "public.sales"})
    with pytest.raises(SourceError, match="nosuch"):
        read(dbtable="public.nosuch")

    actions = "BEGIN; -- it's; one\nDELETE FROM public.sales WHERE name = 'it''s; \"x\"' ; END;"
    after = "CREATE TABLE public.log AS SELECT count(*) AS n FROM public.sales"
    write(frame_of(glue, "3L id, 'c' name"), preactions=actions, postactions=after)
    assert rows(read(query="SELECT id, name FROM public.sales")) == [(2, None), (3, "c")]
    assert rows(read(dbtable="public.log")) == [(2,)]

    with pytest.raises(SourceError, match=r"(?s)nosuch.*Nothing of it was kept"):
        write(frame_of(glue, "4L id, 'd' name"), preactions="DELETE FROM public.sales", postactions="SELECT * FROM nosuch")
    assert rows(read(query="SELECT id FROM public.sales")) == [(2,), (3,)]
    write(frame_of(glue, "5L id, 'e' name").filter("id > 5"), preactions="DELETE FROM public.sales WHERE id = 3")
    assert rows(read(query="SELECT id FROM public.sales")) == [(2,)]
    place_in_catalog("warehouse", "sales", WAREHOUSE["url"])
    glue.write_dynamic_frame.from_catalog(frame_of(glue, "8L id"), "warehouse", "sales", redshift_tmp_dir="s3://lake/tmp/")
    cataloged = glue.create_dynamic_frame.from_catalog("warehouse", "sales", redshift_tmp_dir="s3://lake/tmp/")
    assert rows(cataloged.select_fields(["id"])) == [(2,), (8,)]
    with pytest.raises(BadOptionError, match="preactions or postactions: unterminated quoted string"):
        write(frame_of(glue, "6L id"), preactions="DELETE FROM public.sales WHERE name = 'open")
    with pytest.raises(BadOptionError, match="tags is nested or still a choice"):
        write(frame_of(glue, "array(1) tags"))


def test_an_iceberg_table_of_the_catalog_is_read_written_and_filtered(databases: Databases, spark_session: SparkSession) -> None:
    import boto3

    session = spark_session.newSession()
    for name, value in settings(databases.stack.home.root, databases.stack.engines["endpoint"].endpoint).items():
        if name.startswith("spark.sql.catalog."):
            session.conf.set(name, value)
    session.conf.set("spark.sql.catalog.glue_catalog.warehouse", "s3://lake/")
    glue = GlueContext(session)
    boto3.client("glue").create_database(DatabaseInput={"Name": "curated"})
    session.sql("create table glue_catalog.curated.orders (id bigint, day date) using iceberg partitioned by (day)")

    glue.write_dynamic_frame.from_catalog(frame_of(glue, "1L id, date'2026-01-01' day", "2L, date'2026-01-02'"), "curated", "orders")

    assert rows(glue.create_dynamic_frame.from_catalog("curated", "orders")) == [(1, date(2026, 1, 1)), (2, date(2026, 1, 2))]
    second = glue.create_dynamic_frame.from_catalog("curated", "orders", push_down_predicate="day > '2026-01-01'")
    assert rows(second) == [(2, date(2026, 1, 2))]
    by_name = {"path": "glue_catalog.curated.orders"}
    glue.write_dynamic_frame.from_options(second, "iceberg", by_name)
    assert glue.create_dynamic_frame.from_options("iceberg", by_name).count() == 3
    with pytest.raises(BadOptionError, match="iceberg format: glue_catalog.curated.nosuch is no table that can be read"):
        glue.create_dynamic_frame.from_options("iceberg", {"path": "glue_catalog.curated.nosuch"})


def test_an_export_of_dynamodb_that_is_there_is_read(databases: Databases, glue: GlueContext) -> None:
    data = databases.stack.home.s3 / "lake" / "exports" / "AWSDynamoDB" / "0123-abc" / "data"
    data.mkdir(parents=True)
    (data.parent / "manifest-files.json").write_text('{"itemCount": 2}')
    items = [{"id": {"S": "o1"}, "n": {"N": "3"}, "to": {"M": {"city": {"S": "Oslo"}}}}, {"id": {"S": "o2"}}]
    with gzip.open(data / "a.json.gz", "wt") as file:
        file.write("".join(json.dumps({"Item": item}) + "\n" for item in items))

    def read(**more: str) -> DynamicFrame:
        options = {"dynamodb.export": "s3", "dynamodb.s3.bucket": "lake", "dynamodb.s3.prefix": "exports/", **more}
        return glue.create_dynamic_frame.from_options("dynamodb", options)

    assert sorted(row.Item.id.S for row in read().toDF().collect()) == ["o1", "o2"]
    simple = read(**{"dynamodb.simplifyDDBJson": "true", "dynamodb.sts.roleArn": "arn:aws:iam::123456789012:role/reader"})
    assert sorted((row.id, row.to.city if row.to else None) for row in simple.toDF().collect()) == [("o1", "Oslo"), ("o2", None)]
    with pytest.raises(SourceError, match=r"DynamoDB export s3://lake/nosuch: .*Path does not exist"):
        read(**{"dynamodb.s3.prefix": "nosuch"})
    with pytest.raises(BadOptionError, match="without dynamodb.s3.bucket"):
        glue.create_dynamic_frame.from_options("dynamodb", {"dynamodb.export": "s3"})


def test_a_script_merges_files_into_redshift_as_often_as_it_is_run(databases: Databases, glue: GlueContext) -> None:
    import boto3

    connection = {"JDBC_CONNECTION_URL": WAREHOUSE["url"], "USERNAME": "etl", "PASSWORD": "unused"}
    boto3.client("glue").create_connection(ConnectionInput={"Name": "wh", "ConnectionType": "JDBC", "ConnectionProperties": connection})
    boto3.client("s3").put_object(Bucket="lake", Key="orders/1.csv", Body=b"id,total\n1,10.50\n2,7\n")
    url = databases.stack.engines["endpoint"].endpoint
    bookmarks = {"job_bookmark_option": "job-bookmark-enable", "CONNECTION": "wh"}

    first = run_script(databases.stack.home, url, "redshift_load", bookmarks, temporary="s3://lake/tmp/")
    boto3.client("s3").put_object(Bucket="lake", Key="orders/2.csv", Body=b"id,total\n2,8\n3,1\n")
    second = run_script(databases.stack.home, url, "redshift_load", bookmarks, temporary="s3://lake/tmp/")

    assert (first, second) == ("loaded 2\n", "loaded 2\n"), "the second reads the new file alone"
    loaded = glue.create_dynamic_frame.from_options("redshift", {**WAREHOUSE, "dbtable": "public.orders"})
    assert rows(loaded) == [(1, Decimal("10.50")), (2, Decimal("8.00")), (3, Decimal("1.00"))]
