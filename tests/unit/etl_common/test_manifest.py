from __future__ import annotations

import pytest

from etl_common.exceptions import LandingError, PageShapeError
from etl_common.http_pages import Page
from etl_common.manifest import LandedFile, LandingManifest
from etl_common.readers.json_pages import check_fields
from etl_common.watermarks import window_of


def test_a_manifest_reads_back_as_it_was_written() -> None:
    manifest = LandingManifest("part", "b", "1998-06-15", (LandedFile("a.csv", 3, 10, "ab"),), "x", "y", {"rows": 3})

    assert LandingManifest.from_json(manifest.to_json(), "here") == manifest
    assert manifest.rows == 3


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"table": "part"}', b'{"table":"p","batch_id":"b","business_date":"d","files":[{}]}'])
def test_what_is_no_manifest_is_refused_by_its_place(text: bytes) -> None:
    with pytest.raises(LandingError, match="s3://landing/manifest.json is not a manifest"):
        LandingManifest.from_json(text, "s3://landing/manifest.json")


FIELDS = {"id": None, "packages": {"weight": None}}


def page(*records: object) -> Page:
    return Page(4, b"", {"data": list(records)}, len(records))


def test_records_with_the_declared_fields_pass_and_one_may_lack_some() -> None:
    check_fields(page({"id": 1, "packages": [{"weight": 1}]}, {"id": 2}), "/v1/x", FIELDS)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        pytest.param({"id": 1, "packages": [], "new": 1}, "page 4, has unknown fields new", id="a_new_field"),
        pytest.param({"packages": []}, "lacks the fields id in every record", id="a_field_gone"),
        pytest.param({"id": 1, "packages": [{"weight": 1, "size": 2}]}, r"unknown fields packages\.size", id="a_new_nested_field"),
        pytest.param({"id": 1, "packages": {"weight": 1}}, "packages that is no list", id="another_type"),
    ],
)
def test_drift_in_a_page_is_refused_by_name(record: object, message: str) -> None:
    with pytest.raises(PageShapeError, match=message):
        check_fields(page(record), "/v1/x", FIELDS)


def test_the_window_overlaps_what_was_read_last() -> None:
    from datetime import datetime, timedelta

    window = window_of("1998-06-15T22:00:00.000000", datetime(1998, 6, 16, 23), timedelta(hours=1))

    assert window.after == datetime(1998, 6, 15, 21)
    assert not window.is_empty
    assert window_of(None, datetime(1998, 6, 16), timedelta(hours=1)).after is None
    assert window_of("1998-06-17T00:00:00", datetime(1998, 6, 16), timedelta(hours=1)).is_empty
