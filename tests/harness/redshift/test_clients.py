"""Clients of Redshift that are not ours, unchanged: psql, redshift_connector, SQLAlchemy, awswrangler."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import awswrangler
import boto3
import pandas as pd
import pytest
import redshift_connector
import sqlalchemy as sa
from sqlalchemy.engine import URL

from localaws.engines.endpoint import EndpointEngine
from localaws.engines.postgres import PostgresEngine
from localaws.engines.redshift import RedshiftEngine


@pytest.fixture(autouse=True)
def _authority(redshift: RedshiftEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(redshift.authority))


@pytest.fixture
def connector(redshift: RedshiftEngine) -> Iterator[Any]:
    given = redshift.connection()
    place = {"host": given["host"], "port": given["port"], "database": given["dbname"]}
    connection = redshift_connector.connect(**place, user=given["user"], password=given["password"], sslmode="verify-ca")
    yield connection
    connection.close()


def psql(redshift: RedshiftEngine, postgres: PostgresEngine, *commands: str) -> str:
    given = redshift.connection()
    arguments = ["-X", "-h", given["host"], "-p", str(given["port"]), "-U", given["user"], "-d", given["dbname"], "-v", "ON_ERROR_STOP=1"]
    environment = {"PGPASSWORD": given["password"], "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [str(postgres.program("psql")), *arguments, *(part for command in commands for part in ("-c", command))],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_psql_runs_statements_and_describes_tables(redshift: RedshiftEngine, postgres: PostgresEngine) -> None:
    out = psql(
        redshift,
        postgres,
        "CREATE TABLE by_psql (id int DISTKEY, name varchar(9)); INSERT INTO by_psql VALUES (1, 'x')",
        "SELECT TOP 1 NVL(name, '?') AS found FROM by_psql",
        "\\d by_psql",
        "\\dt",
        "\\l",
        "\\du",
        "DROP TABLE by_psql",
    )
    for words in ("INSERT 0 1", "found \n-------\n x", 'Table "public.by_psql"', "varying(9)", "warehouse", "Superuser", "DROP TABLE"):
        assert words in out


def test_redshift_connector_reads_and_writes(connector: Any) -> None:
    cursor = connector.cursor()
    cursor.execute("SELECT version(), NVL(%s, 2), 1.5::decimal(8,2), DATE '2020-01-31', TRUE, 'ü'", (None,))
    version, *rest = cursor.fetchone()
    assert version.startswith("PostgreSQL 8.0.2 on i686-pc-linux-gnu")
    assert "Redshift 1.0" in version
    assert [str(value) for value in rest] == ["2", "1.50", "2020-01-31", "True", "ü"]
    cursor.execute("CREATE TEMP TABLE t (a int, b varchar(9)) DISTSTYLE EVEN")
    cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(1, "x"), (2, None)])
    connector.commit()
    cursor.execute("SELECT * FROM t ORDER BY a")
    assert cursor.fetch_dataframe().to_dict("list") == {"a": [1, 2], "b": ["x", None]}
    connector.rollback()


def test_redshift_connector_reports_errors_and_a_wrong_password(connector: Any, redshift: RedshiftEngine) -> None:
    cursor = connector.cursor()
    with pytest.raises(redshift_connector.ProgrammingError, match="CREATE INDEX is not supported by Redshift"):
        cursor.execute("CREATE INDEX i ON t (a)")
    connector.rollback()
    cursor.execute("SELECT 1")
    assert cursor.fetchall() == ([1],)
    given = redshift.connection()
    with pytest.raises(redshift_connector.InterfaceError, match="28000.*password authentication failed"):
        redshift_connector.connect(
            host=given["host"], port=given["port"], user="etl", password="wrong", database="warehouse", sslmode="verify-ca"
        )


def test_redshift_connector_lists_what_there_is(connector: Any) -> None:
    cursor = connector.cursor()
    cursor.execute("CREATE TABLE listed (id bigint NOT NULL, name varchar(9) DEFAULT 'x', PRIMARY KEY (id))")
    try:
        assert ["warehouse"] in [list(row) for row in cursor.get_catalogs()]
        assert "public" in [row[0] for row in cursor.get_schemas()]
        tables = cursor.get_tables(schema_pattern="public", table_name_pattern="listed")
        assert [list(row)[1:4] for row in tables] == [["public", "listed", "TABLE"]]
        columns = cursor.get_columns(schema_pattern="public", tablename_pattern="listed")
        assert [(row[3], row[5]) for row in columns] == [("id", "int8"), ("name", "varchar")]
        assert [row[3] for row in cursor.get_primary_keys(schema="public", table="listed")] == ["id"]
    finally:
        connector.rollback()


@pytest.fixture
def engine(redshift: RedshiftEngine) -> Iterator[sa.Engine]:
    given = redshift.connection()
    url = URL.create("redshift+redshift_connector", "etl", given["password"], given["host"], given["port"], given["dbname"])
    engine = sa.create_engine(url, connect_args={"sslmode": "verify-ca"})
    yield engine
    engine.dispose()


def test_sqlalchemy_makes_reads_and_reflects_a_table(engine: sa.Engine) -> None:
    made = sa.MetaData()
    keys = {"redshift_diststyle": "KEY", "redshift_distkey": "id", "redshift_sortkey": "id"}
    table = sa.Table("by_sqlalchemy", made, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)), **keys)
    made.drop_all(engine)
    made.create_all(engine)
    try:
        with engine.begin() as connection:
            connection.execute(table.insert(), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
            assert connection.execute(sa.select(table).order_by(table.c.id)).fetchall() == [(1, "a"), (2, "b")]
        reflected = sa.Table("by_sqlalchemy", sa.MetaData(), autoload_with=engine)
        assert [(column.name, str(column.type)) for column in reflected.columns] == [("id", "INTEGER"), ("name", "VARCHAR(20)")]
        assert [column.name for column in reflected.primary_key] == ["id"]
        assert "by_sqlalchemy" in sa.inspect(engine).get_table_names()
    finally:
        made.drop_all(engine)


def test_awswrangler_writes_reads_and_upserts(connector: Any) -> None:
    def write(frame: pd.DataFrame, **options: Any) -> None:
        awswrangler.redshift.to_sql(frame, con=connector, table="by_awswrangler", schema="public", **options)

    write(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), mode="overwrite", diststyle="KEY", distkey="a", sortkey=["a"])
    write(pd.DataFrame({"a": [2, 3], "b": ["z", "w"]}), mode="upsert", primary_keys=["a"])
    found = awswrangler.redshift.read_sql_query("SELECT * FROM by_awswrangler ORDER BY a", con=connector)
    assert found.to_dict("list") == {"a": [1, 2, 3], "b": ["x", "z", "w"]}
    cursor = connector.cursor()
    cursor.execute("SELECT diststyle, sortkey1 FROM svv_table_info WHERE \"table\" = 'by_awswrangler'")
    assert list(cursor.fetchone()) == ["KEY(a)", "a"]
    cursor.execute("DROP TABLE by_awswrangler")
    connector.commit()


@pytest.fixture
def bucket(endpoint: EndpointEngine, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket for boto3's default session, which is what awswrangler uses."""
    given = {"AWS_ENDPOINT_URL": endpoint.endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**given, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    name = f"wrangled-{uuid.uuid4().hex[:8]}"
    boto3.client("s3").create_bucket(Bucket=name)
    return name


FRAME = pd.DataFrame({"id": [1, 2], "name": ["é", None], "price": [Decimal("1.50"), None], "at": pd.to_datetime(["2020-01-01 10:00"] * 2)})
ROLE = "arn:aws:iam::123456789012:role/load"
WITH = {"role": {"iam_role": ROLE}, "keys of the session": {}}


@pytest.mark.parametrize("who", WITH)
def test_awswrangler_copies_upserts_and_unloads_by_s3(connector: Any, bucket: str, who: str) -> None:
    table = {"con": connector, "table": "by_files", "schema": "public", **WITH[who]}
    awswrangler.redshift.copy(FRAME, path=f"s3://{bucket}/stage/", mode="overwrite", **table)
    changed = FRAME.assign(id=[2, 3])
    awswrangler.redshift.copy(changed, path=f"s3://{bucket}/stage/", mode="upsert", primary_keys=["id"], **table)
    there = {"con": connector, **WITH[who]}
    found = awswrangler.redshift.unload("SELECT * FROM by_files ORDER BY id", path=f"s3://{bucket}/out/", **there)
    assert found["id"].to_list() == [1, 2, 3]
    assert [str(price) for price in found["price"]] == ["1.50", "1.50", "None"]
    awswrangler.redshift.unload_to_files(
        "SELECT * FROM by_files WHERE name='é'", path=f"s3://{bucket}/kept/", kms_key_id="1234abcd", max_file_size=5, **there
    )
    (key,) = [path.removeprefix(f"s3://{bucket}/") for path in awswrangler.s3.list_objects(f"s3://{bucket}/kept/")]
    about = boto3.client("s3").head_object(Bucket=bucket, Key=key)
    assert (about["ServerSideEncryption"], about["SSEKMSKeyId"]) == ("aws:kms", "1234abcd")
    with pytest.raises(redshift_connector.ProgrammingError, match="ENCRYPTED AUTO is not supported"):
        connector.cursor().execute(f"UNLOAD ('SELECT 1') TO 's3://{bucket}/auto/' IAM_ROLE default ENCRYPTED AUTO")
    connector.rollback()
    connector.cursor().execute("DROP TABLE by_files")
    connector.commit()


@pytest.mark.parametrize("format", ["parquet", "orc", "csv"])
def test_awswrangler_copies_files_that_are_there(connector: Any, bucket: str, format: str) -> None:
    frame, path = FRAME[["id", "name"]], f"s3://{bucket}/files/a.{format}"
    if format == "csv":
        awswrangler.s3.to_csv(frame, path, index=False, header=False)
    else:
        (awswrangler.s3.to_orc if format == "orc" else awswrangler.s3.to_parquet)(frame, path)
    types = {"redshift_column_types": {"id": "INT", "name": "VARCHAR(9)"}} if format == "csv" else {}
    table = {"con": connector, "table": "by_files", "schema": "public", "iam_role": ROLE}
    awswrangler.redshift.copy_from_files(f"s3://{bucket}/files/", mode="overwrite", data_format=format, **table, **types)
    found = awswrangler.redshift.read_sql_table("by_files", con=connector, schema="public")
    assert found["id"].to_list() == [1, 2]
    connector.cursor().execute("DROP TABLE by_files")
    connector.commit()
