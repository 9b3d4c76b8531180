"""Crawlers crawl: what lies in S3, a database or DynamoDB becomes tables and partitions, as the crawler's policy says."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

from localaws.crawler.s3_target import Options, options_of
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.postgres import PostgresEngine
from localaws.home import Home

CSV = b"id,name,amount\n1,Ann,2.5\n2,Bob,\n"
LOG = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}


def parquet(**columns: pa.Array) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


def orc(**columns: pa.Array) -> bytes:
    target = io.BytesIO()
    pyarrow.orc.write_table(pa.table(columns), target)
    return target.getvalue()


def avro() -> bytes:
    target = io.BytesIO()
    fields = [{"name": "Id", "type": "long"}, {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}]}]
    fastavro.writer(target, {"type": "record", "name": "r", "fields": fields}, [{"Id": 1, "day": None}])
    return target.getvalue()


_clients: dict[tuple[str, str], Any] = {}


def _client(endpoint: EndpointProcess, service: str) -> Any:
    """One for all tests: a client takes a quarter of a second to make."""
    key = (endpoint.url, service)
    return _clients.setdefault(key, _clients.get(key) or endpoint.client(service))


class Crawling:
    """A bucket and a database of a test's own, and crawlers over them."""

    def __init__(self, endpoint: EndpointProcess, name: str, wait_until: Callable[..., Any]) -> None:
        self.glue, self.s3, self.logs = (_client(endpoint, service) for service in ("glue", "s3", "logs"))
        self.endpoint, self.name, self.wait_until = endpoint, name, wait_until
        self.bucket = name.replace("_", "-")
        self.s3.create_bucket(Bucket=self.bucket)
        self.glue.create_database(DatabaseInput={"Name": name})

    def put(self, objects: Mapping[str, bytes]) -> None:
        for key, body in objects.items():
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def create(self, path: str = "", crawler: str = "", target: Mapping[str, Any] | None = None, **definition: Any) -> None:
        targets = definition.pop("Targets", {"S3Targets": [{"Path": f"s3://{self.bucket}/{path}", **(target or {})}]})
        self.glue.create_crawler(Name=crawler or self.name, Role="r", DatabaseName=self.name, Targets=targets, **definition)

    def crawl(self, crawler: str = "") -> dict[str, Any]:
        name = crawler or self.name
        self.glue.start_crawler(Name=name)
        crawled: dict[str, Any] = self.wait_until(lambda: (c := self.glue.get_crawler(Name=name)["Crawler"])["State"] == "READY" and c)
        return crawled

    def tables(self) -> dict[str, list[tuple[str, str]]]:
        tables = self.glue.get_tables(DatabaseName=self.name)["TableList"]
        return {table["Name"]: [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]] for table in tables}

    def keys(self, table: str) -> list[str]:
        return [key["Name"] for key in self.glue.get_table(DatabaseName=self.name, Name=table)["Table"]["PartitionKeys"]]

    def partitions(self, table: str) -> dict[tuple[str, ...], str]:
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=self.name, TableName=table)
        return {tuple(part["Values"]): part["StorageDescriptor"]["Location"] for page in pages for part in page["Partitions"]}

    def summary(self) -> dict[str, dict[str, list[str]]]:
        """Of the last crawl: {"TABLE": {"ADD": [names]}}."""
        found = json.loads(self.glue.list_crawls(CrawlerName=self.name)["Crawls"][0]["Summary"])
        return {what: {change: each["Details"]["names"] for change, each in json.loads(text).items()} for what, text in found.items()}


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDBEngine]:
    engine = MariaDBEngine(Home(tmp_path_factory.mktemp("source of crawlers")))
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


@pytest.fixture
def crawling(endpoint: EndpointProcess, request: pytest.FixtureRequest, wait_until: Callable[..., Any]) -> Crawling:
    return Crawling(endpoint, f"db_{abs(hash(request.node.nodeid)):x}", wait_until)


@pytest.mark.parametrize(
    ("key", "body", "columns", "classification"),
    [
        pytest.param("t/a.csv", CSV, "id bigint, name string, amount double", "csv", id="csv_with_header"),
        pytest.param("t/a.csv", b"x,y\nz,w\n", "col0 string, col1 string", "csv", id="only_strings_are_no_header"),
        pytest.param("t/a.txt", b"1|a\n2|b\n", "col0 bigint, col1 string", "csv", id="pipes"),
        pytest.param("t/a.tsv", b"when\tn\n2026-01-01\t1\n2026-01-02\t2\n", "when string, n bigint", "csv", id="dates_stay_strings"),
        pytest.param("t/a.csv", b'id,text\n1,"a, b"\n2,"c\nd"\n', "id bigint, text string", "csv", id="quoted_csv"),
        pytest.param("t/a.csv.gz", gzip.compress(CSV), "id bigint, name string, amount double", "csv", id="gzip"),
        pytest.param("t/a.csv.bz2", bz2.compress(CSV), "id bigint, name string, amount double", "csv", id="bzip2"),
        pytest.param(
            "t/a.json", b'{"Id": 1, "tags": ["a"], "who": {"age": 1}}\n{"Id": 3000000000, "who": {"name": "x"}, "n": null}\n',
            "id bigint, tags array<string>, who struct<age:int,name:string>, n string", "json", id="json_lines",
        ),
        pytest.param("t/a.json", b'{\n "a": 1.5\n}\n{\n "a": 2, "b": true\n}', "a double, b boolean", "json", id="json_over_lines"),
        pytest.param("t/a.json", b'[{"a": 1}, {"a": 2}]', "array array<struct<a:int>>", "json", id="json_array"),
        pytest.param(
            "t/a.parquet",
            parquet(Id=pa.array([1], pa.int64()), price=pa.array([None], pa.decimal128(9, 2)), at=pa.array([0], pa.timestamp("us")),
                    m=pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32()))),
            "id bigint, price decimal(9,2), at timestamp, m map<string,int>", "parquet", id="parquet",
        ),
        pytest.param(
            "t/a.orc",
            orc(Id=pa.array([1], pa.int64()), price=pa.array([None], pa.decimal128(9, 2)), at=pa.array([0], pa.timestamp("us")),
                tags=pa.array([["x"]], pa.list_(pa.string()))),
            "id bigint, price decimal(9,2), at timestamp, tags array<string>", "orc", id="orc",
        ),
        pytest.param("t/a.avro", avro(), "id bigint, day date", "avro", id="avro"),
        pytest.param("t/a.bin", b"\0\1\2", "", "UNKNOWN", id="nothing_known"),
        pytest.param("t/notes.txt", b"one line of prose\n", "", "UNKNOWN", id="prose"),
    ],
)  # fmt: skip
def test_a_file_is_told_by_what_it_holds(crawling: Crawling, key: str, body: bytes, columns: str, classification: str) -> None:
    crawling.put({key: body, "t/_SUCCESS": b""})
    crawling.create("t/")

    assert crawling.crawl()["LastCrawl"]["Status"] == "SUCCEEDED"

    table = crawling.glue.get_table(DatabaseName=crawling.name, Name="t")["Table"]
    assert ", ".join(f"{column['Name']} {column['Type']}" for column in table["StorageDescriptor"]["Columns"]) == columns
    assert table["Parameters"]["classification"] == classification
    assert table["StorageDescriptor"]["Location"] == f"s3://{crawling.bucket}/t/"
    assert table["Parameters"]["objectCount"] == "1"


def test_a_header_and_a_delimiter_are_in_the_tables_parameters(crawling: Crawling) -> None:
    crawling.put({"t/a.csv": CSV.replace(b",", b";")})
    crawling.create("t")
    crawling.crawl()

    table = crawling.glue.get_table(DatabaseName=crawling.name, Name="t")["Table"]
    assert (table["Parameters"]["skip.header.line.count"], table["Parameters"]["delimiter"], table["Parameters"]["recordCount"]) == (
        "1",
        ";",
        "2",
    )
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ";"},
    }


def test_folders_of_similar_schemas_are_partitions_and_others_are_tables(crawling: Crawling) -> None:
    days = [f"sales/year={year}/month={month}/part.csv" for year in (2025, 2026) for month in ("01", "02")]
    plain = {f"events/{name}/x.json": b'{"a": 1, "b": 2}\n' for name in ("web", "app")}
    apart = {"mixed/one/x.json": b'{"a": 1, "b": 2}', "mixed/two/x.json": b'{"c": 1, "d": 2}'}
    crawling.put({**dict.fromkeys(days, CSV), **plain, **apart})
    crawling.create()

    crawling.crawl()

    assert sorted(crawling.tables()) == ["events", "one", "sales", "two"]
    assert crawling.keys("sales") == ["year", "month"]
    assert crawling.partitions("sales")["2026", "02"] == f"s3://{crawling.bucket}/sales/year=2026/month=02/"
    assert len(crawling.partitions("sales")) == 4
    assert crawling.keys("events") == ["partition_0"]
    assert sorted(crawling.partitions("events")) == [("app",), ("web",)]


def test_compatible_schemas_are_combined_when_the_grouping_policy_says_so(crawling: Crawling) -> None:
    crawling.put({"t/year=2017/data1.json": b'{"A": 1, "B": 2}', "t/year=2018/data2.json": b'{"C": 3, "D": 4}'})
    crawling.create("t/")
    crawling.create("t/", crawler=crawling.name + "_combined", TablePrefix="c_", Configuration=json.dumps(
        {"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}}))  # fmt: skip

    crawling.crawl()
    crawling.crawl(crawling.name + "_combined")

    assert crawling.tables() == {
        "c_t": [("a", "int"), ("b", "int"), ("c", "int"), ("d", "int")],
        "year_2017": [("a", "int"), ("b", "int")],
        "year_2018": [("c", "int"), ("d", "int")],
    }


def test_exclusions_leave_objects_out(crawling: Crawling) -> None:
    crawling.put({"t/a.csv": CSV, "t/tmp/b.json": b'{"x": 1}', "t/c.bak": b"\0"})
    crawling.create("t/", target={"Exclusions": ["tmp/**", "*.{bak,old}"]})
    crawling.crawl()
    assert list(crawling.tables()) == ["t"]


def test_custom_classifiers_come_first(crawling: Crawling) -> None:
    glue, name = crawling.glue, crawling.name
    glue.create_classifier(CsvClassifier={
        "Name": f"{name}_csv", "Delimiter": "~", "ContainsHeader": "ABSENT", "Header": ["Who", "age"], "QuoteSymbol": "'",
        "CustomDatatypeConfigured": True, "CustomDatatypes": ["STRING", "INT"], "Serde": "OpenCSVSerDe"})  # fmt: skip
    glue.create_classifier(JsonClassifier={"Name": f"{name}_json", "JsonPath": "$.rows[*]"})
    crawling.put({"people/a": b"Ann~1\nBob~2\n", "doc/a.json": b'{"rows": [{"a": 1}, {"a": 2, "b": "x"}]}'})
    crawling.create(Classifiers=[f"{name}_csv", f"{name}_json"])

    crawling.crawl()

    assert crawling.tables() == {"people": [("who", "string"), ("age", "int")], "doc": [("a", "int"), ("b", "string")]}
    serde = glue.get_table(DatabaseName=name, Name="people")["Table"]["StorageDescriptor"]["SerdeInfo"]
    assert serde["SerializationLibrary"].endswith("OpenCSVSerde")
    assert serde["Parameters"]["separatorChar"] == "~"


def test_classifiers_are_kept_updated_and_deleted(crawling: Crawling) -> None:
    glue, name = crawling.glue, crawling.name
    glue.create_classifier(JsonClassifier={"Name": name, "JsonPath": "$"})
    with pytest.raises(glue.exceptions.AlreadyExistsException):
        glue.create_classifier(JsonClassifier={"Name": name, "JsonPath": "$"})
    glue.update_classifier(JsonClassifier={"Name": name, "JsonPath": "$[*]"})
    found = glue.get_classifier(Name=name)["Classifier"]["JsonClassifier"]
    assert (found["JsonPath"], found["Version"]) == ("$[*]", 2)
    glue.delete_classifier(Name=name)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_classifier(Name=name)


def test_a_schema_change_is_followed_as_the_policy_says(crawling: Crawling) -> None:
    merge = {"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}
    story: dict[str, Any] = {"update": {}, "merge": {"Configuration": json.dumps(merge)}, "log": {"SchemaChangePolicy": LOG}}
    crawling.put({"t/a.json": b'{"a": 1, "b": 2, "c": 3}', "gone/a.json": b'{"z": 1}', "stays/a.csv": CSV})
    for name, settings in story.items():
        crawling.create("", crawler=f"{crawling.name}_{name}", TablePrefix=f"{name}_", **settings)
        crawling.crawl(f"{crawling.name}_{name}")
    first = {name: columns for name, columns in crawling.tables().items() if name.endswith("_t")}
    assert first == {f"{name}_t": [("a", "int"), ("b", "int"), ("c", "int")] for name in story}

    crawling.put({"t/a.json": b'{"a": 1.5, "b": 2, "d": "x"}'})
    crawling.s3.delete_object(Bucket=crawling.bucket, Key="gone/a.json")
    for name in story:
        crawling.crawl(f"{crawling.name}_{name}")

    tables = crawling.tables()
    assert tables["update_t"] == [("a", "double"), ("b", "int"), ("d", "string")]
    assert tables["merge_t"] == [("a", "int"), ("b", "int"), ("c", "int"), ("d", "string")]
    assert tables["log_t"] == [("a", "int"), ("b", "int"), ("c", "int")]
    deprecated = {
        name: "DEPRECATED_BY_CRAWLER" in crawling.glue.get_table(DatabaseName=crawling.name, Name=f"{name}_gone")["Table"]["Parameters"]
        for name in story
    }
    assert deprecated == {"update": True, "merge": True, "log": False}
    versions = crawling.glue.get_table_versions(DatabaseName=crawling.name, TableName="update_t")["TableVersions"]
    assert len(versions) == 2


def test_what_disappeared_is_deleted_when_the_policy_says_so_and_a_second_crawl_changes_nothing(crawling: Crawling) -> None:
    crawling.put({"t/day=1/a.csv": CSV, "t/day=2/a.csv": CSV, "u/a.json": b'{"a": 1}', "v/a.avro": avro()})
    crawling.create(SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DELETE_FROM_DATABASE"})
    crawling.crawl()
    assert crawling.summary() == {"TABLE": {"ADD": ["t", "u", "v"]}, "PARTITION": {"ADD": ["t: 1", "t: 2"]}}
    crawling.crawl()
    assert crawling.summary() == {}

    for key in ("t/day=1/a.csv", "u/a.json"):
        crawling.s3.delete_object(Bucket=crawling.bucket, Key=key)
    crawling.crawl()

    assert crawling.summary() == {"TABLE": {"DELETE": ["u"]}, "PARTITION": {"DELETE": ["t: 1"]}}
    assert list(crawling.partitions("t")) == [("2",)]
    metrics = crawling.glue.get_crawler_metrics(CrawlerNameList=[crawling.name])["CrawlerMetricsList"][0]
    assert (metrics["TablesDeleted"], metrics["StillEstimating"]) == (1, False)


def test_only_new_folders_are_crawled_again_when_the_recrawl_policy_says_so(crawling: Crawling) -> None:
    crawling.put({"t/day=1/a.csv": CSV, "t/day=2/a.csv": CSV})
    with pytest.raises(ClientError, match="can have only LOG"):
        crawling.create("t/", RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"})
    crawling.create("t/", RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}, SchemaChangePolicy=LOG)
    crawling.crawl()

    crawling.put({"t/day=1/b.csv": b"\0 not crawled again", "t/day=3/a.csv": CSV})
    crawling.crawl()

    assert crawling.summary() == {"PARTITION": {"ADD": ["t: 3"]}}
    assert sorted(crawling.partitions("t")) == [("1",), ("2",), ("3",)]


def test_a_crawl_that_fails_says_why_in_last_crawl_and_log(crawling: Crawling) -> None:
    crawling.put({"t/a.csv.gz": b"\x1f\x8b damaged"})
    crawling.create("t/")

    last = crawling.crawl()["LastCrawl"]

    assert last["Status"] == "FAILED"
    assert last["ErrorMessage"].startswith("t/a.csv.gz is damaged: it begins as gzip")
    assert crawling.tables() == {}
    events = crawling.logs.get_log_events(logGroupName=last["LogGroup"], logStreamName=last["LogStream"])["events"]
    assert any("ERROR : t/a.csv.gz is damaged" in event["message"] and last["MessagePrefix"] in event["message"] for event in events)


def test_a_crawler_that_runs_cannot_be_started_changed_or_deleted_and_stops(crawling: Crawling) -> None:
    glue, name = crawling.glue, crawling.name
    folder = crawling.endpoint.home / "s3" / crawling.bucket / "t"
    folder.mkdir()
    for number in range(3000):
        (folder / f"{number}.csv").write_bytes(CSV)
    crawling.create("t/")
    with pytest.raises(glue.exceptions.CrawlerNotRunningException):
        glue.stop_crawler(Name=name)

    glue.start_crawler(Name=name)
    assert glue.get_crawler(Name=name)["Crawler"]["State"] == "RUNNING"
    for refused in (lambda: glue.start_crawler(Name=name), lambda: glue.update_crawler(Name=name), lambda: glue.delete_crawler(Name=name)):
        with pytest.raises(glue.exceptions.CrawlerRunningException):
            refused()
    glue.stop_crawler(Name=name)
    crawling.wait_until(lambda: glue.get_crawler(Name=name)["Crawler"]["State"] == "READY")

    assert glue.get_crawler(Name=name)["Crawler"]["LastCrawl"]["Status"] == "CANCELLED"
    assert [crawl["State"] for crawl in glue.list_crawls(CrawlerName=name)["Crawls"]] == ["STOPPED"]
    assert crawling.tables() == {}


def test_a_schedule_starts_crawls_until_it_is_stopped(crawling: Crawling) -> None:
    from datetime import UTC, datetime

    from localaws.schedules import next_after

    crawling.put({"t/a.csv": CSV})
    crawling.create("t/", Schedule="cron(0 3 ? * SUN *)")
    glue, name = crawling.glue, crawling.name
    assert glue.get_crawler(Name=name)["Crawler"]["Schedule"] == {"ScheduleExpression": "cron(0 3 ? * SUN *)", "State": "SCHEDULED"}
    glue.stop_crawler_schedule(CrawlerName=name)
    with pytest.raises(glue.exceptions.SchedulerNotRunningException):
        glue.stop_crawler_schedule(CrawlerName=name)
    with pytest.raises(ClientError, match=r"The schedule 'cron\(0 3\)' is not valid"):
        glue.update_crawler_schedule(CrawlerName=name, Schedule="cron(0 3)")
    assert next_after("cron(0 3 ? * 1 *)", datetime(2026, 11, 23, tzinfo=UTC)) == datetime(2026, 11, 29, 3, tzinfo=UTC)
    assert next_after("cron(0 3 L * ? 2027)", datetime(2026, 11, 23, tzinfo=UTC)) == datetime(2027, 1, 31, 3, tzinfo=UTC)


def test_dynamodb_items_become_a_table(crawling: Crawling) -> None:
    dynamodb, name = crawling.endpoint.client("dynamodb"), crawling.name
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )  # fmt: skip
    dynamodb.put_item(TableName=name, Item={"pk": {"S": "a"}, "n": {"N": "1"}, "m": {"M": {"x": {"BOOL": True}}}})
    dynamodb.put_item(TableName=name, Item={"pk": {"S": "b"}, "n": {"N": "1.5"}, "l": {"L": [{"S": "x"}]}})
    crawling.create(Targets={"DynamoDBTargets": [{"Path": name}]})

    crawling.crawl()

    assert dict(crawling.tables()[name]) == {
        "pk": "string", "n": "double", "m": "struct<x:boolean>", "l": "array<string>",
    }  # fmt: skip
    assert crawling.glue.get_table(DatabaseName=name, Name=name)["Table"]["Parameters"]["classification"] == "dynamodb"


def test_the_tables_of_a_database_become_tables_with_its_types(crawling: Crawling, mariadb: MariaDBEngine) -> None:
    import pymysql

    login = mariadb.connection_arguments()
    with pymysql.connect(**login) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE orders (Id BIGINT, price DECIMAL(9,2), at DATETIME, note VARCHAR(9), flag TINYINT)")
        cursor.execute("CREATE TABLE audit (id INT)")
    secret = {"username": login["user"], "password": login["password"]}
    crawling.endpoint.client("secretsmanager").create_secret(Name=crawling.name, SecretString=json.dumps(secret))
    url = f"jdbc:mysql://{login['host']}:{login['port']}/{login['database']}"
    properties = {"JDBC_CONNECTION_URL": url, "SECRET_ID": crawling.name}
    connection_input = {"Name": crawling.name, "ConnectionType": "JDBC", "ConnectionProperties": properties}
    crawling.glue.create_connection(ConnectionInput=connection_input)
    path = f"{login['database']}/%"
    crawling.create(Targets={"JdbcTargets": [{"ConnectionName": crawling.name, "Path": path, "Exclusions": ["audit"]}]})

    assert crawling.crawl()["LastCrawl"]["Status"] == "SUCCEEDED"

    assert crawling.tables() == {
        f"{login['database']}_orders": [
            ("id", "bigint"), ("price", "decimal(9,2)"), ("at", "timestamp"), ("note", "string"), ("flag", "tinyint"),
        ]
    }  # fmt: skip


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresEngine]:
    engine = PostgresEngine(Home(tmp_path_factory.mktemp("warehouse of crawlers")))
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()
        engine.remove_outside()


def test_the_schemas_of_a_postgresql_database_are_crawled_by_the_targets_path(crawling: Crawling, postgres: PostgresEngine) -> None:
    import psycopg

    login = postgres.conninfo()
    with psycopg.connect(**login) as connection:
        connection.execute("CREATE SCHEMA sales")
        connection.execute(
            "CREATE TABLE sales.orders (id BIGINT, price NUMERIC(9,2), at TIMESTAMPTZ, note VARCHAR(9), paid BOOLEAN, n SMALLINT, "
            "rate DOUBLE PRECISION, day DATE, body JSONB, raw BYTEA)"
        )
        connection.execute("CREATE TABLE sales.audit (id INT)")
        connection.execute("CREATE TABLE public.other (id INT)")
    url = f"jdbc:postgresql://{login['host']}:{login['port']}/{login['dbname']}"
    properties = {"JDBC_CONNECTION_URL": url, "USERNAME": login["user"], "PASSWORD": login["password"]}
    connection_input = {"Name": crawling.name, "ConnectionType": "JDBC", "ConnectionProperties": properties}
    crawling.glue.create_connection(ConnectionInput=connection_input)
    path = f"{login['dbname']}/sales/%"
    crawling.create(Targets={"JdbcTargets": [{"ConnectionName": crawling.name, "Path": path, "Exclusions": ["sales/audit"]}]})

    assert crawling.crawl()["LastCrawl"]["Status"] == "SUCCEEDED"

    name = f"{login['dbname']}_sales_orders"
    assert crawling.tables() == {
        name: [
            ("id", "bigint"), ("price", "decimal(9,2)"), ("at", "timestamp"), ("note", "string"), ("paid", "boolean"), ("n", "smallint"),
            ("rate", "double"), ("day", "date"), ("body", "string"), ("raw", "binary"),
        ]
    }  # fmt: skip
    assert crawling.glue.get_table(DatabaseName=crawling.name, Name=name)["Table"]["Parameters"]["classification"] == "postgresql"


def test_an_iceberg_table_is_registered_with_its_newest_metadata(crawling: Crawling) -> None:
    fields = [{"id": 1, "name": "id", "required": True, "type": "long"}, {"id": 2, "name": "tags", "required": False,
              "type": {"type": "list", "element-id": 3, "element": "string", "element-required": False}}]  # fmt: skip

    def metadata(count: int) -> bytes:
        schema = {"schema-id": 0, "fields": fields[:count]}
        return json.dumps({"location": f"s3://{crawling.bucket}/lake/t", "schemas": [schema], "current-schema-id": 0}).encode()

    uuid = "0a0a0a0a-0000-0000-0000-000000000000"
    crawling.put({f"lake/t/metadata/00000-{uuid}.metadata.json": metadata(1), f"lake/t/metadata/00001-{uuid}.metadata.json": metadata(2)})
    crawling.create(Targets={"IcebergTargets": [{"Paths": [f"s3://{crawling.bucket}/lake/"], "MaximumTraversalDepth": 5}]})

    crawling.crawl()

    table = crawling.glue.get_table(DatabaseName=crawling.name, Name="t")["Table"]
    assert table["Parameters"]["metadata_location"] == f"s3://{crawling.bucket}/lake/t/metadata/00001-{uuid}.metadata.json"
    assert table["Parameters"]["table_type"] == "ICEBERG"
    assert crawling.tables()["t"] == [("id", "bigint"), ("tags", "array<string>")]


def test_ten_thousand_objects_are_crawled_within_a_minute(crawling: Crawling) -> None:
    bucket = crawling.endpoint.home / "s3" / crawling.bucket
    for number in range(10_000):
        folder = bucket / f"t/day={number % 100:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.csv").write_bytes(CSV)
    crawling.create("t/")

    begun = time.monotonic()
    crawling.crawl()

    assert time.monotonic() - begun < 60
    assert len(crawling.partitions("t")) == 100
    assert crawling.glue.get_table(DatabaseName=crawling.name, Name="t")["Table"]["Parameters"]["objectCount"] == "10000"


def test_a_configuration_with_nulls_says_what_one_without_them_says() -> None:
    """Terraform's jsonencode writes what is not set as null."""
    nulls = '{"Version": 1, "Grouping": null, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}, "Tables": null}}'

    assert options_of(nulls) == Options(inherit=True)
