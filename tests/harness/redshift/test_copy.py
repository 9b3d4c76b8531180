"""COPY: what is loaded is what the files hold, to the last digit, and what does not fit is named."""

from __future__ import annotations

import datetime as dt
import decimal
import gzip
import json
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localaws.redshift.exceptions import LoadError, RedshiftError
from localaws.redshift.session import Session

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/load'"
ALL_TYPES = pa.schema(
    [
        ("a", pa.int64()),
        ("b", pa.int32()),
        ("c", pa.int16()),
        ("d", pa.decimal128(18, 4)),
        ("e", pa.decimal128(38, 10)),
        ("f", pa.string()),
        ("g", pa.string()),
        ("h", pa.date32()),
        ("i", pa.timestamp("us")),
        ("j", pa.bool_()),
        ("k", pa.float64()),
        ("l", pa.float32()),
    ]
)
TABLE = """CREATE TABLE t (a bigint, b integer, c smallint, d decimal(18,4), e decimal(38,10), f varchar(40), g char(3), h date,
           i timestamp, j boolean, k float8, l float4)"""


@pytest.fixture
def prefix(storage: Path) -> Path:
    folder = storage / "lake" / uuid.uuid4().hex
    folder.mkdir()
    return folder


def copy(session: Session, prefix: Path, options: str = "FORMAT AS PARQUET", what: str = "t", key: str = "/") -> int:
    return session.run(f"COPY {what} FROM 's3://lake/{prefix.name}{key}' {ROLE} {options}").count


def rows(session: Session) -> list[tuple[Any, ...]]:
    return session.connection.execute("SELECT * FROM t").fetchall()


WIDE = decimal.Context(prec=60)


def decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    limit = Decimal(10**precision - 1).scaleb(-scale)
    return st.decimals(min_value=-limit, max_value=limit, places=scale, allow_nan=False)


RECORD = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**31), 2**31 - 1),
    st.integers(-(2**15), 2**15 - 1),
    decimals(18, 4),
    st.integers(-(10**38) + 1, 10**38 - 1).map(lambda n: Decimal(n).scaleb(-10, WIDE)),
    st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=10),
    st.text("abc", min_size=3, max_size=3),
    st.dates(dt.date(1900, 1, 1)),
    st.datetimes(dt.datetime(1900, 1, 1)),
    st.booleans(),
    st.floats(allow_nan=False),
    st.floats(width=32, allow_nan=False),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[st.none() | field for field in RECORD.wrapped_strategy.element_strategies]), min_size=1, max_size=30))
def test_every_value_of_every_type_arrives_as_it_was(session: Session, prefix: Path, records: list[tuple[Any, ...]]) -> None:
    with decimal.localcontext(WIDE):
        columns = [pa.array(values, field.type) for values, field in zip(zip(*records, strict=True), ALL_TYPES, strict=True)]
    pq.write_table(pa.Table.from_arrays(columns, schema=ALL_TYPES), prefix / "a.parquet")
    session.run("DROP TABLE IF EXISTS t")
    session.run(TABLE)

    assert copy(session, prefix) == len(records)

    # PostgreSQL writes a float4 with as few digits as tell it from others: widened, it shows what it is.
    assert session.connection.execute("SELECT a, b, c, d, e, f, g, h, i, j, k, l::float8 FROM t").fetchall() == records


def test_spark_timestamps_before_1900_and_in_9999_are_kept(session: Session, prefix: Path) -> None:
    times = [dt.datetime(1, 1, 1), dt.datetime(1900, 1, 1), dt.datetime(9999, 12, 31)]
    pq.write_table(pa.table({"i": pa.array(times, pa.timestamp("us"))}), prefix / "a.parquet", use_deprecated_int96_timestamps=True)
    session.run("CREATE TABLE t (i timestamp)")
    copy(session, prefix)
    assert rows(session) == [(time,) for time in times]


def test_files_are_loaded_by_key_order_and_markers_are_left_out(session: Session, prefix: Path) -> None:
    for name, value in (("b", 2), ("a", 1)):
        pq.write_table(pa.table({"a": pa.array([value], pa.int64())}), prefix / f"{name}.parquet")
    (prefix / "_SUCCESS").touch()
    (prefix / ".a.parquet.crc").write_bytes(b"crc")
    session.run("CREATE TABLE t (a bigint)")
    assert copy(session, prefix) == 2
    assert rows(session) == [(1,), (2,)]


MISFITS = [
    pytest.param("bigint", pa.array([1], pa.int32()), "incompatible Parquet schema for column 'a'.*BIGINT.*int32", id="a_narrower_integer"),
    pytest.param("integer", pa.array([1], pa.int64()), "INT, Parquet schema: int64", id="a_wider_integer"),
    pytest.param("decimal(10,2)", pa.array([Decimal("1.234")], pa.decimal128(10, 3)), "DECIMAL\\(10, 2\\)", id="another_scale"),
    pytest.param(
        "decimal(5,2)",
        pa.array([Decimal("9999.99")], pa.decimal128(9, 2)),
        "overflow.*a.parquet.*record 1.*column a.*'9999.99'",
        id="a_number_too_large",
    ),
    pytest.param("smallint", pa.array([40000], pa.int32()), "out of range of SMALLINT.*'40000'", id="an_integer_too_large"),
    pytest.param(
        "varchar(3)",
        pa.array(["ok", "äöü"]),
        "String length exceeds VARCHAR\\(3\\).*record 2.*column a.*'äöü'",
        id="a_text_of_too_many_bytes",
    ),
    pytest.param("bigint NOT NULL", pa.array([1, None], pa.int64()), "NULL value.*record 2", id="a_null_where_none_may_be"),
    pytest.param("date", pa.array([dt.datetime(2000, 1, 1)], pa.timestamp("us")), "incompatible", id="a_timestamp_for_a_date"),
    pytest.param("varchar(9)", pa.array(["a\0b"]), "0x00", id="a_zero_byte"),
    pytest.param("varchar(9)", pa.array([b"\xff"], pa.binary()).view(pa.string()), "encoding", id="not_utf8"),
]


@pytest.mark.parametrize(("column", "array", "message"), MISFITS)
def test_what_does_not_fit_is_named_and_nothing_is_loaded(
    session: Session, prefix: Path, column: str, array: pa.Array, message: str
) -> None:
    pq.write_table(pa.table({"a": array}), prefix / "a.parquet")
    session.run(f"CREATE TABLE t (a {column})")
    session.connection.execute("SAVEPOINT before")
    with pytest.raises(LoadError, match=message):
        copy(session, prefix)
    session.connection.execute("ROLLBACK TO before")
    assert rows(session) == []


def test_another_number_of_columns_a_broken_file_and_an_empty_prefix_are_errors(session: Session, prefix: Path) -> None:
    session.run("CREATE TABLE t (a bigint, b bigint)")
    with pytest.raises(LoadError, match=r"S3 prefix .* does not exist"):
        copy(session, prefix)
    pq.write_table(pa.table({"a": [1]}), prefix / "a.parquet")
    session.connection.execute("SAVEPOINT before")
    with pytest.raises(LoadError, match=r"Table columns: 2, Data columns: 1"):
        copy(session, prefix)
    session.connection.execute("ROLLBACK TO before")
    assert copy(session, prefix, what="t (b)") == 1
    whole = (prefix / "a.parquet").read_bytes()
    (prefix / "a.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LoadError, match=r"not Parquet or is cut off.*a.parquet"):
        copy(session, prefix)


def test_csv_has_redshifts_meaning_of_empty_and_null(session: Session, prefix: Path) -> None:
    (prefix / "a.csv.gz").write_bytes(gzip.compress(b'h1,h2,h3\n1,,"a ""quote"", and\na newline"\n,"",\\N\n'))
    session.run("CREATE TABLE t (a int, b varchar(9), c varchar(40))")

    assert copy(session, prefix, "FORMAT AS CSV GZIP IGNOREHEADER 1") == 2
    assert copy(session, prefix, "CSV GZIP IGNOREHEADER 1 EMPTYASNULL") == 2

    assert rows(session) == [
        (1, "", 'a "quote", and\na newline'),
        (None, "", None),
        (1, None, 'a "quote", and\na newline'),
        (None, None, None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("1,x\n2\n", "Delimiter not found.*a.csv.*record 2", id="a_ragged_row"),
        pytest.param("1,x\nnine,x\n", "Invalid digit, Value 'n', Pos 0, Type: Integer.*a.csv.*record 2.*column a.*nine", id="not_a_number"),
        pytest.param("1,abcdef\n", "String length exceeds DDL length.*a.csv.*column b", id="too_long"),
    ],
)
def test_a_bad_csv_record_fails_the_load_and_is_named(session: Session, prefix: Path, text: str, message: str) -> None:
    (prefix / "a.csv").write_text(text, encoding="utf-8")
    session.run("CREATE TABLE t (a int, b varchar(5))")
    with pytest.raises(LoadError, match=message):
        copy(session, prefix, "CSV")


def test_delimiter_null_text_and_manifest_are_obeyed(session: Session, prefix: Path) -> None:
    (prefix / "x.csv").write_text("1|NULL\n2|b\n", encoding="utf-8")
    (prefix / "other.csv").write_text("not to be read", encoding="utf-8")
    entries = [{"url": f"s3://lake/{prefix.name}/x.csv", "mandatory": True}]
    (prefix / "m.json").write_text(json.dumps({"entries": entries}), encoding="utf-8")
    session.run("CREATE TABLE t (a int, b varchar(5))")
    copy(session, prefix, "CSV DELIMITER '|' NULL AS 'NULL' MANIFEST", key="/m.json")
    assert rows(session) == [(1, None), (2, "b")]
    (prefix / "x.csv").unlink()
    with pytest.raises(RedshiftError, match=r"does not exist"):
        copy(session, prefix, "CSV MANIFEST", key="/m.json")
