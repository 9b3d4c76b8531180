"""One object of S3: what it is, by the custom classifiers first and the built-in ones then, and what it holds.

Text is looked at as far as the first megabyte goes, as Glue's classifiers do; Avro, Parquet and ORC say their schema themselves.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from localaws.crawler.csv_files import CsvFacts, custom_csv, read_csv
from localaws.crawler.exceptions import CrawlError
from localaws.crawler.json_files import read_json
from localaws.crawler.schemas import Schema, Struct, from_arrow, from_avro

__all__ = ["UNKNOWN_CLASSIFICATION", "FileFacts", "classify"]

UNKNOWN_CLASSIFICATION = "UNKNOWN"
_SAMPLE = 1 << 20
_COMPRESSIONS: Mapping[bytes, str] = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"PK\x03\x04": "zip"}
_UNREADABLE: Mapping[bytes, str] = {b"\x28\xb5\x2f\xfd": "zstd", b"\xff\x06\x00\x00sNaPpY": "snappy", b"\xe0\x01\x00\xea": "ion"}


@dataclass(frozen=True)
class FileFacts:
    """What the crawl knows of one object. `records` counts those that were looked at; of Parquet, ORC and short text it is all."""

    key: str
    size: int
    classification: str
    schema: Schema = field(default_factory=dict)
    compression: str = "none"
    records: int = 0
    details: tuple[tuple[str, str], ...] = ()
    """What belongs to the format: delimiter, header, Avro's schema …"""

    @property
    def format(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """Files of one table agree in it."""
        told_apart = tuple(item for item in self.details if item[0] != "avro.schema.literal")
        return self.classification, self.compression, told_apart


def classify(path: Path, key: str, size: int, classifiers: Sequence[Mapping[str, Any]] = ()) -> FileFacts:
    """What the file `path`, the object `key`, is.

    Raises:
        CrawlError: it is of a kind that is recognized and cannot be read here, or it is damaged.
    """
    with open(path, "rb") as file:
        head = file.read(16)
        for magic, name in _UNREADABLE.items():
            if head.startswith(magic):
                raise CrawlError(f"{key} is {name}, which is not crawled here.")
        file.seek(0)
        if head.startswith(b"Obj\x01"):
            return _avro(file, key, size)
        if head.startswith(b"PAR1"):
            return _parquet(path, key, size)
        if head.startswith(b"ORC"):
            return _orc(path, key, size)
        compression = next((name for magic, name in _COMPRESSIONS.items() if head.startswith(magic)), "none")
        text, is_whole = _text(file, key, compression)
    return _classified_text(text, is_whole, key, size, compression, classifiers)


def _classified_text(
    text: str | None, is_whole: bool, key: str, size: int, compression: str, classifiers: Sequence[Mapping[str, Any]]
) -> FileFacts:
    if text is None:
        return FileFacts(key, size, UNKNOWN_CLASSIFICATION, compression=compression)
    for classifier in classifiers:
        found = _custom(text, is_whole, key, size, compression, classifier)
        if found is not None:
            return found
    if (as_json := read_json(text, is_whole)) is not None:
        return FileFacts(key, size, "json", as_json.schema, compression, as_json.records)
    if text.lstrip().startswith("<"):
        raise CrawlError(f"{key} looks like XML, which is not crawled here. Exclude it, or convert it first.")
    if (as_csv := read_csv(text, is_whole)) is not None:
        return FileFacts(key, size, "csv", as_csv.schema, compression, as_csv.records, _csv_details(as_csv))
    return FileFacts(key, size, UNKNOWN_CLASSIFICATION, compression=compression)


def _custom(text: str, is_whole: bool, key: str, size: int, compression: str, classifier: Mapping[str, Any]) -> FileFacts | None:
    (kind, settings), *_ = classifier.items()
    if kind == "CsvClassifier":
        found = custom_csv(text, is_whole, settings)
        details = _csv_details(found, settings) if found else ()
        return FileFacts(key, size, "csv", found.schema, compression, found.records, details) if found else None
    if kind == "JsonClassifier":
        as_json = read_json(text, is_whole, settings["JsonPath"])
        details = (("jsonPath", settings["JsonPath"]),)
        return FileFacts(key, size, "json", as_json.schema, compression, as_json.records, details) if as_json else None
    raise CrawlError(f"Classifier {settings['Name']} is a {kind}, which does not run here; CsvClassifier and JsonClassifier do.")


def _csv_details(found: CsvFacts, settings: Mapping[str, Any] | None = None) -> tuple[tuple[str, str], ...]:
    details = {"delimiter": found.delimiter, "areColumnsQuoted": "false", "columnsOrdered": "true"}
    if found.has_header:
        details["skip.header.line.count"] = "1"
    if settings is not None:
        details |= {"quote": found.quote, "serde": settings.get("Serde") or ""}
    return tuple(details.items())


def _text(file: BinaryIO, key: str, compression: str) -> tuple[str | None, bool]:
    """The first megabyte as text, and whether that is all; None when it is no text."""
    try:
        with contextlib.ExitStack() as stack:
            opened = _opened(stack, file, compression)
            sample = opened.read(_SAMPLE + 1)
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise CrawlError(f"{key} is damaged: it begins as {compression} and cannot be read ({error}).") from error
    is_whole = len(sample) <= _SAMPLE
    if b"\0" in sample:
        return None, is_whole
    try:
        return sample[:_SAMPLE].decode("utf-8-sig", "strict" if is_whole else "ignore"), is_whole
    except UnicodeDecodeError:
        return None, is_whole


def _opened(stack: contextlib.ExitStack, file: BinaryIO, compression: str) -> Any:
    if compression == "gzip":
        return stack.enter_context(gzip.open(file))
    if compression == "bzip2":
        return stack.enter_context(bz2.open(file))
    if compression == "zip":
        archive = stack.enter_context(zipfile.ZipFile(file))
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise zipfile.BadZipFile(f"it holds {len(members)} files, and one is what Glue classifies")
        return stack.enter_context(archive.open(members[0]))
    return file


def _avro(file: BinaryIO, key: str, size: int) -> FileFacts:
    import json

    import fastavro

    try:
        reader = fastavro.block_reader(io.BytesIO(file.read()))
        written = reader.writer_schema
        records = sum(block.num_records for block in reader)
        literal = reader.metadata["avro.schema"]
    except (ValueError, EOFError, KeyError) as error:
        raise CrawlError(f"{key} is damaged: it begins as Avro and cannot be read ({error}).") from error
    kind = from_avro(written)
    if not isinstance(kind, Struct):
        raise CrawlError(f"{key} is Avro, and its schema is no record but {written!r}.")
    literal = json.dumps(json.loads(literal), separators=(",", ":"))
    return FileFacts(key, size, "avro", dict(kind.fields), records=records, details=(("avro.schema.literal", literal),))


def _parquet(path: Path, key: str, size: int) -> FileFacts:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema, records = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise CrawlError(f"{key} is damaged: it begins as Parquet and cannot be read ({error}).") from error
    return FileFacts(key, size, "parquet", {field.name.lower(): from_arrow(field.type) for field in schema}, records=records)


def _orc(path: Path, key: str, size: int) -> FileFacts:
    import pyarrow as pa
    from pyarrow import orc

    try:
        file = orc.ORCFile(path)
        schema, records = file.schema, file.nrows
    except (pa.ArrowException, OSError) as error:
        raise CrawlError(f"{key} is damaged: it begins as ORC and cannot be read ({error}).") from error
    return FileFacts(key, size, "orc", {field.name.lower(): from_arrow(field.type) for field in schema}, records=records)
