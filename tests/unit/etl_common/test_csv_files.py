"""Real files read by real Spark; only S3's addresses are mapped onto a folder."""

from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from etl_common.exceptions import AlteredFileError, HeaderError, SchemaDriftError
from etl_common.manifest import LandedFile, LandingManifest
from etl_common.readers.csv_files import check_rows, read_csv_files

COLUMNS = ("id", "name", "note")


class FolderS3:
    """The two calls that the reader makes, on a folder."""

    class exceptions:
        class NoSuchKey(Exception):
            """As boto3 raises it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        path = self.folder / Bucket / Key
        if not path.exists():
            raise self.exceptions.NoSuchKey(Key)
        return {"Body": io.BytesIO(path.read_bytes())}


class Landed:
    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark, self.folder, self.files = spark, folder, []
        (folder / "landing" / "in").mkdir(parents=True)
        hadoop = spark.sparkContext._jsc.hadoopConfiguration()
        hadoop.set("fs.s3.impl", "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme")
        hadoop.set("fs.s3.impl.disable.cache", "true")
        hadoop.set("fs.viewfs.overload.scheme.target.file.impl", "org.apache.hadoop.fs.LocalFileSystem")
        hadoop.set("fs.viewfs.mounttable.landing.linkFallback", f"file://{folder}/landing")

    def put(self, name: str, body: bytes, rows: int | None = None) -> Path:
        path = self.folder / "landing" / "in" / name
        stored = gzip.compress(body) if name.endswith(".gz") else body
        path.write_bytes(stored)
        self.files.append(LandedFile(name, rows, len(stored), hashlib.sha256(stored).hexdigest()))
        return path

    @property
    def manifest(self) -> LandingManifest:
        return LandingManifest("things", "b", "1998-06-15", tuple(self.files))

    def read(self) -> DataFrame:
        return read_csv_files(self.spark, FolderS3(self.folder), "landing", "in/", self.manifest, COLUMNS)

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.read().select(*columns).orderBy("_origin", "_position").collect()]


@pytest.fixture
def landed(spark: SparkSession, tmp_path: Path) -> Landed:
    return Landed(spark, tmp_path)


def test_quotes_commas_newlines_and_unicode_are_content(landed: Landed) -> None:
    landed.put("a.csv", 'id,name,note\n1,"a ""b"", c","two\nlines"\n2,漢é🙂,back\\slash\n3,," padded "\n'.encode())

    assert landed.rows("id", "name", "note", "_position", "_ragged", "_broken_encoding") == [
        ("1", 'a "b", c', "two\nlines", 1, False, False),
        ("2", "漢é🙂", "back\\slash", 2, False, False),
        ("3", None, " padded ", 3, False, False),
    ]


def test_defects_mark_their_own_record_and_keep_the_line(landed: Landed) -> None:
    landed.put("a.csv", b"id,name,note\n1,a\n2,a,b,c\n3,\xff\xfe,x\n4,fine,x\n")

    assert landed.rows("_position", "_ragged", "_broken_encoding", "_raw") == [
        (1, True, False, "1,a"),
        (2, True, False, "2,a,b,c"),
        (3, False, True, None),
        (4, False, False, None),
    ]


def test_positions_count_within_each_file_plain_or_gzip(landed: Landed) -> None:
    landed.put("a.csv", b"id,name,note\n1,a,b\n2,a,b\n")
    landed.put("b.csv.gz", b"id,name,note\n3,a,b\n")

    assert landed.rows("id", "_origin", "_position") == [("1", "a.csv", 1), ("2", "a.csv", 2), ("3", "b.csv.gz", 1)]


def test_a_byte_order_mark_is_no_content(landed: Landed) -> None:
    landed.put("a.csv", "\ufeffid,name,note\n1,é,b\n".encode())

    assert landed.rows("id", "name", "_broken_encoding") == [("1", "é", False)]


def test_no_files_give_no_records(landed: Landed) -> None:
    assert landed.rows("id", "_position") == []


def test_a_truncated_file_is_refused_by_name(landed: Landed) -> None:
    path = landed.put("a.csv", b"id,name,note\n1,a,b\n2,a,b\n")
    path.write_bytes(path.read_bytes()[:-4])

    with pytest.raises(AlteredFileError, match=r"s3://landing/in/a.csv has 21 bytes, the manifest says 25"):
        landed.read()


def test_an_altered_file_of_the_same_size_is_refused(landed: Landed) -> None:
    path = landed.put("a.csv", b"id,name,note\n1,a,b\n")
    path.write_bytes(path.read_bytes().replace(b"a,b", b"a,c"))

    with pytest.raises(AlteredFileError, match="has the SHA-256"):
        landed.read()


def test_a_compressed_file_that_was_cut_before_its_checksum_was_taken_is_refused(landed: Landed) -> None:
    landed.put("a.csv.gz", b"id,name,note\n" + b"1,a,b\n" * 1000)
    cut = gzip.compress(b"id,name,note\n" + b"1,a,b\n" * 1000)[:-9]
    (landed.folder / "landing" / "in" / "a.csv.gz").write_bytes(cut)
    landed.files[0] = LandedFile("a.csv.gz", 1000, len(cut), hashlib.sha256(cut).hexdigest())

    with pytest.raises(AlteredFileError, match=r"a.csv.gz is not a whole gzip file \(it ends early\)"):
        landed.read()


def test_joined_gzip_files_are_one_file(landed: Landed) -> None:
    joined = gzip.compress(b"id,name,note\n1,a,b\n") + gzip.compress(b"2,a,b\n")
    landed.put("a.csv.gz", b"")
    (landed.folder / "landing" / "in" / "a.csv.gz").write_bytes(joined)
    landed.files[0] = LandedFile("a.csv.gz", 2, len(joined), hashlib.sha256(joined).hexdigest())

    assert landed.rows("id", "_position") == [("1", 1), ("2", 2)]


def test_a_missing_file_is_refused(landed: Landed) -> None:
    landed.put("a.csv", b"id,name,note\n").unlink()

    with pytest.raises(AlteredFileError, match="is in the manifest but does not exist"):
        landed.read()


def test_a_wrong_number_of_records_is_refused(landed: Landed) -> None:
    landed.put("a.csv", b"id,name,note\n1,a,b\n", rows=2)

    with pytest.raises(AlteredFileError, match=r"a.csv has 1 records, the manifest says 2"):
        check_rows(landed.manifest, {"a.csv": 1}, "s3://landing/in/")


@pytest.mark.parametrize(
    ("header", "error", "message"),
    [
        pytest.param(b"id,name,note,new", SchemaDriftError, "new: new", id="a_new_column"),
        pytest.param(b"id,name", SchemaDriftError, "missing: note", id="a_column_gone"),
        pytest.param(b"id,note,name", SchemaDriftError, "another order: id, note, name", id="another_order"),
        pytest.param(b"id;name;note", HeaderError, "has no comma", id="another_delimiter"),
        pytest.param(b"id,name,note\r", HeaderError, "ends with CR LF", id="windows_line_ends"),
        pytest.param(b"", HeaderError, "is missing: the file is empty", id="nothing"),
        pytest.param(b"1,a,b", HeaderError, "names none of the columns", id="no_header"),
        pytest.param(b"\xff\xfei\x00d\x00", HeaderError, "is not UTF-8", id="utf_16"),
    ],
)
def test_another_header_is_refused(landed: Landed, header: bytes, error: type[Exception], message: str) -> None:
    landed.put("a.csv", header + b"\n1,a,b\n")

    with pytest.raises(error, match=message):
        landed.read()
