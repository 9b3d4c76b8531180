"""COPY from AVRO and ORC, nested columns into SUPER, and who a COPY says it is."""

from __future__ import annotations

import datetime as dt
import io
import json
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from harness.redshift.test_copy_errors import ROLE, Copy, copy, errors, own, rows, table
from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import LoadError, NotSupportedHereError, RefusedByRedshiftError
from localaws.redshift.masking import masked
from localaws.redshift.session import Session

__all__ = ["copy", "own", "table"]
DAY = dt.date(2020, 2, 29)
MOMENT = dt.datetime(2020, 2, 29, 10, 30, 0, 500000)
SCHEMA = {
    "type": "record",
    "name": "sale",
    "fields": [
        {"name": "Id", "type": "long"},
        {"name": "name", "type": ["null", "string"]},
        {"name": "kind", "type": {"type": "enum", "name": "kind", "symbols": ["a", "b"]}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "lines", "type": {"type": "array", "items": {"type": "map", "values": "double"}}},
        {"name": "good", "type": "boolean"},
        {"name": "raw", "type": "bytes"},
    ],
}
SALES = [
    {
        "Id": 1,
        "name": "é",
        "kind": "b",
        "price": Decimal("1.50"),
        "day": DAY,
        "at": MOMENT,
        "lines": [{"x": 1.5}],
        "good": True,
        "raw": b"\1\2",
    },
    {"Id": 2, "name": None, "kind": "a", "price": Decimal(-7), "day": DAY, "at": MOMENT, "lines": [], "good": False, "raw": b"\3"},
]


def avro(records: list[dict[str, Any]], codec: str = "null", schema: dict[str, Any] = SCHEMA) -> bytes:
    file = io.BytesIO()
    fastavro.writer(file, schema, records, codec=codec)
    return file.getvalue()


def as_orc(**columns: pa.Array) -> bytes:
    file = io.BytesIO()
    orc.write_table(pa.table(columns), file)
    return file.getvalue()


def as_parquet(**columns: pa.Array) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard"])
def test_avro_goes_by_the_names_of_the_columns(own: Session, table: str, copy: Copy, codec: str) -> None:
    columns = "good bool, name varchar(9), price decimal(9,2), day date, at timestamp, lines super"
    columns += ", kind varchar(1), raw varbyte, id int, more int"
    assert copy(columns, avro(SALES, codec), "FORMAT AS AVRO 'auto ignorecase'") == 2
    assert rows(own, table) == [
        (True, "é", Decimal("1.50"), DAY, MOMENT, [{"x": 1.5}], "b", b"\1\2", 1, None),
        (False, None, Decimal("-7.00"), DAY, MOMENT, [], "a", b"\3", 2, None),
    ]


def test_avro_goes_by_jsonpaths_and_without_ignorecase_by_the_exact_names(own: Session, table: str, copy: Copy, storage: Path) -> None:
    (storage / "lake" / f"{table}.paths").write_text(json.dumps({"jsonpaths": ["$.Id", "$.lines[0].x"]}), encoding="utf-8")
    assert copy("id int, x float8", avro(SALES), f"AVRO 's3://lake/{table}.paths'") == 2
    assert copy("id int, x float8", avro(SALES), "FORMAT AVRO") == 2
    assert rows(own, table) == [(1, 1.5), (2, None), (None, None), (None, None)]


def test_an_avro_record_that_does_not_fit_is_left_out_below_maxerror(own: Session, table: str, copy: Copy) -> None:
    assert copy("id smallint, name varchar(2)", avro([SALES[0], {**SALES[0], "Id": 1 << 20}]), "AVRO 'auto ignorecase' MAXERROR 2") == 1
    assert errors(own, table, "line_number, trim(colname), err_code, raw_line LIKE '%1048576%'") == [(2, "id", 1222, True)]


def test_orc_goes_by_position_and_keeps_every_type(own: Session, table: str, copy: Copy) -> None:
    content = as_orc(
        one=pa.array([1, None], pa.int64()),
        two=pa.array([Decimal("1.25"), Decimal("-2.50")], pa.decimal128(9, 2)),
        three=pa.array(["x", "é"]),
        four=pa.array([DAY, None]),
        five=pa.array([MOMENT, None], pa.timestamp("ns")),
        six=pa.array([True, None]),
    )
    assert copy("a bigint, b decimal(9,2), c varchar(9), d date, e timestamp, f bool", content, "FORMAT ORC") == 2
    assert rows(own, table) == [(1, Decimal("1.25"), "x", DAY, MOMENT, True), (None, Decimal("-2.50"), "é", None, None, None)]


def test_a_large_orc_file_is_read_stripe_by_stripe(own: Session, table: str, copy: Copy) -> None:
    file = io.BytesIO()
    orc.write_table(pa.table({"a": pa.array(range(300_000), pa.int64())}), file, stripe_size=1 << 16)
    assert orc.ORCFile(io.BytesIO(file.getvalue())).nstripes > 1
    assert copy("a bigint", file.getvalue(), "ORC") == 300_000
    assert own.connection.execute(f"SELECT count(DISTINCT a), min(a), max(a) FROM {table}").fetchone() == (300_000, 0, 299_999)


NESTED = {
    "a": pa.array([{"x": 1, "y": [DAY]}, None], pa.struct([("x", pa.int32()), ("y", pa.list_(pa.date32()))])),
    "b": pa.array([[("k", Decimal("1.50"))], []], pa.map_(pa.string(), pa.decimal128(5, 2))),
}


@pytest.mark.parametrize(("format", "write"), [("PARQUET", as_parquet), ("ORC", as_orc)], ids=["parquet", "orc"])
def test_nested_columns_are_super_with_serializetojson(own: Session, table: str, copy: Copy, format: str, write: Any) -> None:
    with pytest.raises(LoadError, match=r"SUPER column is loaded from .* with SERIALIZETOJSON"):
        copy("a super, b super", write(**NESTED), f"FORMAT {format}")
    assert copy("a super, b super", write(**NESTED), f"FORMAT {format} SERIALIZETOJSON") == 2
    texts = own.connection.execute(f"SELECT a::text, b::text FROM {table}").fetchall()
    assert texts == [('{"x": 1, "y": ["2020-02-29"]}', '{"k": 1.50}'), (None, "{}")]


def test_missing_columns_are_null_with_fillrecord_and_invalid_bytes_are_replaced(own: Session, table: str, copy: Copy) -> None:
    content = as_parquet(a=pa.array([b"a\xff\xe9", b"ok", None], pa.binary()).view(pa.string()))
    with pytest.raises(LoadError, match="Table columns: 2, Data columns: 1"):
        copy("a varchar(9), b int", content, "PARQUET ACCEPTINVCHARS AS '^'")
    assert copy("a varchar(9), b int", content, "PARQUET FILLRECORD ACCEPTINVCHARS AS '^'") == 3
    assert rows(own, table) == [("a^^", None), ("ok", None), (None, None)]
    own.run(f"ALTER TABLE {table} DROP COLUMN b")
    own.run(f"ALTER TABLE {table} ADD COLUMN b int NOT NULL DEFAULT 0")
    with pytest.raises(LoadError, match="NULL value in a column that is NOT NULL"):
        copy("a int", content, "PARQUET FILLRECORD ACCEPTINVCHARS")


def test_varbyte_takes_the_bytes_of_parquet(own: Session, table: str, copy: Copy) -> None:
    assert copy("a varbyte", as_parquet(a=pa.array([b"\0\xff", None, b""], pa.binary())), "PARQUET") == 3
    assert rows(own, table) == [(b"\0\xff",), (None,), (b"",)]


BROKEN = {
    "AVRO that is none": (b"x|y\n", "AVRO 'auto'", "Invalid AVRO file found: cannot read header"),
    "AVRO that is cut off": (avro(SALES, "deflate")[:-9], "AVRO 'auto'", "Invalid AVRO file found"),
    "AVRO whose last block is cut to its count": (avro(SALES)[: len(avro([])) + 1], "AVRO 'auto'", "breaks off within a block"),
    "ORC that is none": (b"x|y\n", "FORMAT ORC", "The file is not ORC or is cut off"),
    "ORC that is cut off": (as_orc(a=pa.array([1]))[:-5], "FORMAT ORC", "The file is not ORC or is cut off"),
    "ORC of another type": (as_orc(a=pa.array([1], pa.int64())), "FORMAT ORC", "incompatible ORC schema for column 'a'.*VARCHAR.*int64"),
    "Parquet as ORC": (as_parquet(a=pa.array([1])), "FORMAT ORC", "The file is not ORC"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_not_of_its_format_fails_the_copy(own: Session, table: str, copy: Copy, name: str) -> None:
    content, options, message = BROKEN[name]
    with pytest.raises(LoadError, match=message):
        copy("a varchar(9)", content, options)
    assert rows(own, table) == []


KEYS = "ACCESS_KEY_ID 'AKIA' SECRET_ACCESS_KEY 'hidden' SESSION_TOKEN 'also hidden'"
ALLOWED = [
    f"{ROLE}",
    "IAM_ROLE default",
    KEYS,
    "CREDENTIALS 'aws_iam_role=arn:aws:iam::123456789012:role/load'",
    "WITH CREDENTIALS AS 'aws_access_key_id=AKIA;aws_secret_access_key=hidden;token=also hidden'",
]


@pytest.mark.parametrize("who", ALLOWED)
def test_a_copy_says_who_it_is_in_any_spelling_and_secrets_are_in_no_history(own: Session, who: str) -> None:
    text = f"COPY t FROM 's3://lake/x' {who} CSV"
    assert translate(text).copy is not None
    assert translate(f"UNLOAD ('SELECT 1') TO 's3://lake/x' {who.removeprefix('WITH ')}").unload is not None
    assert "hidden" not in masked(text)
    assert masked(text).endswith(" CSV")


@pytest.mark.parametrize(
    ("who", "message"),
    [
        ("", "COPY needs credentials"),
        ("CREDENTIALS 'x'", "Invalid credentials. Must be of the format"),
        ("CREDENTIALS 'aws_iam_role=load'", "Invalid IAM role ARN 'load'"),
        ("ACCESS_KEY_ID 'AKIA'", "must be given together"),
        (f"{ROLE} {KEYS}", "exclude each other"),
    ],
)
def test_credentials_that_are_none_are_refused(who: str, message: str) -> None:
    with pytest.raises(RefusedByRedshiftError, match=message):
        translate(f"COPY t FROM 's3://lake/x' {who} CSV")


def test_client_side_encryption_is_refused_by_name() -> None:
    with pytest.raises(NotSupportedHereError, match="master_symmetric_key"):
        translate("COPY t FROM 's3://lake/x' CREDENTIALS 'aws_access_key_id=a;aws_secret_access_key=b;master_symmetric_key=c' CSV")


def test_the_history_of_a_copy_with_keys_has_no_secret(client: Any, storage: Path) -> None:
    name = f"t_{uuid.uuid4().hex[:10]}"
    (storage / "lake" / f"{name}.csv").write_text("1\n", encoding="utf-8")
    target = {"WorkgroupName": "wholesale", "Database": "warehouse"}
    sqls = [f"CREATE TABLE {name} (a int)", f"COPY {name} FROM 's3://lake/{name}.csv' {KEYS} CSV", f"DROP TABLE {name}"]
    batch = client.batch_execute_statement(Sqls=sqls, WaitTimeSeconds=30, **target)
    assert batch["Status"] == "FINISHED"
    found = client.execute_statement(
        Sql=f"SELECT query_text FROM sys_query_history WHERE query_text LIKE 'COPY {name}%'", WaitTimeSeconds=30, **target
    )
    text = client.get_statement_result(Id=found["Id"])["Records"][0][0]["stringValue"]
    assert "SECRET_ACCESS_KEY '***'" in text
    assert "hidden" not in text
