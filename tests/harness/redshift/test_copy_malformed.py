"""COPY of files that are not what they should be: each is refused by its reason with nothing loaded, or loads exactly what can be."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from localaws.engines.postgres import PostgresEngine
from localaws.redshift.exceptions import LoadError
from localaws.redshift.session import Session


def parquet(table: pa.Table) -> bytes:
    held = io.BytesIO()
    pq.write_table(table, held)
    return held.getvalue()


CSV = b"1,a\n2,b\n"
TWO = [(1, "a"), (2, "b")]
GZ = gzip.compress(CSV)
MUCH = b"".join(b"%d,%d\n" % (n, n) for n in range(100_000))
PARQUET = parquet(pa.table({"id": pa.array([1, 2], pa.int32()), "name": ["a", "b"]}))
BOM = b"\xef\xbb\xbf"

# What a file holds, the options, and what is loaded.
LOADED: dict[str, tuple[bytes, str, list[tuple[Any, ...]]]] = {
    "a_byte_order_mark": (BOM + CSV, "CSV", TWO),
    "a_byte_order_mark_before_delimited_text": (BOM + b"1|a\n2|b\n", "", TWO),
    "a_byte_order_mark_before_a_header": (BOM + b"id,name\n2,b\n", "CSV IGNOREHEADER 1", [(2, "b")]),
    "a_byte_order_mark_before_json": (BOM + b'{"id":1,"name":"a"}', "JSON 'auto'", [(1, "a")]),
    "lines_of_windows": (b"1,a\r\n2,b\r\n", "CSV", TWO),
    "delimited_lines_of_windows": (b"1|a\r\n2|b\r\n", "", TWO),
    "ends_of_both_kinds": (b"1,a\r\n2,b\n3,c\r\n", "CSV", [*TWO, (3, "c")]),
    "ends_of_three_kinds": (b"1,a\r\n2,b\n3,c\r", "CSV", [*TWO, (3, "c")]),
    "ends_within_quotes": (b'1,"a\r\nb"\n2,"c\nd"\n', "CSV", [(1, "a\r\nb"), (2, "c\nd")]),
    "no_end_of_the_last_line": (b"1,a\n2,b", "CSV", TWO),
    "empty_lines_that_are_ignored": (b"1,a\n\n2,b\n\n", "CSV IGNOREBLANKLINES", TWO),
    "a_lone_quote_in_a_field": (b'1,a"b\n2,b\n', "CSV", [(1, 'a"b'), (2, "b")]),
    "bytes_that_are_replaced": (b"1,a\xff\n2,b\n", "CSV ACCEPTINVCHARS", [(1, "a?"), (2, "b")]),
    "a_bad_record_among_good_ones": (b"1\n2,b\n3,c,d\n", "CSV MAXERROR 5", [(2, "b")]),
    "a_line_that_is_longer_than_four_megabytes": (b"1," + b"x" * 5_000_000 + b"\n2,b\n", "CSV MAXERROR 3", [(2, "b")]),
    "a_header_alone": (b"id,name\n", "CSV IGNOREHEADER 1", []),
    "fewer_lines_than_the_header_has": (b"id,name\n", "CSV IGNOREHEADER 5", []),
    "no_bytes": (b"", "CSV", []),
    "no_bytes_of_parquet": (b"", "PARQUET", []),
    "no_bytes_of_gzip": (b"", "CSV GZIP", []),
    "gzip_of_nothing": (gzip.compress(b""), "CSV GZIP", []),
    "gzip_of_two_members": (GZ + GZ, "CSV GZIP", [*TWO, *TWO]),
    "bzip2_of_two_streams": (bz2.compress(CSV) + bz2.compress(b"3,c\n"), "CSV BZIP2", [*TWO, (3, "c")]),
    "too_long_a_text_that_is_cut": (b"1," + b"x" * 30 + b"\n", "CSV TRUNCATECOLUMNS", [(1, "x" * 20)]),
    "utf_16_with_its_mark": ("1,ä\n".encode("utf-16"), "CSV ENCODING AS UTF16", [(1, "ä")]),
    "json_over_several_lines": (b'{\n "id": 1,\n "name": "a"\n}\n', "JSON 'auto'", [(1, "a")]),
    "json_with_nothing_in_it": (b"{}", "JSON 'auto'", [(None, None)]),
    "json_with_a_name_twice": (b'{"id":1,"id":2,"name":"a"}', "JSON 'auto'", [(2, "a")]),
    "json_with_something_after_it": (b'{"id":1} xx', "JSON 'auto' MAXERROR 2", [(1, None)]),
    "parquet_without_rows": (parquet(pa.table({"id": pa.array([], pa.int32()), "name": pa.array([], pa.string())})), "PARQUET", []),
    "a_newline_that_is_escaped": (b"1|a\\\nb\n2|c\n", "ESCAPE", [(1, "a\nb"), (2, "c")]),
}

# What a file holds, the options, and why nothing of it is loaded.
REFUSED = {
    "an_empty_line": (b"1,a\n\n2,b\n", "CSV", "Input line contained no data.*record 2"),
    "an_empty_line_alone": (b"\n", "CSV", "Input line contained no data"),
    "a_quote_that_is_not_closed": (b'1,"ab\n2,b\n', "CSV", "a quote is not closed"),
    "a_quote_that_is_not_removed": (b'1|"a\n2|"b"\n', "REMOVEQUOTES", "a quotation mark is not closed"),
    "a_zero_byte": (b"1,a\0b\n2,b\n", "CSV", "Invalid null byte.*column name"),
    "zero_bytes_alone": (b"\0\0\0\0", "CSV", "Delimiter not found"),
    "no_utf_8": (b"1,a\xff\n2,b\n", "CSV", "Bad UTF8 hex sequence: ff"),
    "latin_1": ("1,ä\n".encode("latin1"), "CSV", "Bad UTF8 hex sequence: e4"),
    "too_many_columns": (b"1,a,x\n2,b\n", "CSV", "Extra column.s. found.*record 1"),
    "too_few_columns": (b"2,b\n1\n", "CSV", "Delimiter not found.*record 2"),
    "too_long_a_text": (b"1," + b"x" * 300 + b"\n", "CSV", "String length exceeds DDL length.*column name"),
    "another_delimiter": (b"1;a\n2;b\n", "CSV", "Delimiter not found"),
    "gzip_that_is_cut_off": (GZ[:-6], "CSV GZIP", "ended before the end-of-stream marker"),
    "much_gzip_that_is_cut_off": (gzip.compress(MUCH)[:-50_000], "CSV GZIP MAXERROR 100", "ended before the end-of-stream marker"),
    "gzip_with_another_sum": (GZ[:-8] + bytes(8), "CSV GZIP", "CRC check failed"),
    "gzip_with_something_after_it": (GZ + b"garbage", "CSV GZIP", "Not a gzipped file"),
    "gzip_that_is_none": (CSV, "CSV GZIP", "Not a gzipped file"),
    "gzip_that_was_not_told": (GZ, "CSV", "Delimiter not found|Invalid"),
    "bzip2_that_is_cut_off": (bz2.compress(MUCH)[:-9], "CSV BZIP2", "ended before the end-of-stream marker"),
    "bzip2_that_is_gzip": (GZ, "CSV BZIP2", "Invalid data stream"),
    "zstd_that_is_cut_off": (bytes(pa.compress(MUCH, codec="zstd", asbytes=True))[:-9], "CSV ZSTD", "Truncated compressed stream"),
    "zstd_that_is_gzip": (GZ, "CSV ZSTD", "ZSTD decompress failed"),
    "utf_16_without_its_mark": ("1,a\n".encode("utf-16-le"), "CSV ENCODING AS UTF16", "does not start with BOM"),
    "utf_16_that_was_not_told": ("1,ä\n".encode("utf-16"), "CSV", "Invalid digit"),
    "half_a_character_of_utf_16": ("1,ä\n".encode("utf-16-le")[:-1], "CSV ENCODING AS UTF16LE", "truncated data"),
    "json_that_is_cut_off": (b'{"id":1,"name":"a"}{"id":2,"na', "JSON 'auto'", "the record does not end"),
    "a_json_array": (b'[{"id":1,"name":"a"}]', "JSON 'auto'", "'auto' loads objects"),
    "a_json_number": (b"5", "JSON 'auto'", "Invalid JSON"),
    "an_object_for_a_number": (b'{"id":{"x":1},"name":"a"}', "JSON 'auto'", "Invalid digit, Value '{'"),
    "json_that_is_no_number": (b'{"id":NaN,"name":"a"}', "JSON 'auto'", "Invalid digit, Value 'N'"),
    "json_that_is_nested_very_deep": (b'{"id":1,"name":' + b"[" * 3000 + b"]" * 3000 + b"}", "JSON 'auto'", "Invalid JSON"),
    "json_that_is_no_utf_8": (b'{"id":1,"name":"\xff"}', "JSON 'auto'", "Bad UTF8 hex sequence: ff"),
    "half_a_surrogate_pair": (b'{"id":1,"name":"\\ud800"}', "JSON 'auto'", "Bad UTF8 hex sequence: ed a0 80"),
    "a_zero_byte_in_json": (b'{"id":1,"name":"a\\u0000b"}', "JSON 'auto'", "Invalid null byte"),
    "parquet_that_is_cut_off": (PARQUET[:-10], "PARQUET", "not Parquet or is cut off"),
    "the_beginning_of_parquet": (PARQUET[:40], "PARQUET", "not Parquet or is cut off"),
    "parquet_that_is_csv": (CSV, "PARQUET", "not Parquet or is cut off"),
    "parquet_of_fewer_columns": (parquet(pa.table({"id": pa.array([1], pa.int32())})), "PARQUET", "Unmatched number of columns"),
    "a_manifest_that_is_csv": (CSV, "CSV MANIFEST", "manifest .* cannot be read"),
    "a_manifest_without_entries": (b"{}", "CSV MANIFEST", "manifest .* cannot be read"),
    "a_manifest_that_is_cut_off": (b'{"entries": [{"url": "s3://', "CSV MANIFEST", "manifest .* cannot be read"),
    "a_manifest_of_what_must_be_there": (
        json.dumps({"entries": [{"url": "s3://lake/nowhere/x", "mandatory": True}]}).encode(),
        "CSV MANIFEST",
        "s3://lake/nowhere/x does not exist",
    ),
}


@pytest.fixture(scope="module")
def session(postgres: PostgresEngine, home: Path) -> Iterator[Session]:
    (home / "s3" / "lake").mkdir(parents=True, exist_ok=True)
    session = Session(postgres.conninfo(), home / "s3")
    yield session
    session.close()


@pytest.fixture
def table(session: Session, home: Path) -> Iterator[str]:
    name = f"malformed_{uuid.uuid4().hex[:10]}"
    (home / "s3" / "lake" / name).mkdir()
    session.run(f"CREATE TABLE {name} (id int, name varchar(20))")
    yield name
    session.run(f"DROP TABLE {name}")


def copied(session: Session, table: str, options: str, key: str = "file") -> int:
    return session.run(f"COPY {table} FROM 's3://lake/{table}/{key}' IAM_ROLE default {options}").count


def rows(session: Session, table: str) -> list[tuple[Any, ...]]:
    return session.connection.execute(f"SELECT * FROM {table}").fetchall()  # type: ignore[call-overload]


@pytest.mark.parametrize("case", LOADED)
def test_a_file_loads_what_can_be(session: Session, home: Path, table: str, case: str) -> None:
    content, options, expected = LOADED[case]
    (home / "s3" / "lake" / table / "file").write_bytes(content)
    assert copied(session, table, options) == len(expected)
    assert rows(session, table) == expected


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_is_refused_and_nothing_of_it_is_loaded(session: Session, home: Path, table: str, case: str) -> None:
    content, options, reason = REFUSED[case]
    (home / "s3" / "lake" / table / "file").write_bytes(content)
    with pytest.raises(LoadError, match=f"(?s){reason}"):
        copied(session, table, options)
    assert rows(session, table) == []


def test_one_bad_file_among_several_leaves_nothing_of_the_others(session: Session, home: Path, table: str) -> None:
    folder = home / "s3" / "lake" / table
    for number in range(3):
        (folder / f"part{number}.gz").write_bytes(gzip.compress(MUCH) if number < 2 else gzip.compress(MUCH)[:-9])
    with pytest.raises(LoadError, match="part2.gz"):
        copied(session, table, "CSV GZIP", "part")
    assert rows(session, table) == []


def test_markers_and_empty_files_are_passed_over_and_a_prefix_of_markers_is_none(session: Session, home: Path, table: str) -> None:
    folder = home / "s3" / "lake" / table
    for name in ("_SUCCESS", "x_$folder$", ".part.crc"):
        (folder / name).touch()
    with pytest.raises(LoadError, match="does not exist in bucket lake"):
        copied(session, table, "CSV", "")
    (folder / "empty.csv").touch()
    assert copied(session, table, "CSV", "") == 0
    (folder / "full.csv").write_bytes(CSV)
    assert copied(session, table, "CSV", "") == 2
    (folder / "_named.csv").write_bytes(CSV)
    assert copied(session, table, "CSV", "_named.csv") == 2


def test_a_manifest_may_name_what_is_not_there_unless_it_must(session: Session, home: Path, table: str) -> None:
    folder = home / "s3" / "lake" / table
    (folder / "full").write_bytes(CSV)
    (folder / "empty").touch()

    def loaded(*entries: tuple[str, bool]) -> int:
        named = [{"url": f"s3://lake/{table}/{name}", "mandatory": must} for name, must in entries]
        (folder / "manifest").write_text(json.dumps({"entries": named}), encoding="utf-8")
        return copied(session, table, "CSV MANIFEST", "manifest")

    assert loaded(("full", True), ("none", False), ("empty", True)) == 2
    with pytest.raises(LoadError, match="none does not exist"):
        loaded(("full", True), ("none", True))
    with pytest.raises(LoadError, match="No file of the manifest exists"):
        loaded(("none", False))
