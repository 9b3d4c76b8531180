"""Lake Formation's tags, grants and filters as a reader of the lake meets them: by Athena, and by Glue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess
from pyiceberg.catalog.memory import InMemoryCatalog

from localaws.athena.iceberg import StorageIO

Clients = Callable[..., Any]
ACCOUNT = "123456789012"
OUTPUT = {"OutputLocation": "s3://people-results/"}
RIGHTS = [
    {"Effect": "Allow", "Action": ["athena:*", "glue:Get*", "glue:BatchGet*", "lakeformation:GetDataAccess"], "Resource": "*"},
    {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::people-results*"},
]
PEOPLE = b"1,Ann,ann@example.org,DE,10\n2,Bob,bob@example.org,FR,20\n3,Cid,cid@example.org,DE,30\n"
COLUMNS = (("id", "int"), ("name", "string"), ("email", "string"), ("country", "string"), ("amount", "int"))


@pytest.fixture(scope="module", autouse=True)
def lake(operator: Clients, bucket: Callable[..., str]) -> Iterator[None]:
    """A database with two tables, whose columns email and name are personal, as the Terraform module tags them."""
    bucket("people", {"people/a.csv": PEOPLE, "secrets/a.csv": PEOPLE, "days/day=1/a.csv": b"7,x\n", "days/day=2/a.csv": b"8,y\n"})
    bucket("people-results")
    glue, lf = operator("glue"), operator("lakeformation")
    glue.create_database(DatabaseInput={"Name": "people"})
    for name in ("people", "secrets"):
        glue.create_table(DatabaseName="people", TableInput=table(name, COLUMNS))
    days = {**table("days", (("n", "int"), ("s", "string"))), "PartitionKeys": [{"Name": "day", "Type": "string"}]}
    glue.create_table(DatabaseName="people", TableInput=days)
    for day in ("1", "2"):
        descriptor = {**table("days", ())["StorageDescriptor"], "Location": f"s3://people/days/day={day}/"}
        glue.create_partition(DatabaseName="people", TableName="days", PartitionInput={"Values": [day], "StorageDescriptor": descriptor})
    before = lf.get_data_lake_settings()["DataLakeSettings"]
    lf.put_data_lake_settings(DataLakeSettings={**before, "CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []})
    lf.create_lf_tag(TagKey="sensitivity", TagValues=["public", "personal", "secret"])
    tag(lf, {"Database": {"Name": "people"}}, "public")
    tag(lf, {"Table": {"DatabaseName": "people", "Name": "secrets"}}, "secret")
    tag(lf, {"TableWithColumns": {"DatabaseName": "people", "Name": "people", "ColumnNames": ["name", "email"]}}, "personal")
    yield
    lf.put_data_lake_settings(DataLakeSettings=before)


def table(name: str, columns: Any) -> dict[str, Any]:
    serde = {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","}}
    listed = [{"Name": column, "Type": kind} for column, kind in columns]
    descriptor = {"Columns": listed, "Location": f"s3://people/{name}/", "SerdeInfo": serde}
    return {"Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": descriptor}


def tag(lf: Any, resource: dict[str, Any], value: str) -> None:
    assert lf.add_lf_tags_to_resource(Resource=resource, LFTags=[{"TagKey": "sensitivity", "TagValues": [value]}])["Failures"] == []


@pytest.fixture
def reader(operator: Clients, role: Callable[..., str], as_whom: Clients) -> Callable[..., tuple[str, Clients]]:
    """`reader(name)` is a role with the rights that people read the lake with, and its clients."""

    def make(name: str) -> tuple[str, Clients]:
        arn = role(name, *RIGHTS)
        return arn, as_whom(operator("sts").assume_role(RoleArn=arn, RoleSessionName="someone")["Credentials"])

    return make


@pytest.fixture
def query(wait_until: Callable[..., Any]) -> Callable[..., Any]:
    """Rows of a query, or the reason why it failed."""

    def run(clients: Clients, sql: str) -> Any:
        athena = clients("athena")
        query_id = athena.start_query_execution(QueryString=sql, ResultConfiguration=OUTPUT, QueryExecutionContext={"Database": "people"})[
            "QueryExecutionId"
        ]

        def ended() -> Any:
            found = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
            return found if found["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") else None

        status = wait_until(ended, 120)
        if status["State"] != "SUCCEEDED":
            return status["StateChangeReason"]
        rows = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows]

    return run


def grant_tags(operator: Clients, arn: str, *values: str) -> None:
    policy = {"ResourceType": "TABLE", "Expression": [{"TagKey": "sensitivity", "TagValues": list(values)}]}
    operator("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": arn}, Resource={"LFTagPolicy": policy}, Permissions=["SELECT", "DESCRIBE"]
    )


def test_an_analyst_reads_the_public_columns_and_an_engineer_the_personal_ones(operator: Clients, reader: Any, query: Any) -> None:
    (analyst_arn, analyst), (engineer_arn, engineer) = reader("lake-analyst"), reader("lake-engineer")
    grant_tags(operator, analyst_arn, "public")
    grant_tags(operator, engineer_arn, "public", "personal")

    header, *rows = query(analyst, "SELECT * FROM people ORDER BY id")
    assert (header, rows) == (["id", "country", "amount"], [["1", "DE", "10"], ["2", "FR", "20"], ["3", "DE", "30"]])
    assert query(engineer, "SELECT * FROM people WHERE id = 1")[1:] == [["1", "Ann", "ann@example.org", "DE", "10"]]
    assert query(analyst, "SELECT country, sum(amount) AS s FROM people GROUP BY country ORDER BY 1")[1:] == [["DE", "40"], ["FR", "20"]]
    assert query(analyst, "SELECT count(*) FROM people")[1:] == [["3"]]

    refused = "cannot be resolved or requester is not authorized to access requested resources"
    hidden = (
        "SELECT email FROM people", "SELECT p.email FROM people AS p", "SELECT id FROM people WHERE email LIKE 'a%'",
        'SELECT people."name" FROM people', "SELECT id FROM people ORDER BY email",
        "SELECT a.id FROM people a JOIN people b ON a.name = b.name", "SELECT max(length(email)) FROM people",
    )  # fmt: skip
    for sql in hidden:
        reason = query(analyst, sql)
        assert "COLUMN_NOT_FOUND" in reason, (sql, reason)
        assert refused in reason, (sql, reason)
    for clients in (analyst, engineer):
        assert "Insufficient permissions to execute the query" in query(clients, "SELECT * FROM secrets")
    assert query(analyst, "SELECT column_name FROM information_schema.columns WHERE table_name = 'people' ORDER BY 1")[1:] == [
        ["amount"], ["country"], ["id"],
    ]  # fmt: skip
    assert not any("email" in str(row) for row in query(analyst, "DESCRIBE people"))
    assert query(operator, "SELECT email FROM secrets WHERE id = 2")[1:] == [["bob@example.org"]]
    assert "whom Lake Formation limits" in query(analyst, "CREATE TABLE mine AS SELECT * FROM people")


def test_a_view_shows_no_more_than_its_reader_may_see(operator: Clients, reader: Any, query: Any) -> None:
    arn, analyst = reader("lake-viewer")
    grant_tags(operator, arn, "public")
    query(operator, "CREATE VIEW addresses AS SELECT id, email FROM people")
    query(operator, "CREATE VIEW countries AS SELECT id, country FROM people")
    assert "COLUMN_NOT_FOUND" in query(analyst, "SELECT * FROM addresses")
    assert query(analyst, "SELECT country FROM countries WHERE id = 2")[1:] == [["FR"]]


def test_glue_shows_the_tables_and_columns_that_are_granted(operator: Clients, reader: Any) -> None:
    arn, analyst = reader("lake-lister")
    grant_tags(operator, arn, "public")
    glue = analyst("glue")
    found = glue.get_table(DatabaseName="people", Name="people")["Table"]
    assert [column["Name"] for column in found["StorageDescriptor"]["Columns"]] == ["id", "country", "amount"]
    names = [each["Name"] for each in glue.get_tables(DatabaseName="people")["TableList"]]
    assert "people" in names
    assert "secrets" not in names
    with pytest.raises(ClientError, match="Required Describe on secrets") as refused:
        glue.get_table(DatabaseName="people", Name="secrets")
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_parts_of_a_table_show_no_more_than_the_table(operator: Clients, reader: Any) -> None:
    glue, place = operator("glue"), {"DatabaseName": "people", "TableName": "parts"}
    keys = [{"Name": "day", "Type": "string"}, {"Name": "who", "Type": "string"}]
    parts = {**table("parts", (("n", "int"), ("s", "string"))), "PartitionKeys": keys}
    glue.create_table(DatabaseName="people", TableInput=parts)
    glue.create_partition(**place, PartitionInput={"Values": ["1", "ann"], "StorageDescriptor": parts["StorageDescriptor"]})
    glue.create_partition_index(**place, PartitionIndex={"IndexName": "both", "Keys": ["day", "who"]})
    longest = {"Type": "STRING", "StringColumnStatisticsData": dict.fromkeys(("MaximumLength", "AverageLength", "NumberOfNulls"), 1)}
    longest["StringColumnStatisticsData"]["NumberOfDistinctValues"] = 1  # type: ignore[index]
    statistics = [{"ColumnName": name, "ColumnType": "string", "AnalyzedTime": 0, "StatisticsData": longest} for name in ("n", "s")]
    one = {"PartitionValues": ["1", "ann"]}
    for kind, values in (("table", {}), ("partition", one)):
        getattr(glue, f"update_column_statistics_for_{kind}")(**place, **values, ColumnStatisticsList=statistics)
    asked: dict[str, dict[str, Any]] = {
        "get_partition": one, "get_partitions": {}, "batch_get_partition": {"PartitionsToGet": [{"Values": ["1", "ann"]}]},
        "get_table_versions": {}, "get_table_version": {}, "get_partition_indexes": {},
        "get_column_statistics_for_table": {"ColumnNames": ["n", "s"]},
        "get_column_statistics_for_partition": {**one, "ColumnNames": ["n", "s"]},
    }  # fmt: skip

    arn, named = reader("lake-parts")
    only = {"TableWithColumns": {"DatabaseName": "people", "Name": "parts", "ColumnNames": ["n", "day"]}}
    operator("lakeformation").grant_permissions(Principal={"DataLakePrincipalIdentifier": arn}, Resource=only, Permissions=["SELECT"])
    found = {name: getattr(named("glue"), name)(**place, **parameters) for name, parameters in asked.items()}
    partitions = [found["get_partition"]["Partition"], *found["get_partitions"]["Partitions"], *found["batch_get_partition"]["Partitions"]]
    shown = [(each["Values"], [column["Name"] for column in each["StorageDescriptor"]["Columns"]]) for each in partitions]
    assert shown == [(["1"], ["n"])] * 3
    for version in (*found["get_table_versions"]["TableVersions"], found["get_table_version"]["TableVersion"]):
        assert [column["Name"] for column in version["Table"]["StorageDescriptor"]["Columns"]] == ["n"]
    assert [[key["Name"] for key in each["Keys"]] for each in found["get_partition_indexes"]["PartitionIndexDescriptorList"]] == [["day"]]
    for kind in ("table", "partition"):
        answer = found[f"get_column_statistics_for_{kind}"]
        assert [each["ColumnName"] for each in answer["ColumnStatisticsList"]] == ["n"]
        assert [(each["ColumnName"], each["Error"]["ErrorCode"]) for each in answer["Errors"]] == [("s", "AccessDeniedException")]

    stranger = reader("lake-no-parts")[1]("glue")
    for name, parameters in asked.items():
        with pytest.raises(ClientError, match="Required Describe on parts") as refused:
            getattr(stranger, name)(**place, **parameters)
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        stranger.get_partitions(DatabaseName="people", TableName="no-such-table")


def test_columns_are_granted_by_name_and_by_exclusion_and_taken_back(operator: Clients, reader: Any, query: Any) -> None:
    arn, named = reader("lake-named")
    lf, principal = operator("lakeformation"), {"DataLakePrincipalIdentifier": arn}
    only = {"TableWithColumns": {"DatabaseName": "people", "Name": "secrets", "ColumnNames": ["id", "email"]}}
    lf.grant_permissions(Principal=principal, Resource=only, Permissions=["SELECT"])
    assert query(named, "SELECT * FROM secrets WHERE id = 3") == [["id", "email"], ["3", "cid@example.org"]]
    lf.revoke_permissions(Principal=principal, Resource=only, Permissions=["SELECT"])
    assert "Insufficient permissions" in query(named, "SELECT id FROM secrets")
    but = {
        "TableWithColumns": {"DatabaseName": "people", "Name": "secrets", "ColumnWildcard": {"ExcludedColumnNames": ["email", "amount"]}}
    }
    lf.grant_permissions(Principal=principal, Resource=but, Permissions=["SELECT"])
    assert query(named, "SELECT * FROM secrets WHERE id = 3") == [["id", "name", "country"], ["3", "Cid", "DE"]]


def test_partitions_are_read_and_pruned_as_ever(operator: Clients, reader: Any, query: Any) -> None:
    arn, clients = reader("lake-days")
    only = {"TableWithColumns": {"DatabaseName": "people", "Name": "days", "ColumnNames": ["n", "day"]}}
    operator("lakeformation").grant_permissions(Principal={"DataLakePrincipalIdentifier": arn}, Resource=only, Permissions=["SELECT"])
    assert query(clients, "SELECT * FROM days WHERE day = '2'") == [["n", "day"], ["8", "2"]]
    assert query(clients, "SELECT sum(n) FROM days")[1:] == [["15"]]


def test_a_data_cells_filter_shows_its_rows_and_columns_only(operator: Clients, reader: Any, query: Any) -> None:
    arn, clients = reader("lake-germany")
    lf = operator("lakeformation")
    data = {
        "TableCatalogId": ACCOUNT, "DatabaseName": "people", "TableName": "people", "Name": "germany",
        "ColumnWildcard": {"ExcludedColumnNames": ["email", "country"]}, "RowFilter": {"FilterExpression": "country = 'DE' AND amount > 5"},
    }  # fmt: skip
    lf.create_data_cells_filter(TableData=data)
    place = {"TableCatalogId": ACCOUNT, "DatabaseName": "people", "TableName": "people", "Name": "germany"}
    lf.grant_permissions(Principal={"DataLakePrincipalIdentifier": arn}, Resource={"DataCellsFilter": place}, Permissions=["SELECT"])
    assert query(clients, "SELECT * FROM people ORDER BY id") == [["id", "name", "amount"], ["1", "Ann", "10"], ["3", "Cid", "30"]]
    assert query(clients, "SELECT count(*) FROM people")[1:] == [["2"]]
    assert "COLUMN_NOT_FOUND" in query(clients, "SELECT country FROM people")
    assert lf.get_data_cells_filter(**place)["DataCellsFilter"]["RowFilter"] == data["RowFilter"]
    assert [each["Name"] for each in lf.list_data_cells_filter()["DataCellsFilters"]] == ["germany"]
    lf.update_data_cells_filter(TableData={**data, "RowFilter": {"FilterExpression": "country = 'FR'"}})
    assert query(clients, "SELECT name FROM people")[1:] == [["Bob"]]
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("AlreadyExistsException", {}),
        ("InvalidInputException", {"Name": "w", "RowFilter": {"FilterExpression": "country = "}}),
        ("InvalidInputException", {"Name": "w", "RowFilter": {"FilterExpression": "id IN (SELECT 1)"}}),
        ("InvalidInputException", {"Name": "w", "ColumnNames": ["id"]}),
    ]
    for code, change in wrong:
        with pytest.raises(ClientError) as refused:
            lf.create_data_cells_filter(TableData={**data, **change})
        assert refused.value.response["Error"]["Code"] == code
    lf.delete_data_cells_filter(**place)
    assert "Insufficient permissions" in query(clients, "SELECT name FROM people")


def test_of_an_iceberg_table_no_more_is_seen(operator: Clients, reader: Any, query: Any, endpoint: EndpointProcess) -> None:
    storage = endpoint.home / "s3"
    for folder in ("metadata", "data"):
        (storage / "people" / "ice" / folder).mkdir(parents=True)
    io = f"{StorageIO.__module__}.StorageIO"
    catalog = InMemoryCatalog("writer", **{"py-io-impl": io, "etl.storage": str(storage), "warehouse": "s3://people/ice"})
    catalog.create_namespace("n")
    made = catalog.create_table(
        "n.ice", pa.schema([("id", pa.int64()), ("note", pa.string()), ("country", pa.string())]), "s3://people/ice"
    )
    made.append(pa.table({"id": [1, 2, 3], "note": ["a", "b", "c"], "country": ["DE", "FR", "DE"]}))
    parameters = {"table_type": "ICEBERG", "metadata_location": made.metadata_location}
    columns = (("id", "bigint"), ("note", "string"), ("country", "string"))
    operator("glue").create_table(DatabaseName="people", TableInput={**table("ice", columns), "Parameters": parameters})
    arn, clients = reader("lake-ice")
    place = {"TableCatalogId": ACCOUNT, "DatabaseName": "people", "TableName": "ice", "Name": "de"}
    rows = {"FilterExpression": "country = 'DE'"}
    lf = operator("lakeformation")
    lf.create_data_cells_filter(TableData={**place, "ColumnNames": ["id", "country"], "RowFilter": rows})
    lf.grant_permissions(Principal={"DataLakePrincipalIdentifier": arn}, Resource={"DataCellsFilter": place}, Permissions=["SELECT"])
    assert query(clients, "SELECT * FROM ice ORDER BY id") == [["id", "country"], ["1", "DE"], ["3", "DE"]]
    assert query(clients, "SELECT id FROM ice WHERE id > 1")[1:] == [["3"]]
    assert query(clients, "SELECT count(*) FROM ice")[1:] == [["2"]]
    for sql in ("SELECT note FROM ice", "SELECT id FROM ice AS i WHERE i.note = 'a'", "SELECT id FROM ice WHERE note = 'a'"):
        assert "COLUMN_NOT_FOUND" in query(clients, sql)


def test_a_table_that_everybody_has_is_iam_s_alone(operator: Clients, reader: Any, query: Any) -> None:
    _, clients = reader("lake-everybody")
    lf, everybody = operator("lakeformation"), {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
    days = {"Table": {"DatabaseName": "people", "Name": "days"}}
    assert "Insufficient permissions" in query(clients, "SELECT s FROM days")
    lf.grant_permissions(Principal=everybody, Resource=days, Permissions=["ALL"])
    assert query(clients, "SELECT s FROM days WHERE n = 7")[1:] == [["x"]]
    lf.revoke_permissions(Principal=everybody, Resource=days, Permissions=["ALL"])
    assert "Insufficient permissions" in query(clients, "SELECT s FROM days")
    entry = {"Id": "1", "Principal": everybody, "Resource": days, "Permissions": ["ALL"]}
    lf.batch_grant_permissions(Entries=[entry])
    assert query(clients, "SELECT s FROM days WHERE n = 7")[1:] == [["x"]]
    lf.batch_revoke_permissions(Entries=[entry])
    settings = lf.get_data_lake_settings()["DataLakeSettings"]
    default = {"Principal": everybody, "Permissions": ["ALL"]}
    lf.put_data_lake_settings(DataLakeSettings={**settings, "CreateTableDefaultPermissions": [default]})
    try:
        assert query(clients, "SELECT email FROM people WHERE id = 1")[1:] == [["ann@example.org"]]
        assert "Insufficient permissions" in query(clients, "SELECT s FROM days"), "it was taken from everybody"
    finally:
        lf.put_data_lake_settings(DataLakeSettings=settings)
