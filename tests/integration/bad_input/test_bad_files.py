"""CSV deliveries that are not as agreed, through the real job: refused record by record, or as a whole by name."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Any

from integration.bad_input.small_warehouse import DAY, CsvFile, SmallWarehouse, batch_id, csv_text

LATER = "is not before the end of the batch, 1998-06-16 00:00:00 UTC"
AT = "1998-06-15T08:00:00.000000Z"
CURATED_PARTS = "select part_id, name, size, cast(retail_price as string), comment, batch_id from {curated}.part_change"


def part(
    key: Any, name: str = "rose plain", size: Any = 7, price: Any = "10.50", comment: str = "", at: str = AT, brand: str = "Brand#11"
) -> tuple[Any, ...]:
    return (key, name, "Manufacturer#1", brand, "SMALL TIN", size, "MED BOX", price, comment, at)


def deliver_one_part(warehouse: SmallWarehouse, batch: str, *parts: CsvFile) -> None:
    """The batch's three tables: these files of parts, and nothing of the others."""
    warehouse.deliver("part", batch, *parts)
    warehouse.deliver_records("supplier", batch)
    warehouse.deliver_records("partsupp", batch)


def whole_file(*records: tuple[Any, ...], name: str = "part-001.csv") -> CsvFile:
    return CsvFile(name, csv_text("part", *records), len(records))


def test_a_defective_record_is_quarantined_with_its_reason_and_the_others_are_accepted(warehouse: SmallWarehouse) -> None:
    first_batch, mending = batch_id("records"), batch_id("records-mended")
    lines = csv_text("part", part(1), part(2, name='a "rose", plain', comment="two\nlines, one record"), part(3, name="漢字")).split(b"\n")
    first = b"\n".join(lines)
    first += b"4,too few,fields\n"
    first += csv_text("part", (*part(5), "one more"), part(6)).split(b"\n", 1)[1].replace(b"6,rose", b"6,ros\xe9")
    mark_and_defects = b"\xef\xbb\xbf" + csv_text(
        "part",
        part(""),
        part(8, at="15/06/1998"),
        part(9, size="seven"),
        part(10, size=99999999999),
        part(11, price="12345678901.00"),
        part(12, at="1998-06-16T00:00:00.000000Z"),
        part(13, brand="Brand#77"),
        part(14, price="-1.00"),
    )
    warehouse.deliver(
        "part",
        "records",
        CsvFile("part-001.csv", first, 6),
        CsvFile("part-002.csv.gz", gzip.compress(mark_and_defects), 8),
    )
    good, of_no_nation = (1, "S1", "Street", 7, "17", "1.00", "", AT), (2, "S2", "Street", 99, "17", "1.00", "", AT)
    warehouse.deliver_records("supplier", "records", good, of_no_nation)
    warehouse.deliver_records("partsupp", "records", (1, 1, 10, "1.00", "", AT), (77, 1, 10, "1.00", "", AT), (1, 2, 10, "1.00", "", AT))

    warehouse.succeed("ingest_csv", "records")

    found = [(r["origin"], r["position"], r["rule"], r["record_key"], r["reason"]) for r in warehouse.quarantined("part", "records")]
    assert found == [
        ("part-001.csv", 4, "ragged_row", "4", "the record has more or fewer fields than the header"),
        ("part-001.csv", 5, "ragged_row", "5", "the record has more or fewer fields than the header"),
        ("part-001.csv", 6, "broken_encoding", "6", "the record's bytes are not UTF-8"),
        ("part-002.csv.gz", 1, "null_key", None, "part_id is missing"),
        ("part-002.csv.gz", 2, "bad_timestamp", "8", "updated_at '15/06/1998' is not timestamp"),
        ("part-002.csv.gz", 3, "bad_number", "9", "size 'seven' is not int"),
        ("part-002.csv.gz", 4, "out_of_range", "10", "size '99999999999' does not fit int"),
        ("part-002.csv.gz", 5, "out_of_range", "11", "retail_price '12345678901.00' does not fit decimal(12,2)"),
        ("part-002.csv.gz", 6, "future_date", "12", f"updated_at '1998-06-16T00:00:00.000000Z' {LATER}"),
        ("part-002.csv.gz", 7, "unknown_code", "13", "brand 'Brand#77' is not a known brand"),
        ("part-002.csv.gz", 8, "out_of_range", "14", "retail_price '-1.00' is not above 0"),
    ]
    assert warehouse.quarantined("part", "records")[0]["raw"] == "4,too few,fields"
    assert warehouse.sql(f"{CURATED_PARTS} where batch_id = '{first_batch}' order by part_id") == [
        [1, "rose plain", 7, "10.50", None, first_batch],
        [2, 'a "rose", plain', 7, "10.50", "two\nlines, one record", first_batch],
        [3, "漢字", 7, "10.50", None, first_batch],
    ]
    assert [(r["rule"], r["record_key"]) for r in warehouse.quarantined("supplier", "records")] == [("unknown_code", "2")]
    assert [(r["rule"], r["record_key"], r["reason"]) for r in warehouse.quarantined("partsupp", "records")] == [
        ("orphan_key", "77|1", "part_id '77' is not among the accepted part"),
        ("orphan_key", "1|2", "supplier_id '2' is not among the accepted supplier"),
    ]
    rules = {"ragged_row": 2, "out_of_range": 3}
    rules |= dict.fromkeys(("broken_encoding", "null_key", "bad_timestamp", "bad_number", "future_date", "unknown_code"), 1)
    assert warehouse.counts("ingest_csv", "records") == {
        "part": (14, 3, rules, 0),
        "supplier": (2, 1, {"unknown_code": 1}, 0),
        "partsupp": (3, 1, {"orphan_key": 2}, 0),
    }

    # The sender mends the records: they come in a delivery of their own, and what was accepted stays as it is.
    warehouse.deliver_records("part", "records-mended", part(4), part(8), part(10, size=99))
    warehouse.deliver_records("supplier", "records-mended", (2, "S2", "Street", 6, "17", "1.00", "", AT))
    warehouse.deliver_records("partsupp", "records-mended", (1, 2, 10, "1.00", "", AT))

    warehouse.succeed("ingest_csv", "records-mended")

    assert warehouse.counts("ingest_csv", "records-mended") == {"part": (3, 3, {}, 0), "supplier": (1, 1, {}, 0), "partsupp": (1, 1, {}, 0)}
    assert warehouse.sql(f"{CURATED_PARTS} where part_id between 1 and 14 and batch_id like '{first_batch}%' order by part_id") == [
        [1, "rose plain", 7, "10.50", None, first_batch],
        [2, 'a "rose", plain', 7, "10.50", "two\nlines, one record", first_batch],
        [3, "漢字", 7, "10.50", None, first_batch],
        [4, "rose plain", 7, "10.50", None, mending],
        [8, "rose plain", 7, "10.50", None, mending],
        [10, "rose plain", 99, "10.50", None, mending],
    ]


def test_duplicates_late_and_unordered_records_are_judged_by_key_and_time(warehouse: SmallWarehouse) -> None:
    noon, morning, last_week = "1998-06-15T12:00:00.000000Z", "1998-06-15T06:00:00.000000Z", "1998-06-08T00:00:00.000000Z"
    deliver_one_part(
        warehouse,
        "twice-1",
        whole_file(part(101, size=3, at=noon), part(101, size=2, at=morning), part(102), part(102)),
        whole_file(part(102, size=8), part(101, size=3, at=noon), name="part-002.csv"),
    )
    warehouse.succeed("ingest_csv", "twice-1")

    assert warehouse.counts("ingest_csv", "twice-1")["part"] == (6, 3, {"conflicting_duplicate": 1}, 2)
    [conflict] = warehouse.quarantined("part", "twice-1")
    assert (conflict["origin"], conflict["position"], conflict["reason"]) == (
        "part-002.csv",
        1,
        "an accepted record has the same part_id, updated_at and other content",
    )

    # A day later: one record late, one again, one again with other content.
    deliver_one_part(warehouse, "twice-2", whole_file(part(101, size=1, at=last_week), part(102), part(101, size=9, at=noon)))
    warehouse.succeed("ingest_csv", "twice-2")

    assert warehouse.counts("ingest_csv", "twice-2")["part"] == (3, 1, {"conflicting_duplicate": 1}, 1)
    accepted = "select part_id, cast(updated_at as string), size, batch_id from {curated}.part_change"
    assert warehouse.sql(f"{accepted} where part_id in (101, 102) order by 1, 2") == [
        [101, "1998-06-08 00:00:00", 1, batch_id("twice-2")],
        [101, "1998-06-15 06:00:00", 2, batch_id("twice-1")],
        [101, "1998-06-15 12:00:00", 3, batch_id("twice-1")],
        [102, "1998-06-15 08:00:00", 7, batch_id("twice-1")],
    ]


def _header(*names: str) -> Callable[[bytes], bytes]:
    return lambda body: ",".join(names).encode() + b"\n" + body.split(b"\n", 1)[1]


COLUMNS = ("part_id", "name", "manufacturer", "brand", "type", "size", "container", "retail_price", "comment", "updated_at")
GOOD = csv_text("part", part(201), part(202), part(203))
PLACE = rf"s3://wholesale-landing/csv/part/ingestion_date={DAY}/batch_id={batch_id('mended')}/"

# What is wrong -> the file as it is delivered, and what the run must say.
SPOILT_FILES: dict[str, tuple[CsvFile, str]] = {
    "another delimiter": (
        CsvFile("part-001.csv", GOOD.replace(b",", b";"), 3),
        "HeaderError: {place}part-001.csv, line 1, has no comma: b'part_id;name.*Expected UTF-8, commas, LF line ends and the column names",
    ),
    "no header": (
        CsvFile("part-001.csv", GOOD.split(b"\n", 1)[1], 2),
        r"HeaderError: {place}part-001.csv, line 1, names none of the columns: 201, rose plain",
    ),
    "UTF-16": (CsvFile("part-001.csv", GOOD.decode().encode("utf-16"), 3), "HeaderError: {place}part-001.csv, line 1, is not UTF-8"),
    "Windows line ends": (
        CsvFile("part-001.csv", GOOD.replace(b"\n", b"\r\n"), 3),
        "HeaderError: {place}part-001.csv, line 1, ends with CR LF",
    ),
    "a new column": (
        CsvFile("part-001.csv", _header(*COLUMNS, "color")(GOOD), 3),
        r"SchemaDriftError: {place}part-001.csv has other columns than declared \(new: color\).*declare the columns in",
    ),
    "a column gone": (
        CsvFile("part-001.csv", _header(*COLUMNS[:-2], COLUMNS[-1])(GOOD), 3),
        r"SchemaDriftError: {place}part-001.csv has other columns than declared \(missing: comment\)",
    ),
    "columns moved": (
        CsvFile("part-001.csv", _header("name", "part_id", *COLUMNS[2:])(GOOD), 3),
        r"SchemaDriftError: {place}part-001.csv has other columns than declared \(another order: name, part_id",
    ),
    "an empty file": (CsvFile("part-001.csv", b"", 3), "HeaderError: {place}part-001.csv, line 1, is missing: the file is empty"),
    "a quote that is not closed": (
        CsvFile("part-001.csv", GOOD.replace(b"202,rose", b'202,"rose'), 3),
        "AlteredFileError: {place}part-001.csv has 2 records, the manifest says 3",
    ),
    "fewer records than promised": (
        CsvFile("part-001.csv", GOOD, 4),
        r"AlteredFileError: {place}part-001.csv has 3 records, the manifest says 4. .*deliver the file and its manifest again",
    ),
    "a gzip file cut before it was signed": (
        CsvFile("part-001.csv.gz", gzip.compress(GOOD)[:-20], 3),
        r"AlteredFileError: {place}part-001.csv.gz is not a whole gzip file .*deliver the file and its manifest again",
    ),
    "no gzip file at all": (CsvFile("part-001.csv.gz", GOOD, 3), "AlteredFileError: {place}part-001.csv.gz is not a whole gzip file"),
}  # fmt: skip


def test_a_file_that_is_not_as_agreed_stops_the_batch_by_name_until_it_is_mended(warehouse: SmallWarehouse) -> None:
    deliver_one_part(warehouse, "mended")
    unlike = {}
    for defect, (file, message) in SPOILT_FILES.items():
        warehouse.deliver("part", "mended", file)
        error = warehouse.fail("ingest_csv", "mended")
        if not re.match(message.replace("{place}", PLACE), error):
            unlike[defect] = error

    assert unlike == {}
    assert warehouse.sql("select * from {curated}.part_change where batch_id = '1998-06-15-mended'") == []
    assert warehouse.quarantined("part", "mended") == []

    warehouse.deliver("part", "mended", CsvFile("part-001.csv", GOOD, 3))
    warehouse.succeed("ingest_csv", "mended")

    assert warehouse.counts("ingest_csv", "mended")["part"] == (3, 3, {}, 0)
    mended = "select part_id, size from {curated}.part_change where batch_id = '1998-06-15-mended' order by 1"
    assert warehouse.sql(mended) == [[201, 7], [202, 7], [203, 7]]


def test_a_delivery_that_is_not_whole_stops_the_batch_by_name_until_it_is_mended(warehouse: SmallWarehouse) -> None:
    deliver_one_part(warehouse, "cut", CsvFile("part-001.csv", GOOD, 3), CsvFile("part-002.csv", csv_text("part", part(204)), 1))
    errors = []
    for name, body in (
        ("part-001.csv", GOOD[:-10]),
        ("part-001.csv", GOOD.replace(b"rose", b"blue")),
        ("part-001.csv", None),
        ("manifest.json", b'{"table": "part"'),
        ("manifest.json", b'{"table": "part", "batch_id": "another", "business_date": "1998-06-15", "files": []}'),
        ("manifest.json", None),
    ):
        key = warehouse.landing_key("part", "cut", name)
        warehouse.put_landed(key, body)
        errors.append(warehouse.fail("ingest_csv", "cut"))

    place = PLACE.replace("mended", "cut")
    for error, message in zip(
        errors,
        (
            f"AlteredFileError: {place}part-001.csv has {len(GOOD) - 10} bytes, the manifest says {len(GOOD)}. .*deliver the file",
            f"AlteredFileError: {place}part-001.csv has the SHA-256 [0-9a-f]{{64}}, the manifest says ",
            f"AlteredFileError: {place}part-001.csv is in the manifest but does not exist. .*deliver the file",
            f"LandingError: {place}manifest.json is not a manifest .*write it again, last of all files",
            f"LandingError: {place}manifest.json is of table part, batch another: have the sender put it into its own folder",
            f"LandingError: {place}manifest.json does not exist: deliver files, then the manifest",
        ),
        strict=True,
    ):
        assert re.match(message, error, re.DOTALL), error
    assert warehouse.sql("select * from {curated}.part_change where batch_id = '1998-06-15-cut'") == []

    warehouse.deliver("part", "cut", CsvFile("part-001.csv", GOOD.replace(b"\n20", b"\n21"), 3))
    warehouse.succeed("ingest_csv", "cut")

    assert warehouse.sql("select part_id from {curated}.part_change where batch_id = '1998-06-15-cut' order by 1") == [[211], [212], [213]]
