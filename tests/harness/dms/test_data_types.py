"""One column of every type from a real source to every kind of target, in strict mode: the type that DMS has in between, those that the
targets' own catalogs tell of the tables that the engine made, and a value in each."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
import pyarrow.parquet as pq
import pymysql
import pytest
from dms_lab import BUCKET as STAGED
from dms_lab import Running, client, execute, mappings

from localaws.dms.data_types import dms_type
from localaws.dms.replication import Replication, Task
from localaws.dms.settings.s3_settings import S3Settings
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.catalog import read_table
from localaws.dms.source.connection import MySqlAddress, open_source
from localaws.dms.target.mysql import MySqlTarget
from localaws.dms.target.redshift import RedshiftAddress, RedshiftTarget
from localaws.dms.target.s3 import S3Target
from localaws.dms.target.staging import Staging
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.redshift import RedshiftEngine

SCHEMA, STANDBY, BUCKET = "every_type", "every_type_there", "every-type"


class Case(NamedTuple):
    """A column: its declaration, a value as MySQL's literal; DMS's type; Redshift's, its value there as text; MySQL's; Parquet's."""

    declaration: str
    value: str
    dms: str
    redshift: str
    text: str
    mysql: str
    parquet: str


CASES = (
    Case("TINYINT", "-128", "INT1", "smallint", "-128", "tinyint(4)", "int8"),
    Case("TINYINT UNSIGNED", "255", "UINT1", "smallint", "255", "tinyint(3) unsigned", "uint8"),
    Case("SMALLINT", "-32768", "INT2", "smallint", "-32768", "smallint(6)", "int16"),
    Case("SMALLINT UNSIGNED", "32767", "UINT2", "smallint", "32767", "smallint(5) unsigned", "uint16"),
    Case("MEDIUMINT", "-8388608", "INT4", "integer", "-8388608", "int(11)", "int32"),
    Case("MEDIUMINT UNSIGNED", "16777215", "UINT4", "integer", "16777215", "int(10) unsigned", "uint32"),
    Case("INT", "-2147483648", "INT4", "integer", "-2147483648", "int(11)", "int32"),
    Case("INT UNSIGNED", "2147483647", "UINT4", "integer", "2147483647", "int(10) unsigned", "uint32"),
    Case("BIGINT", "-9223372036854775808", "INT8", "bigint", "-9223372036854775808", "bigint(20)", "int64"),
    Case("BIGINT UNSIGNED", "18446744073709551615", "UINT8", "numeric(20,0)", "18446744073709551615", "bigint(20) unsigned", "uint64"),
    Case("DECIMAL(10,2)", "-12345678.90", "NUMERIC(10,2)", "numeric(10,2)", "-12345678.90", "decimal(10,2)", "decimal128(10, 2)"),
    Case("DECIMAL(50,2)", "123456789012.25", "NUMERIC(50,2)", "numeric(38,2)", "123456789012.25", "decimal(50,2)", "string"),
    Case("DECIMAL(38,38)", "0.5", "NUMERIC(38,38)", "character varying(41)", f"0.5{'0' * 37}", "decimal(38,38)", "decimal128(38, 38)"),
    Case("FLOAT", "0.5", "REAL8", "double precision", "0.5", "double", "double"),
    Case("DOUBLE", "1e300", "REAL8", "double precision", "1e+300", "double", "double"),
    Case("BIT(1)", "b'1'", "BOOLEAN", "boolean", "true", "tinyint(1)", "bool"),
    Case("BIT(8)", "b'10000001'", "BYTES(1)", "character varying(2)", "81", "varbinary(1)", "binary"),
    Case("BIT(64)", "b'1'", "BYTES(8)", "character varying(16)", "0000000000000001", "varbinary(8)", "binary"),
    Case("YEAR", "2155", "INT2", "smallint", "2155", "smallint(6)", "int16"),
    Case("DATE", "'2024-02-29'", "DATE", "date", "2024-02-29", "date", "date32[day]"),
    Case("TIME(3)", "'-838:59:59.5'", "STRING(20)", "character varying(20)", "-838:59:59.500", "varchar(20)", "string"),
    Case("DATETIME(6)", "'2024-01-02 03:04:05.678901'", "DATETIME", "timestamp without time zone", "2024-01-02 03:04:05.678901",
         "datetime(6)", "timestamp[us]"),
    Case("TIMESTAMP NULL", "'2024-01-02 03:04:05'", "DATETIME", "timestamp without time zone", "2024-01-02 03:04:05", "datetime",
         "timestamp[us]"),
    Case("CHAR(5)", "'äö'", "WSTRING(5)", "character varying(20)", "äö", "varchar(5)", "string"),
    Case("VARCHAR(45)", "'text'", "WSTRING(45)", "character varying(180)", "text", "varchar(45)", "string"),
    Case("VARCHAR(45) CHARACTER SET latin1", "'text'", "WSTRING(45)", "character varying(45)", "text", "varchar(45)", "string"),
    Case("TINYTEXT", "'text'", "WSTRING(255)", "character varying(255)", "text", "varchar(255)", "string"),
    Case("TEXT", "'text'", "WSTRING(65535)", "character varying(65535)", "text", "longtext", "string"),
    Case("MEDIUMTEXT", "'text'", "NCLOB", "character varying(32768)", "text", "text", "string"),
    Case("LONGTEXT", "'text'", "NCLOB", "character varying(32768)", "text", "text", "string"),
    Case("BINARY(3)", "0x0102", "BYTES(3)", "character varying(6)", "010200", "varbinary(3)", "binary"),
    Case("VARBINARY(9)", "0x00FF", "BYTES(9)", "character varying(18)", "00ff", "varbinary(9)", "binary"),
    Case("TINYBLOB", "0xFF", "BYTES(255)", "character varying(510)", "ff", "varbinary(255)", "binary"),
    Case("BLOB", "0xFF", "BYTES(65535)", "character varying(65535)", "ff", "longblob", "binary"),
    Case("MEDIUMBLOB", "0xFF", "BLOB", "character varying(65535)", "ff", "blob", "binary"),
    Case("LONGBLOB", "0xFF", "BLOB", "character varying(65535)", "ff", "blob", "binary"),
    Case("ENUM('a','longest')", "'a'", "WSTRING(7)", "character varying(7)", "a", "varchar(7)", "string"),
    Case("SET('a','longest')", "'a,longest'", "WSTRING(9)", "character varying(9)", "a,longest", "varchar(9)", "string"),
    Case("POINT", "POINT(1, 2)", "BLOB", "character varying(65535)", "00000000" "0101000000" "000000000000f03f" "0000000000000040", "blob",
         "binary"),
)  # fmt: skip


@dataclass(frozen=True)
class Arrived:
    """What became of the columns, by their number: DMS's types, and the targets' types as their catalogs tell them; values as texts."""

    dms: dict[int, str]
    redshift: dict[int, str]
    texts: dict[int, str]
    mysql: dict[int, str]
    parquet: dict[int, str]


@pytest.fixture(scope="module")
def arrived(
    address: MySqlAddress, endpoint: EndpointEngine, redshift: RedshiftEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arrived]:
    """Three tasks, once for all cases: a full load of one table that has every type."""
    source, s3 = open_source(address), client(endpoint, "s3")
    s3.create_bucket(Bucket=BUCKET)
    columns = ", ".join(f"c{number} {case.declaration}" for number, case in enumerate(CASES))
    values = ", ".join(case.value for case in CASES)
    execute(source, f"CREATE OR REPLACE DATABASE {SCHEMA}", f"CREATE TABLE {SCHEMA}.t (id INT PRIMARY KEY, {columns})")
    execute(source, f"INSERT INTO {SCHEMA}.t VALUES (1, {values})", "COMMIT")
    place = redshift.connection()
    there = RedshiftAddress(place["host"], place["port"], place["dbname"], place["user"], place["password"])
    renamed = {"rule-type": "transformation", "rule-id": "2", "rule-name": "2", "rule-target": "schema", "rule-action": "rename",
               "object-locator": {"schema-name": SCHEMA}, "value": STANDBY}  # fmt: skip
    _load(address, mappings(SCHEMA), lambda: RedshiftTarget(there, Staging(s3, STAGED, "types"), "types", safe=False))
    _load(address, mappings(SCHEMA, renamed), lambda: MySqlTarget(address, "types", safe=False))
    settings = S3Settings.read({"BucketName": BUCKET, "DataFormat": "parquet"})
    _load(address, mappings(SCHEMA), lambda: S3Target(s3, settings, tmp_path_factory.mktemp("types")))
    with psycopg.connect(**place, autocommit=True) as warehouse:
        yield Arrived(_dms(source), _redshift(warehouse), _texts(warehouse), _mysql(source), _parquet(s3))
    execute(source, f"DROP DATABASE {SCHEMA}", f"DROP DATABASE {STANDBY}")
    source.close()


def _load(address: MySqlAddress, rules: str, make_target: Callable[[], Any]) -> None:
    task = Task("types", "full-load", address, TableMappings.parse(rules), TaskSettings.parse(json.dumps({})), 7100)
    replication = Replication(task, make_target)
    Running(replication, "start-replication").wait_until_it_ends()
    assert replication.statistics.table(SCHEMA, "t").message == ""


def _dms(source: pymysql.connections.Connection[Any]) -> dict[int, str]:
    table = read_table(source, SCHEMA, "t")
    assert table is not None
    return {int(column.name[1:]): str(dms_type(column.type)) for column in table.columns[1:]}


def _redshift(warehouse: psycopg.Connection[Any]) -> dict[int, str]:
    found = {}
    query = """SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale FROM svv_columns
        WHERE table_schema = %s"""
    for name, kind, length, precision, scale in warehouse.execute(query, (SCHEMA,)).fetchall():
        size = f"({length})" if kind == "character varying" else f"({precision},{scale})" if kind == "numeric" else ""
        found[name] = kind + size
    return {int(name[1:]): kind for name, kind in found.items() if name != "id"}


def _texts(warehouse: psycopg.Connection[Any]) -> dict[int, str]:
    listed = ", ".join(f"CAST(c{number} AS VARCHAR(65535))" for number in range(len(CASES)))
    return dict(enumerate(warehouse.execute(f"SELECT {listed} FROM {SCHEMA}.t").fetchone() or ()))  # type: ignore[call-overload]


def _mysql(source: pymysql.connections.Connection[Any]) -> dict[int, str]:
    with source.cursor() as cursor:
        cursor.execute(f"SHOW COLUMNS FROM {STANDBY}.t")
        return {int(row[0][1:]): row[1] for row in cursor.fetchall() if row[0] != "id"}


def _parquet(s3: Any) -> dict[int, str]:
    body = s3.get_object(Bucket=BUCKET, Key=f"{SCHEMA}/t/LOAD00000001.parquet")["Body"].read()
    return {int(item.name[1:]): str(item.type) for item in pq.read_schema(io.BytesIO(body)) if item.name != "id"}


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=[case.declaration for case in CASES])
def test_a_type_becomes_what_the_guide_says(arrived: Arrived, number: int, case: Case) -> None:
    found = (arrived.dms[number], arrived.redshift[number], arrived.texts[number], arrived.mysql[number], arrived.parquet[number])

    assert found == case[2:]
