"""CSV files with a manifest, as raw records: every column is text, every defect is marked, none is lost.

Dialect: comma, `"` doubled inside quotes, a header line, newlines allowed in quoted fields, gzip by the
file's name. Before Spark reads, the driver streams every file once, compares bytes and SHA-256 with
the manifest and the header with the declared columns, and unpacks gzip to its end.

Bytes are read as ISO-8859-1, which loses none, and become UTF-8 after the fields are split; so one
broken byte marks one record, and never moves a field's border.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import zlib
from collections.abc import Sequence
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl_common.exceptions import AlteredFileError, HeaderError, SchemaDriftError
from etl_common.manifest import LandedFile, LandingManifest

__all__ = ["check_rows", "read_csv_files"]

_CHUNK = 1024 * 1024
_HEADER_LIMIT = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_ROW_IN_PARTITION = (1 << 33) - 1
_OPTIONS = {
    "header": "true",
    "multiLine": "true",
    "quote": '"',
    "escape": '"',
    "mode": "PERMISSIVE",
    "columnNameOfCorruptRecord": "_corrupt",
    "columnPruning": "false",
    "maxCharsPerColumn": "-1",
    "lineSep": "\n",
    "ignoreLeadingWhiteSpace": "false",
    "ignoreTrailingWhiteSpace": "false",
}


def read_csv_files(spark: SparkSession, s3: Any, bucket: str, prefix: str, manifest: LandingManifest, columns: Sequence[str]) -> DataFrame:
    """Raw records of all files of the manifest.

    Out: `columns` string (null where blank), `_origin` string file name, `_position` bigint, `_raw` string
    (of ragged records), `_ragged`, `_broken_encoding` boolean.
    Raises AlteredFileError for a file that is missing or not the one in the manifest, HeaderError when its
    first line is no header, SchemaDriftError when columns appeared, disappeared or moved.
    """
    frames = []
    for file in manifest.files:
        with_mark = _verify(s3, bucket, prefix + file.name, file, columns)
        if file.rows != 0:
            frames.append(_read(spark, f"s3://{bucket}/{prefix}{file.name}", file.name, columns, utf8=with_mark))
    if not frames:
        return spark.createDataFrame([], _raw_schema(columns))
    return reduce(DataFrame.unionAll, frames)


def check_rows(manifest: LandingManifest, read: dict[str, int], where: str) -> None:
    """Compare the records read per file with the manifest's. Raises AlteredFileError."""
    for file in manifest.files:
        if file.rows is not None and read.get(file.name, 0) != file.rows:
            raise AlteredFileError(f"{where}{file.name}", f"has {read.get(file.name, 0)} records, the manifest says {file.rows}")


def _read(spark: SparkSession, uri: str, name: str, columns: Sequence[str], *, utf8: bool) -> DataFrame:
    """One file: one task, so that the row number in the partition is the record's number in the file."""
    fields = [T.StructField(f"c{i}", T.StringType()) for i in range(len(columns))]
    schema = T.StructType([*fields, T.StructField("_corrupt", T.StringType())])
    raw = spark.read.options(**_OPTIONS, encoding="UTF-8" if utf8 else "ISO-8859-1").schema(schema).csv(uri)
    position = F.monotonically_increasing_id().bitwiseAND(F.lit(_ROW_IN_PARTITION)) + 1
    numbered = raw.select("*", position.alias("_position"))
    decode = (lambda column: column) if utf8 else _utf8
    whole = F.concat_ws("", *(F.col(field.name) for field in fields), F.col("_corrupt"))
    broken = whole.contains("\ufffd") if utf8 else F.encode(_utf8(whole), "UTF-8") != F.encode(whole, "ISO-8859-1")
    return numbered.select(
        *(decode(F.col(field.name)).alias(column) for field, column in zip(fields, columns, strict=True)),
        F.lit(name).alias("_origin"),
        "_position",
        decode(F.col("_corrupt")).alias("_raw"),
        F.col("_corrupt").isNotNull().alias("_ragged"),
        broken.alias("_broken_encoding"),
    )


def _utf8(column: Column) -> Column:
    return F.decode(F.encode(column, "ISO-8859-1"), "UTF-8")


def _raw_schema(columns: Sequence[str]) -> T.StructType:
    texts = [T.StructField(name, T.StringType()) for name in (*columns, "_origin")]
    return T.StructType(
        [
            *texts,
            T.StructField("_position", T.LongType()),
            T.StructField("_raw", T.StringType()),
            T.StructField("_ragged", T.BooleanType()),
            T.StructField("_broken_encoding", T.BooleanType()),
        ]
    )


def _verify(s3: Any, bucket: str, key: str, file: LandedFile, columns: Sequence[str]) -> bool:
    """Compare the stored bytes with the manifest, then the header; whether there is a byte-order mark."""
    where = f"s3://{bucket}/{key}"
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    except s3.exceptions.NoSuchKey as error:
        raise AlteredFileError(where, "is in the manifest but does not exist") from error
    digest, size, content = hashlib.sha256(), 0, _Content(key)
    for chunk in iter(lambda: body.read(_CHUNK), b""):
        digest.update(chunk)
        size += len(chunk)
        content.take(chunk)
    if size != file.bytes:
        raise AlteredFileError(where, f"has {size} bytes, the manifest says {file.bytes}")
    if file.sha256 is not None and digest.hexdigest() != file.sha256:
        raise AlteredFileError(where, f"has the SHA-256 {digest.hexdigest()}, the manifest says {file.sha256}")
    if content.problem:
        raise AlteredFileError(where, f"is not a whole gzip file ({content.problem})")
    line = content.head.partition(b"\n")[0] + b"\n"
    with_mark = line.startswith(codecs.BOM_UTF8)
    _check_header(where, line.removeprefix(codecs.BOM_UTF8), columns)
    return with_mark


class _Content:
    """The first bytes of a file as its reader sees them, and what is wrong with its packing."""

    def __init__(self, key: str) -> None:
        self.head = b""
        self._gzip = zlib.decompressobj(_GZIP) if key.endswith(".gz") else None
        self._wrong: str | None = None

    @property
    def problem(self) -> str | None:
        ends_early = self._gzip is not None and not self._gzip.eof
        return self._wrong or ("it ends early" if ends_early else None)

    def take(self, chunk: bytes) -> None:
        """The next bytes as stored. All of a packed file is unpacked, since one that is cut shows it only at its end."""
        if self._gzip is None:
            self._keep(chunk)
            return
        while chunk and self._wrong is None:
            try:
                self._keep(self._gzip.decompress(chunk))
            except zlib.error as error:
                self._wrong = str(error)
                return
            chunk = self._gzip.unused_data
            if self._gzip.eof and chunk:  # gzip files may be joined
                self._gzip = zlib.decompressobj(_GZIP)

    def _keep(self, plain: bytes) -> None:
        if len(self.head) < _HEADER_LIMIT:
            self.head += plain[:_HEADER_LIMIT]


def _check_header(where: str, line: bytes, columns: Sequence[str]) -> None:
    if not line.strip():
        raise HeaderError(where, "is missing: the file is empty")
    if line.endswith(b"\r\n"):
        raise HeaderError(where, "ends with CR LF, which would be part of every last field")
    try:
        found = next(csv.reader([line.decode("utf-8").rstrip("\n")]), [])
    except UnicodeDecodeError as error:
        raise HeaderError(where, "is not UTF-8") from error
    found = [name.strip() for name in found]
    if found == list(columns):
        return
    if len(found) < 2 and len(columns) > 1:
        raise HeaderError(where, f"has no comma: {line[:100]!r}")
    if not set(found) & set(columns):
        raise HeaderError(where, f"names none of the columns: {', '.join(found)[:200]}")
    raise SchemaDriftError(where, found, columns)
