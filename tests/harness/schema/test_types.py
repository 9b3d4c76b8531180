"""Every type of MySQL: its extreme values are inserted there, copied into the converted column, and read back equal.

The server that takes the values decides what a type can hold, so nothing here is computed from the type map under test.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pymysql
import pytest

from harness.schema.engines_run import copy_rows, in_mysql, in_redshift, redshift_rows
from localaws.redshift.session import Session
from schema_conversion.convert import convert, written_files
from schema_conversion.ddl import create_schema, create_table
from schema_conversion.exceptions import UnknownTypeError
from schema_conversion.model import Column
from schema_conversion.names import quoted
from schema_conversion.reader import read_source
from schema_conversion.target import Conversion, TargetTable
from schema_conversion.types import target_type

NINES = "9" * 35
EMOJI = "😀"
# declaration -> its extreme values, as MySQL's literals
TYPES: dict[str, tuple[str, ...]] = {
    "tinyint": ("-128", "127"),
    "tinyint(1)": ("-128", "127", "0", "1"),
    "tinyint unsigned": ("0", "255"),
    "smallint": ("-32768", "32767"),
    "smallint unsigned": ("0", "65535"),
    "mediumint": ("-8388608", "8388607"),
    "mediumint unsigned": ("0", "16777215"),
    "int": ("-2147483648", "2147483647"),
    "int unsigned": ("0", "4294967295"),
    "int(8) zerofill": ("0", "4294967295"),
    "bigint": ("-9223372036854775808", "9223372036854775807"),
    "bigint unsigned": ("0", "18446744073709551615"),
    "decimal(38,3)": (f"-{NINES}.999", f"{NINES}.999", "0.001"),
    "decimal(65,0)": ("9" * 65, "-" + "9" * 65),
    "decimal(65,30)": (f"-{NINES}.{'9' * 30}", "0." + "0" * 29 + "1"),
    "decimal(38,38)": ("-0." + "9" * 38, "0." + "9" * 38),
    "float": ("-3.402823466e38", "3.402823466e38", "1.175494351e-38", "0.1"),
    "float unsigned": ("0", "16777217"),
    "double": ("-1.7976931348623157e308", "1.7976931348623157e308", "2.2250738585072014e-308", "0.1"),
    "bit(1)": ("b'0'", "b'1'"),
    "bit(2)": ("b'00'", "b'11'"),
    "bit(63)": ("b'0'", "b'" + "1" * 63 + "'"),
    "bit(64)": ("b'0'", "b'" + "1" * 64 + "'"),
    "year": ("1901", "2155"),
    "date": ("'1000-01-01'", "'9999-12-31'", "'0001-01-01'"),
    "datetime": ("'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"),
    "datetime(6)": ("'1000-01-01 00:00:00.000001'", "'9999-12-31 23:59:59.999999'"),
    "timestamp(6)": ("'1970-01-01 00:00:01.000000'", "'2038-01-19 03:14:07.999999'"),
    "time": ("'-838:59:59'", "'838:59:59'", "'00:00:00'"),
    "time(6)": ("'-838:59:59.999999'", "'838:59:59.999999'"),
    "char(255)": (f"REPEAT('{EMOJI}', 255)", "''", "'a'"),
    "char(4) character set ascii": ("'abcd'",),
    "varchar(255)": (f"REPEAT('{EMOJI}', 255)", "''", "' with blanks '"),
    "varchar(16000)": (f"REPEAT('{EMOJI}', 16000)",),
    "varchar(255) character set latin1": ("REPEAT('€', 255)", "'ü'"),
    "varchar(255) character set utf8mb3": ("REPEAT('名', 255)",),
    "varchar(255) character set sjis": ("REPEAT('名', 255)",),
    "varchar(60) character set utf16": (f"REPEAT('{EMOJI}', 60)",),
    "tinytext": ("REPEAT('x', 255)", f"REPEAT('{EMOJI}', 63)"),
    "tinytext character set latin1": ("REPEAT('€', 255)",),
    "text": ("REPEAT('x', 65535)", f"REPEAT('{EMOJI}', 16383)"),
    "mediumtext": ("REPEAT('x', 65535)",),
    "longtext": ("REPEAT('x', 65535)",),
    "json": ("""'{"a": [1, 2.5, null, "ü\\\\n"], "a": 2}'""",),
    "binary(3)": ("0x000000", "0xFFFFFF", "'a'"),
    "binary(255)": ("REPEAT(0xFF, 255)",),
    "varbinary(32767)": ("REPEAT(0x00, 32767)", "''"),
    "tinyblob": ("REPEAT(0xFF, 255)",),
    "blob": ("REPEAT(0x80, 32767)",),
    "mediumblob": ("REPEAT(0xFF, 32767)",),
    "longblob": ("REPEAT(0xFF, 32767)",),
    "enum('a','ü','a longer one')": ("'a'", "'ü'", "'a longer one'"),
    "set('a','ü','a longer one')": ("''", "'a,ü,a longer one'"),
    "geometry": ("ST_GeomFromText('POINT(1 2)', 4326)", "ST_GeomFromText('LINESTRING(0 0, 1 1, 2 0)')"),
    "polygon": ("ST_GeomFromText('POLYGON((0 0, 0 1, 1 1, 0 0))')",),
    "uuid": ("'ffffffff-ffff-ffff-ffff-ffffffffffff'",),
    "inet4": ("'255.255.255.255'",),
    "inet6": ("'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe'", "'::ffff:255.255.255.255'"),
}


def _float32(value: Any) -> float:
    return float(struct.unpack("f", struct.pack("f", float(value)))[0])


def _instant(value: Any) -> str:
    """Without zeros at the end of the fraction."""
    whole, _, fraction = str(value).partition(".")
    return whole + fraction.rstrip("0")


# How a value of MySQL and its text in Redshift are made alike, by type; else they are equal as texts.
SAME: dict[str, tuple[Callable[[Any], Any], Callable[[str], Any]]] = {
    "BOOLEAN": (lambda value: value == "1", lambda text: text == "t"),
    "BIGINT": (int, int),
    "REAL": (_float32, _float32),
    "DOUBLE PRECISION": (float, float),
    "TIMESTAMP": (_instant, _instant),
    "NUMERIC": (Decimal, Decimal),
}


@pytest.fixture(scope="module")
def converted(mysql: pymysql.Connection[Any], redshift: Session) -> Conversion:
    """A table for each type with its values, converted and made in Redshift."""
    in_mysql(mysql, "CREATE OR REPLACE DATABASE types CHARACTER SET utf8mb4")
    for number, (declaration, values) in enumerate(TYPES.items()):
        in_mysql(mysql, f"CREATE TABLE types.t{number} (id int PRIMARY KEY, v {declaration})")
        for place, value in enumerate(values):
            in_mysql(mysql, f"INSERT INTO types.t{number} VALUES ({place}, {value})")
    found = convert(read_source(mysql, ["types"], origin="types"))
    in_redshift(redshift, *(create_schema(schema) for schema in found.schemas.values()), *map(create_table, found.tables))
    return found


def _table(conversion: Conversion, declaration: str) -> TargetTable:
    name = f"t{list(TYPES).index(declaration)}"
    return next(table for table in conversion.tables if table.name == name)


@pytest.mark.parametrize("declaration", TYPES)
def test_extreme_values_come_back_equal(declaration: str, converted: Conversion, mysql: pymysql.Connection[Any], redshift: Session) -> None:
    table = _table(converted, declaration)

    copied = {int(number): value for number, value in copy_rows(mysql, redshift, table)}
    kind = table.columns[1].type
    found = redshift_rows(redshift, f"SELECT id, v FROM {quoted(table.schema)}.{quoted(table.name)} ORDER BY id")

    assert len(copied) == len(found) == len(TYPES[declaration])
    before, after = SAME.get(kind.partition("(")[0], (str, str))
    assert [after(text or "") for _, text in found] == [before(copied[number]) for number in range(len(found))]


@pytest.mark.parametrize("declaration", [one for one in TYPES if "unsigned" in one or "decimal(65" in one])
def test_what_is_said_to_overflow_in_dms_does_and_nothing_else_of_these(
    declaration: str, converted: Conversion, mysql: pymysql.Connection[Any], redshift: Session
) -> None:
    table = _table(converted, declaration)
    column = table.columns[1]
    by_dms = replace(table, name=f"{table.name}_dms", columns=(table.columns[0], replace(column, type=column.dms.redshift)))
    in_redshift(redshift, create_table(by_dms))

    if column.dms.fault.startswith("overflows"):
        assert column.dms.rule is not None
        with pytest.raises(psycopg.errors.NumericValueOutOfRange):
            copy_rows(mysql, redshift, by_dms)
    else:
        copy_rows(mysql, redshift, by_dms)


def test_a_text_that_cannot_fit_is_an_action_item_and_redshift_does_refuse_it(mysql: pymysql.Connection[Any], redshift: Session) -> None:
    in_mysql(mysql, "CREATE OR REPLACE DATABASE too_long")
    in_mysql(mysql, "CREATE TABLE too_long.t (id int PRIMARY KEY, v mediumtext, b varchar(60000) character set latin1)")
    in_mysql(mysql, "INSERT INTO too_long.t VALUES (1, REPEAT('x', 65536), 'short')")

    conversion = convert(read_source(mysql, ["too_long"], origin="too_long"))

    assert [(one.number, one.where, one.weight) for one in conversion.findings if one.number in (1001, 1701)] == [
        (1001, "too_long.t.b", "Simple"),
        (1001, "too_long.t.v", "Complex"),
        (1701, "too_long.t.v", "Complex"),
    ]
    in_redshift(redshift, create_schema("too_long"), create_table(conversion.tables[0]))
    with pytest.raises(psycopg.errors.StringDataRightTruncation):
        copy_rows(mysql, redshift, conversion.tables[0])


def test_a_text_with_the_character_0_is_an_action_item_and_redshift_does_refuse_it(
    mysql: pymysql.Connection[Any], redshift: Session
) -> None:
    in_mysql(mysql, "CREATE OR REPLACE DATABASE nul")
    in_mysql(mysql, "CREATE TABLE nul.t (id int PRIMARY KEY, v varchar(9))")
    in_mysql(mysql, "INSERT INTO nul.t VALUES (1, CONCAT('a', CHAR(0), 'b')), (2, 'ab')")

    conversion = convert(read_source(mysql, ["nul"], origin="nul"))

    assert [(one.where, one.description) for one in conversion.findings if one.number == 1005] == [
        ("nul.t.v", "1 values have the character 0")
    ]
    in_redshift(redshift, create_schema("nul"), create_table(conversion.tables[0]))
    with pytest.raises(psycopg.DataError, match="NUL"):
        copy_rows(mysql, redshift, conversion.tables[0])


def test_without_a_scan_types_alone_decide(mysql: pymysql.Connection[Any], converted: Conversion) -> None:
    blind = convert(read_source(mysql, ["types"], origin="types", scan=False))

    assert [table.columns[1].type for table in blind.tables] == [table.columns[1].type for table in converted.tables]
    assert {one.weight for one in blind.findings if one.number == 1001} == {"Medium"}
    assert blind.lob_kilobytes == 31
    assert "were not scanned" in next(one.description for one in blind.findings if one.number == 1001)


def test_a_type_that_is_not_known_is_named() -> None:
    with pytest.raises(UnknownTypeError, match=r"d\.t\.v has the type vector\(3\)"):
        target_type(Column("v", "vector", "vector(3)"), "d.t.v")


def test_the_written_ddl_has_every_type(converted: Conversion) -> None:
    (tables,) = (text for path, text in written_files(converted).items() if path.name == "02_tables.sql")

    assert tables.count("CREATE TABLE") == len(TYPES)
