"""Tables of the catalog read and written through the Glue API, DynamoDB, connections, purging, and what visual jobs import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from awsglue.context import GlueContext
from awsglue.devutils import Command, GlueJobUtils
from awsglue.devutils import Job as GlueJob
from awsglue.dynamicframe import DynamicFrame
from awsglue.exceptions import BadOptionError, SourceError


@pytest.fixture(scope="module")
def database(aws: Any) -> Any:
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": "shop"})
    return glue


def csv_table(client: Any, name: str, location: Path, columns: dict[str, str], keys: dict[str, str] | None = None) -> None:
    described = [{"Name": column, "Type": kind} for column, kind in columns.items()]
    descriptor = {
        "Columns": described, "Location": f"file:{location}", "Parameters": {"classification": "csv"},
        "SerdeInfo": {"Parameters": {"field.delim": ","}},
    }  # fmt: skip
    keys_described = [{"Name": key, "Type": kind} for key, kind in (keys or {}).items()]
    client.create_table(DatabaseName="shop", TableInput={"Name": name, "StorageDescriptor": descriptor, "PartitionKeys": keys_described})


def records(frame: DynamicFrame) -> list[dict[str, Any]]:
    return sorted((row.asDict(recursive=True) for row in frame.toDF().collect()), key=lambda row: json.dumps(row, default=str))


def test_a_column_in_which_text_does_not_fit_is_a_choice(plain_glue: GlueContext, database: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,10,x\n2,,y\noops,30,\n")
    csv_table(database, "people", tmp_path, {"id": "bigint", "age": "int", "name": "string"})

    frame = plain_glue.create_dynamic_frame.from_catalog(database="shop", table_name="people")

    assert [field.dataType.typeName() for field in frame.schema()] == ["choice", "int", "string"]
    cast = frame.resolveChoice(specs=[("id", "cast:long")])
    assert records(cast) == [{"id": 1, "age": 10, "name": "x"}, {"id": 2, "age": None, "name": "y"}, {"id": None, "age": 30, "name": ""}]
    matched = frame.resolveChoice(choice="match_catalog", database="shop", table_name="people")
    assert records(matched) == records(cast)
    assert frame.filter(lambda row: isinstance(row["id"], str)).count() == 1


def test_a_predicate_prunes_partitions_before_files_are_listed(plain_glue: GlueContext, database: Any, tmp_path: Path) -> None:
    csv_table(database, "events", tmp_path, {"n": "int"}, {"year": "int", "kind": "string"})
    for year, kind in ((2025, "a"), (2026, "a"), (2026, "b")):
        folder = tmp_path / f"year={year}" / f"kind={kind}"
        folder.mkdir(parents=True)
        (folder / "f.csv").write_text(f"{year}\n")
        descriptor = {"Location": f"file:{folder}", "Columns": [{"Name": "n", "Type": "int"}]}
        database.create_partition(
            DatabaseName="shop", TableName="events", PartitionInput={"Values": [str(year), kind], "StorageDescriptor": descriptor}
        )
    gone = {"Values": ["1999", "gone"], "StorageDescriptor": {"Location": f"file:{tmp_path}/gone", "Columns": []}}
    database.create_partition(DatabaseName="shop", TableName="events", PartitionInput=gone)

    def read(predicate: str) -> list[dict[str, Any]]:
        return records(plain_glue.create_dynamic_frame.from_catalog("shop", "events", push_down_predicate=predicate))

    assert read("year > 2025 and kind = 'b'") == [{"n": 2026, "year": 2026, "kind": "b"}]
    assert len(read("year in (2025, 2026)")) == 3
    assert read("year = 2001") == []
    with pytest.raises(SourceError, match="there is no such path"):
        read("year = 1999")
    with pytest.raises(BadOptionError, match=r"push_down_predicate of shop.events: 'month = 1' does not fit.*Possible: kind, year"):
        read("month = 1")


def test_a_sink_makes_the_table_adds_columns_and_partitions(plain_glue: GlueContext, database: Any, tmp_path: Path) -> None:
    spark = plain_glue.spark_session

    def sink(behaviour: str, *select: str) -> None:
        target = plain_glue.getSink(
            connection_type="s3", path=f"file:{tmp_path}/sales", enableUpdateCatalog=True, updateBehavior=behaviour, partitionKeys=["day"]
        )
        target.setFormat("glueparquet", compression="snappy")
        target.setCatalogInfo(catalogDatabase="shop", catalogTableName="sales")
        errors = target.writeFrame(DynamicFrame.fromDF(spark.sql(f"select {', '.join(select)}"), plain_glue, "sales"))
        assert (errors.name, errors.count()) == ("sales_errors", 0)

    def columns() -> list[str]:
        table = database.get_table(DatabaseName="shop", Name="sales")["Table"]
        return [f"{one['Name']} {one['Type']}" for one in table["StorageDescriptor"]["Columns"]]

    sink("UPDATE_IN_DATABASE", "1L id", "'2026-01-01' day")
    assert columns() == ["id bigint"]
    sink("LOG", "2L id", "true extra", "'2026-01-02' day")
    assert columns() == ["id bigint"]
    sink("UPDATE_IN_DATABASE", "3L id", "array(1) list", "'2026-01-02' day")
    assert columns() == ["id bigint", "list array<int>"]
    days = [one["Values"] for one in database.get_partitions(DatabaseName="shop", TableName="sales")["Partitions"]]
    assert sorted(days) == [["2026-01-01"], ["2026-01-02"]]
    sink("LOG", "4L id", "'' day")
    (nowhere,) = plain_glue.create_dynamic_frame.from_catalog("shop", "sales", push_down_predicate="day is null").toDF().collect()
    assert (nowhere.id, nowhere.day) == (4, None), "an empty text lies where a null does"

    frame = plain_glue.create_dynamic_frame.from_catalog("shop", "sales", push_down_predicate="day = '2026-01-01'")
    assert records(frame) == [{"id": 1, "day": "2026-01-01"}]
    plain_glue.write_dynamic_frame.from_catalog(frame, "shop", "sales")
    assert len(records(plain_glue.create_dynamic_frame.from_catalog("shop", "sales", push_down_predicate="day = '2026-01-01'"))) == 2


def test_a_table_or_database_that_is_not_there_is_named_with_those_that_are(plain_glue: GlueContext, database: Any, tmp_path: Path) -> None:
    csv_table(database, "known", tmp_path, {"a": "int"})

    with pytest.raises(BadOptionError, match=r"no table unknown in database shop. Possible: .*known"):
        plain_glue.create_dynamic_frame.from_catalog("shop", "unknown")
    with pytest.raises(BadOptionError, match=r"no database shopp in the catalog. Possible: shop"):
        plain_glue.create_dynamic_frame.from_catalog("shopp", "known")
    assert plain_glue.create_dynamic_frame.from_catalog(name_space="shop", table_name="known").count() == 0
    assert plain_glue.get_catalog_schema_as_spark_schema("shop", "known").simpleString() == "struct<a:int>"
    with pytest.raises(Exception, match="both specified"):
        plain_glue.create_dynamic_frame.from_catalog(database="shop", name_space="shop", table_name="known")


def test_a_connection_gives_what_a_database_needs(plain_glue: GlueContext, database: Any) -> None:
    properties = {"JDBC_CONNECTION_URL": "jdbc:mysql://db.example:3306/shop", "USERNAME": "u", "PASSWORD": "p"}
    database.create_connection(ConnectionInput={"Name": "c", "ConnectionType": "JDBC", "ConnectionProperties": properties})

    conf = plain_glue.extract_jdbc_conf("c")

    assert {name: conf[name] for name in ("user", "password", "vendor", "url", "fullUrl")} == {
        "user": "u", "password": "p", "vendor": "mysql", "url": "jdbc:mysql://db.example:3306", "fullUrl": "jdbc:mysql://db.example:3306/shop",
    }  # fmt: skip
    with pytest.raises(BadOptionError, match="no connection 'd' in the catalog. Possible: c"):
        plain_glue.extract_jdbc_conf("d")


def test_items_of_dynamodb_are_read_written_and_exported(plain_glue: GlueContext, aws: Any) -> None:
    client = aws("dynamodb")
    for name in ("orders", "copies"):
        keys = [{"AttributeName": "id", "KeyType": "HASH"}]
        definitions = [{"AttributeName": "id", "AttributeType": "S"}]
        client.create_table(TableName=name, KeySchema=keys, AttributeDefinitions=definitions, BillingMode="PAY_PER_REQUEST")
    client.put_item(TableName="orders", Item={"id": {"S": "a"}, "n": {"N": "1"}, "p": {"M": {"tags": {"L": [{"S": "x"}]}}}})
    client.put_item(TableName="orders", Item={"id": {"S": "b"}, "n": {"S": "many"}})

    frame = plain_glue.create_dynamic_frame.from_options("dynamodb", {"dynamodb.input.tableName": "orders", "dynamodb.splits": "2"})
    kinds = {field.name: field.dataType.typeName() for field in frame.schema()}
    assert kinds == {"id": "string", "n": "choice", "p": "struct"}

    whole = frame.resolveChoice(specs=[("n", "cast:string")])
    plain_glue.write_dynamic_frame.from_options(whole, "dynamodb", {"dynamodb.output.tableName": "copies"})
    items = {item["id"]["S"]: item for item in client.scan(TableName="copies")["Items"]}
    assert items == {
        "a": {"id": {"S": "a"}, "n": {"S": "1"}, "p": {"M": {"tags": {"L": [{"S": "x"}]}}}},
        "b": {"id": {"S": "b"}, "n": {"S": "many"}},
    }

    export = {"dynamodb.export": "ddb", "dynamodb.tableArn": "arn:aws:dynamodb:us-east-1:1:table/copies"}
    exported = plain_glue.create_dynamic_frame.from_options("dynamodb", export)
    assert [field.name for field in exported.schema()] == ["Item"]
    assert records(exported.unnest_ddb_json()) == [{"id": "a", "n": "1", "p.tags": ["x"]}, {"id": "b", "n": "many", "p.tags": None}]
    with pytest.raises(SourceError, match="DynamoDB table none: there is none of this name. There are: copies, orders"):
        plain_glue.create_dynamic_frame.from_options("dynamodb", {"dynamodb.input.tableName": "none"})


def test_purging_spares_what_is_young_and_its_neighbours(plain_glue: GlueContext, aws: Any) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="lake")
    for key in ("data/a", "data/b", "database/c"):
        s3.put_object(Bucket="lake", Key=key, Body=b"x")

    def keys() -> list[str]:
        return [one["Key"] for one in s3.list_objects_v2(Bucket="lake").get("Contents", [])]

    plain_glue.purge_s3_path("s3://lake/data")
    assert keys() == ["data/a", "data/b", "database/c"]
    plain_glue.transition_s3_path("s3://lake/data/", "STANDARD_IA", {"retentionPeriod": 0, "accountId": "1", "roleArn": "r"})
    assert s3.head_object(Bucket="lake", Key="data/a")["StorageClass"] == "STANDARD_IA"
    plain_glue.purge_s3_path("s3://lake/data", {"retentionPeriod": 0, "manifestFilePath": "s3://lake/manifest"})
    assert keys() == ["database/c", "manifest/Failed.csv", "manifest/Success.csv"]
    with pytest.raises(BadOptionError, match="no storage class 'COLD'"):
        plain_glue.transition_s3_path("s3://lake/data", "COLD", {})


def test_jobs_are_made_described_and_deleted_from_a_session(plain_glue: GlueContext, aws: Any, tmp_path: Path) -> None:
    aws("s3").create_bucket(Bucket="scripts")
    script = tmp_path / "job.py"
    script.write_text("print('first')")
    utils, job = GlueJobUtils(plain_glue), GlueJob()
    job.name, job.role, job.defaultArguments = "nightly", "arn:aws:iam::123456789012:role/glue", {"--day": "1"}
    job.command = Command("glueetl", "s3://scripts/jobs/nightly.py")

    utils.create_job(job, str(script))

    found = utils.get_job("nightly")
    assert (found.name, found.role, found.defaultArguments) == (job.name, job.role, {"--day": "1"})
    assert found.command.scriptLocation == "s3://scripts/jobs/nightly.py"
    assert [one.name for one in utils.get_jobs()["jobs"]] == ["nightly"]
    assert aws("s3").get_object(Bucket="scripts", Key="jobs/nightly.py")["Body"].read() == b"print('first')"
    found.command.scriptLocation = "file:/job.py"
    with pytest.raises(BadOptionError, match="'file:/job.py' is no object on S3"):
        utils.update_job(found, str(script))
    utils.delete_job("nightly")
    assert utils.get_jobs()["jobs"] == []


def test_tables_are_sampled_read_and_written_as_data_frames_and_purged(plain_glue: GlueContext, database: Any, aws: Any) -> None:
    s3, columns = aws("s3"), [{"Name": "n", "Type": "int"}]
    s3.create_bucket(Bucket="archive")
    descriptor = {"Columns": columns, "Location": "s3://archive/old/", "Parameters": {"classification": "csv"}}
    keys = [{"Name": "year", "Type": "int"}]
    database.create_table(DatabaseName="shop", TableInput={"Name": "old", "StorageDescriptor": descriptor, "PartitionKeys": keys})
    for year in ("2025", "2026"):
        s3.put_object(Bucket="archive", Key=f"old/year={year}/f.csv", Body=b"1\n")
        place = {"Location": f"s3://archive/old/year={year}/", "Columns": columns}
        database.create_partition(DatabaseName="shop", TableName="old", PartitionInput={"Values": [year], "StorageDescriptor": place})

    def state() -> dict[str, str]:
        return {one["Key"]: one.get("StorageClass", "STANDARD") for one in s3.list_objects_v2(Bucket="archive").get("Contents", [])}

    plain_glue.transition_table(
        "shop", "old", "GLACIER", {"retentionPeriod": 0, "partitionPredicate": "year = 2026", "accountId": "1", "roleArn": "r"}
    )
    assert state() == {"old/year=2025/f.csv": "STANDARD", "old/year=2026/f.csv": "GLACIER"}
    plain_glue.purge_table("shop", "old", {"retentionPeriod": 0, "partitionPredicate": "year = 2025"})
    assert list(state()) == ["old/year=2026/f.csv"]
    assert [one["Values"] for one in database.get_partitions(DatabaseName="shop", TableName="old")["Partitions"]] == [["2026"]]


def test_data_frames_and_samples_of_a_table(plain_glue: GlueContext, database: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1\n2\n3\n")
    csv_table(database, "numbers", tmp_path, {"n": "int"})

    assert len(plain_glue.create_sample_dynamic_frame_from_catalog("shop", "numbers", num=2).toDF().collect()) == 2
    found = plain_glue.create_data_frame.from_catalog("shop", "numbers")
    assert (found.schema.simpleString(), sorted(row.n for row in found.collect())) == ("struct<n:int>", [1, 2, 3])
    plain_glue.write_data_frame.from_catalog(found.where("n = 3"), database="shop", table_name="numbers")
    assert sorted(row.n for row in plain_glue.create_data_frame_from_catalog("shop", "numbers").collect()) == [1, 2, 3, 3]
