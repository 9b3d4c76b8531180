"""COPY's options, each by what a file becomes: delimited text, fixed widths, JSON, compressions, manifests, dates."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from harness.redshift.test_copy_errors import ROLE, Copy, copy, errors, own, rows, table
from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import LoadError, NotSupportedHereError, RedshiftError
from localaws.redshift.session import Session

__all__ = ["copy", "own", "table"]
TWO = "a varchar(9), b varchar(9)"
# Columns, the file, options, the rows.
CASES: dict[str, tuple[str, str | bytes, str, list[tuple[Any, ...]]]] = {
    "text has pipes and no quotes": (TWO, 'x|"y"\n\\N|\n', "", [("x", '"y"'), (None, "")]),
    "a delimiter at the end of a record is none": (TWO, "x|y|\n", "", [("x", "y")]),
    "a delimiter of one control character": (TWO, "x\ty\n", r"DELIMITER '\t'", [("x", "y")]),
    "a delimiter in octal digits": (TWO, "x\1y\n", r"DELIMITER AS '\001'", [("x", "y")]),
    "a delimiter of several characters": (TWO, "x::y:z\n", "DELIMITER '::'", [("x", "y:z")]),
    "lines end in CR LF, in CR and in nothing": (TWO, "a|b\r\nc|d\re|f", "", [("a", "b"), ("c", "d"), ("e", "f")]),
    "ESCAPE makes signs and line ends part of a field": (TWO, "x\\|1|y\\\nz\n\\\\|\\N\n", "ESCAPE", [("x|1", "y\nz"), ("\\", None)]),
    "REMOVEQUOTES takes quotes off and keeps delimiters": (TWO, "'a|1'|\"b\"\nc|'d''\n", "REMOVEQUOTES", [("a|1", "b"), ("c", "d'")]),
    "FIXEDWIDTH counts characters": ("a int, b varchar(9)", " 12äb\n3  c\n", "FIXEDWIDTH 'a:3,b:2'", [(12, "äb"), (3, "c")]),
    "NULL AS is the whole field": (TWO, "NUL|N\nxNUL|NUL\n", "NULL AS 'NUL'", [(None, "N"), ("xNUL", None)]),
    "NULL AS a null character": (TWO, b"\0|b\n", r"NULL AS '\0'", [(None, "b")]),
    "a quoted text of null is none in CSV": (TWO, '"\\N",\\N\n', "CSV FILLRECORD", [("\\N", None)]),
    "EMPTYASNULL": (TWO, "| \n", "EMPTYASNULL", [(None, " ")]),
    "BLANKSASNULL": (TWO, "|  \n", "BLANKSASNULL", [("", None)]),
    "an empty field is null where it is no text": ("a int, b date, c bool, d decimal(5,2)", "|||  \n", "", [(None, None, None, None)]),
    "TRIMBLANKS is for VARCHAR": ("a varchar(9), b char(3)", "x  |y \n", "TRIMBLANKS", [("x", "y  ")]),
    "FILLRECORD gives what is missing as empty": ("a int, b varchar(9), c int", "1\n2|x\n", "FILLRECORD", [(1, "", None), (2, "x", None)]),
    "IGNOREHEADER and IGNOREBLANKLINES": (TWO, "h\nh\n\nx|y\n\n", "IGNOREHEADER 2 IGNOREBLANKLINES", [("x", "y")]),
    "TRUNCATECOLUMNS cuts between characters": ("a varchar(4), b char(2)", "abcä|xyz\n", "TRUNCATECOLUMNS", [("abc", "xy")]),
    "ACCEPTINVCHARS replaces byte by byte": (TWO, b"a\xe0\xa1|\xff\n", "ACCEPTINVCHARS AS '^'", [("a^^", "^")]),
    "ACCEPTINVCHARS has a question mark": (TWO, b"a\xe0\xa1|b\n", "ACCEPTINVCHARS", [("a??", "b")]),
    "decimals are cut": ("a decimal(5,2), b decimal(5,2)", "1.239|-1.235\n", "", [(Decimal("1.23"), Decimal("-1.23"))]),
    "decimals of plain CSV are cut": ("a decimal(5,2), b decimal(5,2)", "1.239,-1.235\n", "CSV", [(Decimal("1.23"), Decimal("-1.23"))]),
    "ROUNDEC rounds": ("a decimal(5,2), b decimal(5,2)", "1.235|-1.236\n", "ROUNDEC", [(Decimal("1.24"), Decimal("-1.24"))]),
    "booleans": ("a bool, b bool", "yes|0\nT|false\n", "", [(True, False), (True, False)]),
    "dates": ("a date, b date", "2020-02-29|2020-02-29 10:00:00\n", "", [(dt.date(2020, 2, 29), dt.date(2020, 2, 29))]),
    "DATEFORMAT": ("a date", "29/02/20\n", "DATEFORMAT 'DD/MM/YY'", [(dt.date(2020, 2, 29),)]),
    "DATEFORMAT with names": ("a date", "1-Mar-1999\n", "DATEFORMAT AS 'DD-MON-YYYY'", [(dt.date(1999, 3, 1),)]),
    "DATEFORMAT auto": ("a date, b date", "02/29/2020|20200229\n", "DATEFORMAT 'auto'", [(dt.date(2020, 2, 29),) * 2]),
    "TIMEFORMAT": (
        "a timestamp",
        "03.04.2020 05:06:07.5 PM\n",
        "TIMEFORMAT 'DD.MM.YYYY HH12:MI:SS AM'",
        [(dt.datetime(2020, 4, 3, 17, 6, 7, 500000),)],
    ),
    "TIMEFORMAT auto": ("a timestamp", "2020-04-03T17:06:07\n", "TIMEFORMAT 'auto'", [(dt.datetime(2020, 4, 3, 17, 6, 7),)]),
    "TIMEFORMAT epochsecs": (
        "a timestamp",
        "86400\n-1.5\n",
        "TIMEFORMAT 'epochsecs'",
        [(dt.datetime(1970, 1, 2),), (dt.datetime(1969, 12, 31, 23, 59, 58, 500000),)],
    ),
    "TIMEFORMAT epochmillisecs": (
        "a timestamp",
        "1473696000123\n",
        "TIMEFORMAT AS 'epochmillisecs'",
        [(dt.datetime(2016, 9, 12, 16, 0, 0, 123000),)],
    ),
    "offsets of TIMESTAMPTZ": ("a timestamptz", "2020-01-01 12:00:00+02\n", "", [(dt.datetime(2020, 1, 1, 10, tzinfo=dt.UTC),)]),
    "ACCEPTANYDATE gives null": ("a date, b timestamp", "00/00/00|never\n", "ACCEPTANYDATE DATEFORMAT 'auto'", [(None, None)]),
    "UTF16 with a mark": (TWO, "ä|b\n".encode("utf-16"), "ENCODING UTF16", [("ä", "b")]),
    "UTF16BE": (TWO, "ä|b\n".encode("utf-16-be"), "ENCODING AS UTF16BE", [("ä", "b")]),
    "ISO88591": (TWO, "ä|b\n".encode("latin-1"), "ENCODING AS ISO88591", [("ä", "b")]),
    "a mark of the byte order": ("a int", b"\xef\xbb\xbf1\n", "", [(1,)]),
    "a mark of the byte order, by record": ("a int", b"\xef\xbb\xbf1\n", "ROUNDEC", [(1,)]),
    "GZIP": (TWO, gzip.compress(b"x|y\n"), "GZIP", [("x", "y")]),
    "BZIP2": (TWO, bz2.compress(b"x|y\n"), "BZIP2", [("x", "y")]),
    "BZIP2 of CSV": (TWO, bz2.compress(b"x,y\n"), "CSV BZIP2", [("x", "y")]),
    "ZSTD": (TWO, pa.compress(b"x|y\n", "zstd", asbytes=True), "ZSTD", [("x", "y")]),
    "SUPER and VARBYTE": ("a super, b varbyte(4)", '{"k": [1.50]}|0aff\n', "", [({"k": [1.5]}, b"\n\xff")]),
    "JSON auto": (
        "a int, b varchar(20), c super",
        '{"b":"x\\ny","a":1,"z":0}\n{"a":"2","b":{"k": 1.50},"c":[1,{"d":null}]}{"A":3}',
        "JSON 'auto'",
        [(1, "x\ny", None), (2, '{"k":1.50}', [1, {"d": None}]), (None, None, None)],
    ),
    "JSON auto ignorecase": ("a int", '{"A":3}', "FORMAT AS JSON 'auto ignorecase'", [(3,)]),
    "JSON noshred": ("a super", '{"x": 1}\n[2]', "JSON 'noshred'", [({"x": 1},), ([2],)]),
    "COMPUPDATE and STATUPDATE": (TWO, "x|y\n", "COMPUPDATE PRESET STATUPDATE ON REGION 'eu-central-1'", [("x", "y")]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_becomes_these_rows(own: Session, table: str, copy: Copy, name: str) -> None:
    columns, content, options, expected = CASES[name]
    assert copy(columns, content, options) == len(expected)
    assert rows(own, table) == expected


# Columns, the file, options, and line, column and code of the error.
BROKEN: dict[str, tuple[str, str | bytes, str, tuple[int, str, int]]] = {
    "a quote that REMOVEQUOTES finds open": (TWO, "'a|b\n", "REMOVEQUOTES", (1, "", 1214)),
    "a blank line": (TWO, "a|b\n\nc|d\n", "", (2, "", 1211)),
    "a field too few": (TWO, "a|b\nc\n", "", (2, "", 1214)),
    "a field too many": (TWO, "a|b\nc|d|e\n", "", (2, "", 1202)),
    "FIXEDWIDTH with more text": (TWO, "abc\n", "FIXEDWIDTH '1,1'", (1, "", 1202)),
    "lines within records count": ("a int, b varchar(9)", '1,"x\ny\nz"\nq,w\n', "CSV FILLRECORD", (4, "a", 1207)),
    "FILLRECORD into NOT NULL": ("a int, b int NOT NULL", "1\n", "FILLRECORD", (1, "b", 1213)),
    "a date of another format": ("a date", "2020-01-01\n", "DATEFORMAT 'DD/MM/YYYY'", (1, "a", 1205)),
    "a word is no date of auto": ("a date", "today\n", "DATEFORMAT 'auto'", (1, "a", 1205)),
    "an epoch that is no number": ("a timestamp", "1\nx\n", "TIMEFORMAT 'epochsecs'", (2, "a", 1206)),
    "a multibyte character in CHAR is not replaced": ("a char(9)", "ä\n", "ACCEPTINVCHARS", (1, "a", 1220)),
    "a lone surrogate of JSON": ("a varchar(9)", '{"a":"\\ud800"}', "JSON 'auto'", (1, "a", 1220)),
    "JSON: the last line of the object is told": ("a int", '{"a":1}\n{\n"a":\n"x"\n}\n', "JSON 'auto'", (5, "a", 1207)),
    "JSON that does not end": ("a int", '{"a":1}\n{"a":', "JSON 'auto'", (2, "", 1224)),
    "JSON with a bracket too many": ("a int", '{"a":1}}\n', "JSON 'auto'", (1, "", 1224)),
    "JSON with a comma too many": ("a int", '{"a":1,}\n', "JSON 'auto'", (1, "", 1224)),
    "JSON that is no JSON": ("a int", "a\n1\n", "JSON 'auto'", (1, "", 1224)),
    "JSON of an array by names": ("a int", "[1]\n", "JSON 'auto'", (1, "", 1224)),
    "a null character in SUPER": ("a super", '{"x":"\\u0000"}', "JSON 'noshred'", (1, "a", 1224)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_record_is_told(own: Session, table: str, copy: Copy, name: str) -> None:
    columns, content, options, expected = BROKEN[name]
    with pytest.raises(LoadError, match=r"stl_load_errors.*a\.txt"):
        copy(columns, content, options)
    assert errors(own, table, "line_number, trim(colname), err_code") == [expected]
    assert rows(own, table) == []


# The file, options, what is said of a file that cannot be read at all.
UNREADABLE = {
    "no gzip": (b"x|y\n", "GZIP", "cannot be read.*a.txt"),
    "gzip that is cut off": (gzip.compress(b"x|y\n" * 999)[:-9], "GZIP", "cannot be read.*a.txt"),
    "no bzip2": (b"x|y\n", "BZIP2", "cannot be read.*a.txt"),
    "no zstd": (b"x|y\n", "ZSTD", "cannot be read.*a.txt"),
    "half a UTF16 character": (b"\xff\xfea\0|\0b", "ENCODING UTF16", "not in the encoding.*a.txt"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_fails_the_copy_whatever_maxerror(own: Session, table: str, copy: Copy, name: str) -> None:
    content, options, message = UNREADABLE[name]
    with pytest.raises(LoadError, match=message):
        copy(TWO, content, f"{options} MAXERROR 100")
    assert rows(own, table) == []


def test_jsonpaths_go_by_the_columns_of_the_list(own: Session, table: str, copy: Copy, storage: Path) -> None:
    paths = storage / "lake" / f"{table}.paths"
    text = '{"id": {"n": 1}, "list": [{"b c": "x"}]}\n{"list": [7]}\n'
    for content, message in (
        ('{"jsonpaths": ["$.a"]}', "should match. JSONPath size: 1, Number of columns: 2"),
        ('{"jsonpaths": ["$.a", "a.b"]}', "Invalid JSONPath format: a.b"),
        ('{"paths": []}', "jsonpaths file cannot be read"),
    ):
        paths.write_text(content, encoding="utf-8")
        with pytest.raises(LoadError, match=message):
            copy("a int, b varchar(9), c int", text, f"JSON 's3://lake/{table}.paths'", "(b, a)")
    paths.write_text(json.dumps({"jsonpaths": ["$['list'][0]['b c']", "$.id.n"]}), encoding="utf-8")
    assert copy("a int, b varchar(9), c int", text, f"FORMAT JSON AS 's3://lake/{table}.paths'", "(b, a)") == 2
    assert rows(own, table) == [(1, "x", None), (None, None, None)]


def test_manifests_name_their_files(own: Session, table: str, copy: Copy, storage: Path) -> None:
    folder = storage / "lake" / table
    copy("a int", {"a": b"1\n", "b": b"2\n", "c": b"3\n"}, "NOLOAD")

    def load(*entries: dict[str, Any]) -> int:
        (folder / "m").write_text(json.dumps({"entries": entries}), encoding="utf-8")
        return own.run(f"COPY {table} FROM 's3://lake/{table}/m' {ROLE} MANIFEST").count

    at = f"s3://lake/{table}"
    assert load({"url": f"{at}/a", "mandatory": True}, {"url": f"{at}/none"}, {"url": f"{at}/c", "meta": {"content_length": 2}}) == 2
    assert rows(own, table) == [(1,), (3,)]
    for entries, message in (
        ([{"url": f"{at}/none", "mandatory": True}], "does not exist"),
        ([{"url": f"{at}/none"}], "No file of the manifest exists"),
        ([{"uri": f"{at}/a"}], "manifest .* cannot be read"),
        ([{"url": f"{at}/a", "meta": {"content_length": 9}}], "content_length 9.*2"),
    ):
        with pytest.raises(LoadError, match=message):
            load(*entries)
    with pytest.raises(LoadError, match="requires full path of an S3 object"):
        own.run(f"COPY {table} FROM 's3://lake/{table}/' {ROLE} MANIFEST")


def test_explicit_ids_go_into_identity_columns(own: Session, table: str, copy: Copy) -> None:
    columns = "id bigint identity(1, 1), a int"
    assert copy(columns, "7\n", "") == 1
    assert copy(columns, "90|8\n", "EXPLICIT_IDS") == 1
    assert rows(own, table) == [(1, 7), (90, 8)]
    with pytest.raises(RedshiftError, match="Hint: use EXPLICIT_IDS"):
        copy(columns, "90|8\n", "", "(id, a)")
    with pytest.raises(RedshiftError, match="column list must include the IDENTITY column"):
        copy(columns, "90\n", "EXPLICIT_IDS", "(a)")


REFUSED = [
    ("CSV ESCAPE", "CSV is not compatible with ESCAPE"),
    ("CSV REMOVEQUOTES", "CSV is not compatible with REMOVEQUOTES"),
    ("FIXEDWIDTH 'a:1' DELIMITER ','", "FIXEDWIDTH is not compatible with DELIMITER"),
    ("FIXEDWIDTH 'a:x'", "Invalid fixed width specification"),
    ("JSON 'auto' DELIMITER ','", "JSON is not compatible with DELIMITER"),
    ("JSON 'automatic'", "is none of 'auto'"),
    ("CSV JSON 'auto'", "conflicting or redundant options"),
    ("GZIP BZIP2", "conflicting or redundant options: GZIP and BZIP2"),
    ("MAXERROR 1 MAXERROR 2", "conflicting or redundant options: MAXERROR"),
    ("MAXERROR 100001", "between 0 and 100000"),
    ("MAXERROR 2 IGNOREALLERRORS", "MAXERROR is not compatible with IGNOREALLERRORS"),
    ("FORMAT PARQUET NOLOAD", "NOLOAD is not supported for PARQUET"),
    ("FORMAT PARQUET MAXERROR 3", "MAXERROR argument is not supported for PARQUET"),
    ("QUOTE 'x'", "QUOTE is only supported for CSV"),
    ("DELIMITER ''", "delimiter must not be empty"),
    ("CSV DELIMITER '::'", "delimiter must be a single character"),
    ("ENCODING KOI8", "Invalid ENCODING KOI8"),
    ("ACCEPTINVCHARS AS 'ab'", "single ASCII character"),
    ("DATEFORMAT 'epochsecs'", "epochs are of TIMEFORMAT"),
    ("DATEFORMAT 'YYYY-QQ'", "Invalid date or time format"),
    ("NONSENSE", 'syntax error at or near "nonsense"'),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_what_contradicts_itself_is_refused(options: str, message: str) -> None:
    with pytest.raises(RedshiftError, match=message):
        translate(f"COPY t FROM 's3://lake/x' {ROLE} {options}")


@pytest.mark.parametrize("option", ["LZOP", "FORMAT SHAPEFILE", "ENCRYPTED", "SSH", "READRATIO 20"])
def test_what_is_not_done_is_refused_by_name(option: str) -> None:
    with pytest.raises(NotSupportedHereError, match=option.removeprefix("FORMAT ").split(maxsplit=1)[0]):
        translate(f"COPY t FROM 's3://lake/x' {ROLE} {option}")
