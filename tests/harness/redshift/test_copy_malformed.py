"""COPY of malformed files, as one table: what loads, what is left out below MAXERROR, and what fails the whole COPY."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from harness.redshift.test_copy_errors import ROLE, Copy, copy, errors, own, rows, table
from localaws.redshift.exceptions import LoadError
from localaws.redshift.session import Session

__all__ = ["copy", "own", "table"]
BOM = b"\xef\xbb\xbf"
TWO = "a varchar(9), b varchar(9)"
GOOD = b"x,y\n"
TEN = gzip.compress(GOOD * 10)
Rows = list[tuple[Any, ...]]

# Columns, file, options: the rows.
LOADS: dict[str, tuple[str, bytes | dict[str, bytes], str, Rows]] = {
    "a mark of the byte order": (TWO, BOM + GOOD, "CSV", [("x", "y")]),
    "a mark before a header": ("a int", BOM + b"a\n1\n", "CSV IGNOREHEADER 1", [(1,)]),
    "a mark before delimited text": (TWO, BOM + b"x|y\n", "", [("x", "y")]),
    "a mark before JSON": ("a int", BOM + b'{"a": 1}', "JSON 'auto'", [(1,)]),
    "a mark before a quoted field": (TWO, BOM + b'"x,1",y\n', "CSV", [("x,1", "y")]),
    "a mark in each of two files": (TWO, {"1": BOM + GOOD, "2": BOM + GOOD}, "CSV", [("x", "y")] * 2),
    "no line end at the end": (TWO, b"x,y\nz,w", "CSV", [("x", "y"), ("z", "w")]),
    "line ends of three kinds": (TWO, b"x,y\r\nz,w\nu,v\r", "CSV", [("x", "y"), ("z", "w"), ("u", "v")]),
    "line ends within quotes": (TWO, b'"x\r\n1",y\n"a\nb",c\n', "CSV", [("x\r\n1", "y"), ("a\nb", "c")]),
    "a quote within an unquoted field": (TWO, b'x"1,y\n', "CSV MAXERROR 2", [('x"1', "y")]),
    "a file of no byte beside others": (TWO, {"1": b"", "2": GOOD}, "CSV", [("x", "y")]),
    "a file of no byte alone": (TWO, b"", "CSV", []),
    "a compressed file of nothing": (TWO, gzip.compress(b""), "CSV GZIP", []),
    "a header alone": (TWO, b"a,b\n", "CSV IGNOREHEADER 1", []),
    "more header than lines": (TWO, b"a,b\n", "CSV IGNOREHEADER 5", []),
    "gzip in several members": (TWO, gzip.compress(GOOD) + gzip.compress(b"z,w\n"), "CSV GZIP", [("x", "y"), ("z", "w")]),
    "bzip2 in several streams": (TWO, bz2.compress(GOOD) + bz2.compress(b"z,w\n"), "CSV BZIP2", [("x", "y"), ("z", "w")]),
    "bytes that are no UTF-8, replaced": (TWO, b"x\xff\xfe,y\xc3\n", "CSV ACCEPTINVCHARS", [("x??", "y?")]),
    "too many fields are left out": (TWO, b"x,y,z\n" + GOOD, "CSV MAXERROR 2", [("x", "y")]),
    "too few fields are left out": (TWO, b"x\n" + GOOD, "CSV MAXERROR 2", [("x", "y")]),
    "too long a field is left out": (TWO, b"0123456789,y\n" + GOOD, "CSV MAXERROR 2", [("x", "y")]),
    "too long a field is cut": (TWO, b"0123456789,y\n", "CSV TRUNCATECOLUMNS", [("012345678", "y")]),
    "a null character is left out": (TWO, b"x\0,y\n" + GOOD, "CSV MAXERROR 2", [("x", "y")]),
    "bytes that are no UTF-8 are left out": (TWO, b"x\xff,y\n" + GOOD, "CSV MAXERROR 2", [("x", "y")]),
    "a line of more than 4 MB is left out": (TWO, b"x" * (5 << 20) + b",y\n" + GOOD, "CSV MAXERROR 2", [("x", "y")]),
    "blank lines": (TWO, b"\n\nx,y\n\n", "CSV IGNOREBLANKLINES", [("x", "y")]),
    "JSON without commas or line ends": ("a int", b'{"a":1}{"a":2}', "JSON 'auto'", [(1,), (2,)]),
    "JSON with an array of objects around": ("a int", b'[{"a":1}]', "JSON 'auto' MAXERROR 2", []),
}


@pytest.mark.parametrize("name", LOADS)
def test_what_can_be_loaded_of_it_is_loaded(own: Session, table: str, copy: Copy, name: str) -> None:
    columns, files, options, expected = LOADS[name]
    assert copy(columns, files, options) == len(expected)
    assert rows(own, table) == expected


# Columns, file, options: what is said, and the code of STL_LOAD_ERRORS where a record is to blame.
FAILS: dict[str, tuple[str, bytes, str, str, int | None]] = {
    "a quote that is not closed": (TWO, b'"x,y\n' + GOOD, "CSV", "a quote is not closed", 1216),
    "bytes that are no UTF-8": (TWO, b"x\xff,y\n", "CSV", "invalid or unsupported UTF8.*ff", 1220),
    "a null character": (TWO, b"x\0,y\n", "CSV", "Invalid null byte", 1218),
    "too many fields": (TWO, b"x,y,z\n", "CSV", "Extra column", 1202),
    "too few fields": (TWO, b"x\n", "CSV", "Delimiter not found", 1214),
    "too long a field": (TWO, b"0123456789,y\n", "CSV", "String length exceeds DDL length", 1204),
    "the header as a record": ("a int", b"a\n1\n", "CSV", "Invalid digit, Value 'a'", 1207),
    "another delimiter": (TWO, b"x;y\n", "CSV", "Delimiter not found", 1214),
    "gzip that is cut off": (TWO, TEN[:-9], "CSV GZIP", "cannot be read", None),
    "gzip with a wrong sum": (TWO, TEN[:-8] + b"\0" * 4 + TEN[-4:], "CSV GZIP", "cannot be read", None),
    "gzip that is not said": ("a varchar(999)", TEN, "CSV", "UTF8|null byte", None),
    "gzip with rubbish behind": (TWO, TEN + b"rubbish", "CSV GZIP", "cannot be read", None),
    "bzip2 that is cut off": (TWO, bz2.compress(GOOD * 10)[:-9], "CSV BZIP2", "cannot be read", None),
    "bzip2 as gzip": (TWO, bz2.compress(GOOD), "CSV GZIP", "cannot be read", None),
    "Parquet as CSV": (TWO, b"PAR1\x15\x04\x15\x10\xff", "CSV", "Delimiter not found|UTF8", None),
    "CSV as Parquet": (TWO, GOOD, "PARQUET", "The file is not Parquet or is cut off", None),
    "JSON that breaks off": ("a int", b'{"a": 1', "JSON 'auto'", "record does not end", 1224),
}


@pytest.mark.parametrize("name", FAILS)
def test_what_cannot_be_loaded_fails_the_copy_and_is_told(own: Session, table: str, copy: Copy, name: str) -> None:
    columns, content, options, message, code = FAILS[name]
    with pytest.raises(LoadError, match=message):
        copy(columns, content, options)
    assert rows(own, table) == []
    if code is not None:
        assert errors(own, table, "err_code") == [(code,)]


def test_marker_objects_of_folders_are_no_data(own: Session, table: str, copy: Copy, storage: Path) -> None:
    (storage / "lake" / table / "part=1").mkdir(parents=True)
    (storage / "lake" / table / "_SUCCESS").write_bytes(b"")
    assert copy(TWO, {"part=1/a": GOOD}, "CSV") == 1


def test_a_manifest_may_name_what_is_not_there_unless_it_must(own: Session, table: str, copy: Copy, storage: Path) -> None:
    copy(TWO, {"a": GOOD, "empty": b""}, "CSV NOLOAD")
    at = f"s3://lake/{table}"

    def load(*entries: tuple[str, bool]) -> int:
        document = {"entries": [{"url": f"{at}/{name}", "mandatory": must} for name, must in entries]}
        (storage / "lake" / f"{table}.manifest").write_text(json.dumps(document), encoding="utf-8")
        return own.run(f"COPY {table} FROM 's3://lake/{table}.manifest' {ROLE} CSV MANIFEST").count

    assert load(("a", True), ("none", False), ("empty", True)) == 1
    with pytest.raises(LoadError, match="none does not exist"):
        load(("a", True), ("none", True))
    with pytest.raises(LoadError, match="No file of the manifest exists"):
        load(("none", False))
