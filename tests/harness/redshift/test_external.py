"""External schemas: tables of the Glue catalog on S3, read by the wire and by the Data API, always as the files are now."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc
from pyiceberg.catalog.memory import InMemoryCatalog

from harness.redshift.conftest import aws
from localaws.athena.iceberg import StorageIO
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.postgres import PostgresEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home
from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.external.catalog import GlueCatalog
from localaws.redshift.external.create_as import create_as
from localaws.redshift.external.statements import AddPartitions, CreateTableAs, parse_external
from localaws.redshift.lexer import tokenize

FROM_CATALOG = "FROM DATA CATALOG DATABASE 'spectrum_db' REGION 'eu-central-1' IAM_ROLE default CREATE EXTERNAL DATABASE IF NOT EXISTS"


@pytest.fixture(scope="module")
def glue(endpoint: EndpointEngine) -> Any:
    return aws(endpoint.endpoint, "glue")


@pytest.fixture(scope="module")
def connection(redshift: RedshiftEngine, endpoint: EndpointEngine) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        connection.execute(f"CREATE EXTERNAL SCHEMA spectrum {FROM_CATALOG}")  # type: ignore[arg-type]
        yield connection
        connection.execute("DROP SCHEMA spectrum")


def folder(storage: Path, name: str) -> Path:
    made = storage / "lake" / "spectrum" / name
    made.mkdir(parents=True, exist_ok=True)
    return made


def rows(connection: psycopg.Connection, sql: str, values: list[Any] | None = None) -> list[tuple]:
    return connection.execute(sql, values).fetchall()  # type: ignore[arg-type]


def test_parquet_is_read_by_the_names_of_columns_with_every_type(connection: psycopg.Connection, storage: Path) -> None:
    table = pa.table(
        {
            "at": pa.array([dt.datetime(2020, 1, 2, 3, 4, 5, 600000), None], pa.timestamp("us")),
            "ID": pa.array([1, 2], pa.int64()),
            "amount": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
            "name": ['ä,"x"', ""],
            "day": pa.array([dt.date(2020, 1, 2), None]),
            "ok": [True, None],
            "tags": [{"a": [1, 2]}, None],
        }
    )
    pq.write_table(table, folder(storage, "typed") / "a.parquet")
    connection.execute(
        "CREATE EXTERNAL TABLE spectrum.typed (id bigint, name varchar(20), amount decimal(10,2), day date, at timestamp, ok boolean,"
        " tags struct<a:array<int>>, missing int) STORED AS PARQUET LOCATION 's3://lake/spectrum/typed/'"
    )
    assert rows(connection, "SELECT id, name, amount, day, at, ok, tags.a[1], missing FROM spectrum.typed ORDER BY id") == [
        (1, 'ä,"x"', Decimal("1.50"), dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5, 600000), True, "2", None),
        (2, "", None, None, None, None, None, None),
    ]
    assert rows(connection, "SELECT id FROM spectrum.typed WHERE id = %s", [2]) == [(2,)]


def test_partitions_are_read_where_the_catalog_says(connection: psycopg.Connection, storage: Path) -> None:
    connection.execute(
        "CREATE EXTERNAL TABLE spectrum.sales (id int, qty int) PARTITIONED BY (day date, region varchar(5)) ROW FORMAT DELIMITED"
        " FIELDS TERMINATED BY '|' STORED AS TEXTFILE LOCATION 's3://lake/spectrum/sales/' TABLE PROPERTIES ('skip.header.line.count'='1')"
    )
    for day, content in (("2020-01-01", "id|qty\n1|10\n2|\n"), ("2020-01-02", "id|qty\n3|\\N\n")):
        (folder(storage, f"sales/day={day}") / "part.csv").write_text(content, encoding="utf-8")
        connection.execute(  # type: ignore[call-overload]
            f"ALTER TABLE spectrum.sales ADD IF NOT EXISTS PARTITION (day='{day}', region='eu') LOCATION 's3://lake/spectrum/sales/day={day}/'"
        )
    query = "SELECT id, qty, day::varchar(10), region FROM spectrum.sales ORDER BY id"
    assert rows(connection, query) == [(1, 10, "2020-01-01", "eu"), (2, None, "2020-01-01", "eu"), (3, None, "2020-01-02", "eu")]
    connection.execute("ALTER TABLE spectrum.sales DROP PARTITION (day='2020-01-01', region='eu')")
    assert rows(connection, query) == [(3, None, "2020-01-02", "eu")]
    assert rows(connection, "SELECT values, location FROM svv_external_partitions WHERE tablename = 'sales'") == [
        ('["2020-01-02", "eu"]', "s3://lake/spectrum/sales/day=2020-01-02/")
    ]


def test_tables_that_a_crawler_or_a_job_made_are_there_and_their_files_as_they_are_now(
    connection: psycopg.Connection, glue: Any, storage: Path, client: Any
) -> None:
    place = folder(storage, "events")
    (place / "1.json").write_text('{"Id": 1, "what": {"n": [1]}}\n\n{"id": 2, "note": "x"}\n', encoding="utf-8")
    columns = [{"Name": "id", "Type": "int"}, {"Name": "what", "Type": "struct<n:array<int>>"}, {"Name": "note", "Type": "string"}]
    serde = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
    descriptor = {"Columns": columns, "Location": "s3://lake/spectrum/events/", "SerdeInfo": serde}
    glue.create_table(DatabaseName="spectrum_db", TableInput={"Name": "events", "StorageDescriptor": descriptor})
    query = "SELECT id, what.n[0]::int, note FROM spectrum.events WHERE id > %s ORDER BY id"
    assert rows(connection, query, [0]) == [(1, 1, None), (2, None, "x")]
    for number in range(3, 12):  # a client prepares it in the end, and still reads the files of now
        (place / f"{number}.json").write_text(json.dumps({"id": number}), encoding="utf-8")
        assert len(rows(connection, query, [0])) == number
    target = {"WorkgroupName": "local", "Database": "warehouse"}
    statement = client.execute_statement(Sql="SELECT COUNT(*) FROM spectrum.events", WaitTimeSeconds=30, **target)["Id"]
    assert client.get_statement_result(Id=statement)["Records"] == [[{"longValue": 11}]]
    for path in place.iterdir():
        path.unlink()
    assert rows(connection, "SELECT COUNT(*) FROM spectrum.events") == [(0,)]
    glue.delete_table(DatabaseName="spectrum_db", Name="events")
    with pytest.raises(psycopg.errors.UndefinedTable):
        rows(connection, "SELECT COUNT(*) FROM spectrum.events")


def test_csv_with_quotes_and_orc_are_read_too(connection: psycopg.Connection, storage: Path) -> None:
    (folder(storage, "quoted") / "a.csv").write_text('1,"a ""b"", c"\n2,\n', encoding="utf-8")
    connection.execute(
        "CREATE EXTERNAL TABLE spectrum.quoted (id int, name varchar(20)) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"
        " WITH SERDEPROPERTIES ('separatorChar'=',') STORED AS TEXTFILE LOCATION 's3://lake/spectrum/quoted/'"
    )
    orc.write_table(pa.table({"id": [7], "name": ["o"]}), str(folder(storage, "columnar") / "a.orc"))
    connection.execute(
        "CREATE EXTERNAL TABLE spectrum.columnar (id bigint, name string) STORED AS ORC LOCATION 's3://lake/spectrum/columnar/'"
    )
    found = rows(
        connection, "SELECT q.id, q.name, c.name FROM spectrum.quoted q LEFT JOIN spectrum.columnar c ON c.id = q.id + 6 ORDER BY 1"
    )
    assert found == [(1, 'a "b", c', "o"), (2, "", None)]


def test_an_open_transaction_reads_a_table_that_was_made_after_its_snapshot(connection: psycopg.Connection, storage: Path) -> None:
    (folder(storage, "late") / "a.csv").write_text("5\n", encoding="utf-8")
    connection.execute("CREATE EXTERNAL TABLE spectrum.late (id int) STORED AS TEXTFILE LOCATION 's3://lake/spectrum/late/'")
    with connection.transaction():
        rows(connection, "SELECT COUNT(*) FROM svv_tables")
        assert rows(connection, "SELECT id FROM spectrum.late") == [(5,)]
        connection.execute("CREATE TEMP TABLE kept AS SELECT * FROM spectrum.late")
    assert rows(connection, "SELECT id FROM kept") == [(5,)]


def test_the_catalog_views_show_external_tables(connection: psycopg.Connection, storage: Path) -> None:
    connection.execute(
        "CREATE EXTERNAL TABLE spectrum.shown (id int, name string) PARTITIONED BY (d date) LOCATION 's3://lake/spectrum/shown/'"
    )
    assert rows(connection, "SELECT schemaname, databasename FROM svv_external_schemas WHERE schemaname = 'spectrum'") == [
        ("spectrum", "spectrum_db")
    ]
    assert rows(connection, "SELECT location FROM svv_external_tables WHERE tablename = 'shown'") == [("s3://lake/spectrum/shown/",)]
    assert rows(
        connection, "SELECT columnname, external_type, columnnum, part_key FROM svv_external_columns WHERE tablename = 'shown'"
    ) == [
        ("id", "int", 1, 0),
        ("name", "string", 2, 0),
        ("d", "date", 3, 1),
    ]
    connection.execute("DROP TABLE spectrum.shown")
    assert rows(connection, "SELECT COUNT(*) FROM svv_external_tables WHERE tablename = 'shown'") == [(0,)]


def test_avro_is_read_by_names_with_its_logical_types(connection: psycopg.Connection, storage: Path) -> None:
    schema = {"type": "record", "name": "r", "fields": [
        {"name": "Id", "type": "int"}, {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "tags", "type": {"type": "array", "items": "string"}}, {"name": "note", "type": ["null", "string"]},
    ]}  # fmt: skip
    with (folder(storage, "avro") / "a.avro").open("wb") as file:
        records = [
            {"Id": 1, "day": dt.date(2020, 1, 2), "tags": ["x"], "note": None},
            {"Id": 2, "day": dt.date(2020, 1, 3), "tags": [], "note": ""},
        ]
        fastavro.writer(file, schema, records, codec="snappy")
    connection.execute(
        "CREATE EXTERNAL TABLE spectrum.avro (id int, day date, tags array<varchar(9)>, note varchar(9), missing int)"
        " STORED AS AVRO LOCATION 's3://lake/spectrum/avro/'"
    )
    assert rows(connection, "SELECT id, day, tags[0]::varchar, note, missing FROM spectrum.avro ORDER BY id") == [
        (1, dt.date(2020, 1, 2), "x", None, None),
        (2, dt.date(2020, 1, 3), None, "", None),
    ]


def test_an_iceberg_table_is_read_as_its_last_commit_is(connection: psycopg.Connection, glue: Any, storage: Path) -> None:
    at = "s3://lake/spectrum/ice"
    for part in ("data", "metadata"):
        folder(storage, f"ice/{part}")
    properties = {"py-io-impl": f"{StorageIO.__module__}.StorageIO", "etl.storage": str(storage), "warehouse": at}
    catalog = InMemoryCatalog("writer", **properties)
    catalog.create_namespace("n")
    table = catalog.create_table(
        "n.ice", pa.schema([("id", pa.int64()), ("price", pa.decimal128(9, 2)), ("note", pa.string())]), location=at
    )

    def told() -> dict[str, Any]:
        columns = [{"Name": "id", "Type": "bigint"}, {"Name": "price", "Type": "decimal(9,2)"}, {"Name": "note", "Type": "string"}]
        parameters = {"table_type": "ICEBERG", "metadata_location": table.metadata_location}
        return {"Name": "ice", "Parameters": parameters, "StorageDescriptor": {"Columns": columns, "Location": at}}

    def append(*ids: int) -> None:
        prices = pa.array([Decimal(number) for number in ids], pa.decimal128(9, 2))
        table.append(pa.table({"id": pa.array(ids, pa.int64()), "price": prices, "note": [f"n{number}" for number in ids]}))

    append(1, 2)
    glue.create_table(DatabaseName="spectrum_db", TableInput=told())
    query = "SELECT id, price, note FROM spectrum.ice ORDER BY id"
    first = [(1, Decimal("1.00"), "n1"), (2, Decimal("2.00"), "n2")]
    assert rows(connection, query) == first
    append(3)
    assert rows(connection, query) == first  # the catalog does not know of it yet
    glue.update_table(DatabaseName="spectrum_db", TableInput=told())
    assert rows(connection, query) == [*first, (3, Decimal("3.00"), "n3")]
    table.delete("id = 1")
    glue.update_table(DatabaseName="spectrum_db", TableInput=told())
    assert rows(connection, "SELECT count(*), min(id) FROM spectrum.ice") == [(2, 2)]


def test_pseudo_columns_tell_the_file_of_a_row_and_are_no_part_of_all_columns(connection: psycopg.Connection, storage: Path) -> None:
    place, at = folder(storage, "told"), "s3://lake/spectrum/told"
    sizes, wide = {}, "".join(f"{number}|{'w' * 300}\n" for number in range(3, 500))
    for name, content in (("a", "1|x\n2|y\n"), ("b", ""), ("c", wide), ("d", "500|z\n")):
        (place / f"{name}.csv").write_text(content, encoding="utf-8")
        sizes[name] = len(content)
    connection.execute(
        "CREATE EXTERNAL TABLE spectrum.told (id int, note varchar(300)) ROW FORMAT DELIMITED FIELDS TERMINATED BY '|'"
        f" STORED AS TEXTFILE LOCATION '{at}/'"
    )  # type: ignore[call-overload]
    counted = 'SELECT "$path", "$size", count(*), min(id), max(id) FROM spectrum.told GROUP BY 1, "$size" ORDER BY "$path"'
    assert rows(connection, counted) == [
        (f"{at}/a.csv", sizes["a"], 2, 1, 2),
        (f"{at}/c.csv", sizes["c"], 497, 3, 499),
        (f"{at}/d.csv", sizes["d"], 1, 500, 500),
    ]
    assert rows(connection, "SELECT t.* FROM spectrum.told t WHERE t.\"$path\" LIKE '%/d.csv'") == [(500, "z")]
    assert connection.execute('SELECT "$size", "$path" AS file FROM spectrum.told LIMIT 0').description[1].name == "file"  # type: ignore[index]
    outer = 'SELECT n.id, t."$path" FROM (SELECT 1 AS id UNION ALL SELECT -1) n LEFT JOIN spectrum.told t ON t.id = n.id ORDER BY 1'
    assert rows(connection, outer) == [(-1, None), (1, f"{at}/a.csv")]
    assert connection.execute('SELECT "$path" FROM spectrum.told LIMIT 0').description[0].name == "$path"  # type: ignore[index]
    joined = 'SELECT DISTINCT p."$path" FROM (SELECT "$path", id FROM spectrum.told) p JOIN pg_class c ON c.reltype >= 0 WHERE p.id < 3'
    assert rows(connection, joined) == [(f"{at}/a.csv",)]
    with connection.transaction():  # an older snapshot reads the files of now, and where its rows are from
        rows(connection, "SELECT count(*) FROM svv_tables")
        (place / "e.csv").write_text("501|new\n", encoding="utf-8")
        assert rows(connection, 'SELECT id, "$path" FROM spectrum.told WHERE id > 499 ORDER BY id') == [
            (500, f"{at}/d.csv"),
            (501, f"{at}/e.csv"),
        ]
    connection.execute("CREATE TEMP TABLE mine AS SELECT 1 AS id")
    connection.execute("CREATE TABLE public.told_near AS SELECT 1 AS id")
    for query, words in (
        ('SELECT a."$path" FROM mine a', "does not exist"),
        ('SELECT "$path" FROM spectrum.told a JOIN spectrum.told b USING (id)', "ambiguous"),
        ('SELECT "$path" FROM public.told_near', "pseudo columns are those of external tables on files, and public.told_near is none"),
        ('SELECT "$spectrum_oid" FROM spectrum.told', "spectrum_oid"),
    ):
        with pytest.raises(psycopg.Error, match=words):
            connection.execute(query)  # type: ignore[call-overload]
    near = "SELECT count(*) FROM {} WHERE NOT EXISTS (SELECT 1 FROM public.told_near d WHERE d.id < 9 AND \"$path\" LIKE '%/a.csv')"
    for query, expected in (
        ('SELECT "$path" FROM spectrum.told s JOIN public.told_near d ON s.id = d.id', [(f"{at}/a.csv",)]),
        ('SELECT "$path" FROM public.told_near d, spectrum.told WHERE told.id = d.id', [(f"{at}/a.csv",)]),
        ('SELECT "$path" FROM (SELECT "$path", id FROM spectrum.told) p JOIN public.told_near d USING (id)', [(f"{at}/a.csv",)]),
        (near.format("spectrum.told"), [(499,)]),
    ):
        assert rows(connection, query) == expected
    connection.execute("ALTER TABLE public.told_near ADD COLUMN file varchar(99)")
    connection.execute('UPDATE public.told_near SET file = "$path" FROM spectrum.told s WHERE s.id = told_near.id')
    assert rows(connection, "SELECT file FROM public.told_near") == [(f"{at}/a.csv",)]
    merged = 'MERGE INTO public.told_near USING spectrum.told s ON s.id = told_near.id + 499 WHEN MATCHED THEN UPDATE SET file = s."$path"'
    connection.execute(f'{merged} WHEN NOT MATCHED THEN INSERT (id, file) VALUES (s.id, s."$path")')  # type: ignore[call-overload]
    assert rows(connection, "SELECT file, count(*) FROM public.told_near WHERE id IN (1, 501) GROUP BY 1 ORDER BY 1") == [
        (f"{at}/a.csv", 1), (f"{at}/d.csv", 1), (f"{at}/e.csv", 1)
    ]  # fmt: skip
    connection.execute('DELETE FROM public.told_near USING spectrum.told s WHERE s."$path" = told_near.file')
    assert rows(connection, "SELECT count(*) FROM public.told_near") == [(0,)]
    connection.execute("DROP TABLE public.told_near")
    oid = "SELECT count(*) FROM pg_class WHERE relname LIKE 'external!_files!_%' ESCAPE '!' AND relname NOT LIKE '%key'"
    before = rows(connection, oid)[0][0]
    connection.execute("DROP TABLE spectrum.told")
    assert rows(connection, oid)[0][0] == before - 1


SOURCE = """CREATE TEMP TABLE {0} (
  id bigint, name varchar(9), price decimal(9,2), day date, at timestamp, ok boolean, rate float8, region char(2));
INSERT INTO {0} VALUES
  (1, 'a,"b"', 1.50, '2020-01-02', '2020-01-02 03:04:05.6', true, 1.5, 'eu'), (2, '', NULL, NULL, NULL, NULL, NULL, 'us'),
  (3, NULL, -7, '2020-01-03', '1999-12-31', false, -0.25, NULL)"""


@pytest.mark.parametrize("form", ["PARQUET", "TEXTFILE", "ROW FORMAT DELIMITED FIELDS TERMINATED BY ';' STORED AS TEXTFILE"])
def test_a_table_that_is_made_from_a_query_has_its_columns_its_rows_and_its_partitions(
    connection: psycopg.Connection, storage: Path, glue: Any, form: str
) -> None:
    place, stored = f"made{len(form)}", form if "STORED" in form else f"STORED AS {form}"
    (folder(storage, place) / "part").mkdir(exist_ok=True)
    connection.execute(SOURCE.format(f"from_{place}"))  # type: ignore[call-overload]
    as_it_is = f"SELECT * FROM from_{place} WHERE id < 3"
    connection.execute(f"CREATE EXTERNAL TABLE spectrum.{place} {stored} LOCATION 's3://lake/spectrum/{place}/' AS {as_it_is}")  # type: ignore[call-overload]
    assert rows(connection, f"SELECT * FROM spectrum.{place} ORDER BY id") == rows(connection, f"{as_it_is} ORDER BY id")
    told = glue.get_table(DatabaseName="spectrum_db", Name=place)["Table"]["StorageDescriptor"]["Columns"]
    assert [column["Type"] for column in told] == [
        *("bigint", "varchar(9)", "decimal(9,2)", "date", "timestamp", "boolean", "double", "char(2)")
    ]

    connection.execute(  # type: ignore[call-overload]
        f"CREATE EXTERNAL TABLE spectrum.parts{place} PARTITIONED BY (day, region) {stored} LOCATION 's3://lake/spectrum/parts{place}'"
        f" AS (SELECT id, region, day FROM spectrum.{place} UNION ALL SELECT 3, NULL, '2020-01-03')"
    )
    assert rows(connection, f"SELECT id, day, region FROM spectrum.parts{place} ORDER BY id") == [
        (1, dt.date(2020, 1, 2), "eu"),
        (2, None, "us"),
        (3, dt.date(2020, 1, 3), None),
    ]
    partitions = glue.get_partitions(DatabaseName="spectrum_db", TableName=f"parts{place}")["Partitions"]
    assert sorted(one["StorageDescriptor"]["Location"].rpartition(f"/parts{place}/")[2] for one in partitions) == [
        "day=2020-01-02/region=eu/",
        "day=2020-01-03/region=__HIVE_DEFAULT_PARTITION__/",
        "day=__HIVE_DEFAULT_PARTITION__/region=us/",
    ]
    with pytest.raises(psycopg.errors.DuplicateTable, match=f'relation "spectrum.{place}" already exists'):
        connection.execute(f"CREATE EXTERNAL TABLE spectrum.{place} {stored} LOCATION 's3://lake/x/' AS SELECT 1 AS a")  # type: ignore[call-overload]


def test_a_table_that_cannot_be_made_from_its_query_leaves_no_file(connection: psycopg.Connection, storage: Path) -> None:
    place = folder(storage, "unmade")
    (place / "there.csv").write_text("9\n", encoding="utf-8")
    opening = "CREATE EXTERNAL TABLE spectrum.unmade STORED AS TEXTFILE LOCATION 's3://lake/spectrum/unmade/' AS"
    for query, words in (
        ("SELECT '10:00'::time AS a", "The type of the column a"),
        ("SELECT 1 / 0 AS a", "Divide by zero"),
        ("SELECT 1 AS a, 2 AS b, 3 AS a", 'column "a" specified more than once'),
        ("SELECT 1 AS a, 2 AS b, 3 AS a", 'column "a" specified more than once'),
        ("SELECT 'a' || chr(10) AS a", "separates fields or rows"),
    ):
        with pytest.raises(psycopg.Error, match=words):
            connection.execute(f"{opening} {query}")  # type: ignore[call-overload]
        assert [path.name for path in place.iterdir()] == ["there.csv"]
    connection.execute(f"{opening} SELECT 8 AS a")  # type: ignore[call-overload]
    assert rows(connection, "SELECT a FROM spectrum.unmade ORDER BY a") == [(8,), (9,)]


class HalfReachable(GlueCatalog):
    """Goes away between the table and its partitions."""

    def add_partitions(self, database: str, command: AddPartitions) -> None:
        assert self.table(database, command.table[-1]) is not None
        raise RedshiftError("the Glue catalog cannot be asked")


def test_a_table_whose_partitions_the_catalog_does_not_take_leaves_nothing(
    connection: psycopg.Connection, postgres: PostgresEngine, home: Path, storage: Path
) -> None:
    catalog, place = HalfReachable(Home(home), "eu-central-1"), folder(storage, "halved")
    made = "CREATE EXTERNAL TABLE spectrum.halved PARTITIONED BY (b) STORED AS PARQUET LOCATION 's3://lake/spectrum/halved/'"
    command = parse_external(tokenize(f"{made} AS SELECT 1 AS a, 2 AS b"))
    assert isinstance(command, CreateTableAs)
    with psycopg.connect(**postgres.conninfo()) as own, pytest.raises(RedshiftError, match="cannot be asked"):
        create_as(own, storage, catalog, "spectrum_db", command)
    assert [path for path in place.rglob("*") if path.is_file()] == []
    assert catalog.table("spectrum_db", "halved") is None


def test_rows_of_one_column_are_all_there_when_it_is_empty(connection: psycopg.Connection, storage: Path) -> None:
    place = "STORED AS TEXTFILE LOCATION 's3://lake/spectrum/single/'"
    connection.execute(f"CREATE EXTERNAL TABLE spectrum.single {place} AS SELECT 'x'::varchar(3) AS a UNION ALL SELECT ''")  # type: ignore[call-overload]
    assert rows(connection, "SELECT a FROM spectrum.single ORDER BY a") == [("",), ("x",)]


REFUSED = [
    pytest.param(
        "CREATE EXTERNAL TABLE spectrum.x (id int) STORED AS PARQUET LOCATION 's3://lake/x/' AS SELECT 1",
        "has no columns",
        id="as_with_columns",
    ),
    pytest.param(
        "CREATE EXTERNAL TABLE spectrum.x STORED AS ORC LOCATION 's3://lake/x/' AS SELECT 1", "writes STORED AS PARQUET", id="as_orc"
    ),
    pytest.param("CREATE EXTERNAL TABLE spectrum.x LOCATION 's3://lake/x/'", "needs columns with their types", id="no_columns"),
    pytest.param(
        "CREATE EXTERNAL TABLE spectrum.x STORED AS PARQUET LOCATION 's3://lake/x/' AS DELETE FROM y", "takes a SELECT", id="as_delete"
    ),
    pytest.param("INSERT INTO spectrum.broken VALUES (1)", "INSERT of the external table spectrum.broken is not supported", id="insert"),
    pytest.param(
        "SELECT * FROM spectrum.broken", r"Spectrum Scan Error.*\(file s3://lake/spectrum/broken/a.csv, .*column id", id="not_a_number"
    ),
    pytest.param(
        "BEGIN; CREATE EXTERNAL TABLE spectrum.x (id int) LOCATION 's3://lake/x/'", "cannot run inside a transaction", id="in_a_block"
    ),
    pytest.param(
        "CREATE EXTERNAL TABLE public.x (id int) LOCATION 's3://lake/x/'", 'schema "public" is not an external schema', id="schema"
    ),
    pytest.param("CREATE EXTERNAL TABLE spectrum.x (id int) STORED AS RCFILE LOCATION 's3://lake/x/'", "STORED AS RCFILE", id="rcfile"),
    pytest.param("CREATE EXTERNAL SCHEMA pg FROM POSTGRES DATABASE 'x' URI 'y' IAM_ROLE default", "FROM POSTGRES", id="federated"),
    pytest.param("SELECT * FROM spectrum.iceberg", "Iceberg table iceberg has no metadata_location", id="iceberg"),
]


@pytest.mark.parametrize(("sql", "words"), REFUSED)
def test_what_cannot_be_done_is_refused_by_name(connection: psycopg.Connection, glue: Any, storage: Path, sql: str, words: str) -> None:
    (folder(storage, "broken") / "a.csv").write_text("x\n", encoding="utf-8")
    tables = {table["Name"] for table in glue.get_tables(DatabaseName="spectrum_db")["TableList"]}
    if "broken" not in tables:
        connection.execute("CREATE EXTERNAL TABLE spectrum.broken (id int) LOCATION 's3://lake/spectrum/broken/'")
        glue.create_table(DatabaseName="spectrum_db", TableInput={"Name": "iceberg", "Parameters": {"table_type": "ICEBERG"}})
    with pytest.raises(psycopg.Error, match=words):
        connection.execute(sql)  # type: ignore[call-overload]
    connection.execute("ROLLBACK")
    if sql.startswith("SELECT"):
        with pytest.raises(psycopg.Error, match=words):
            connection.execute(sql, prepare=True)  # type: ignore[call-overload]
        assert rows(connection, "SELECT 1") == [(1,)]
