"""An API that is slow, ill or not as agreed, through the real job: asked again, or refused by name with nothing landed."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from integration.bad_input.small_warehouse import SmallWarehouse, batch_id

LATER = "is not before the end of the batch, 1998-06-16 00:00:00 UTC"
CONFLICT = "an accepted record has the same currency_code, rate_date and other content"
RATES, SHIPMENTS = "/v1/rates", "/v1/shipments"
CURRENCIES = [{"code": "EUR", "name": "Euro", "updated_at": "1998-01-01T00:00:00Z"}]


def rate(currency: Any = "EUR", day: Any = "1998-06-15", value: Any = "1.10000000", at: Any = "1998-06-15T16:00:00Z") -> dict[str, Any]:
    return {"currency": currency, "date": day, "usd_per_unit": value, "published_at": at}


def history(count: int, first: date) -> list[dict[str, Any]]:
    """Rates of consecutive days, a page of which holds a thousand."""
    days = [(first + timedelta(days=n)).isoformat() for n in range(count)]
    return [rate(day=day, at=f"{day}T16:00:00Z") for day in days]


def document(shipment: str, *scans: Mapping[str, Any], order: Any = 1, line: Any = 1) -> dict[str, Any]:
    packages = [{"package_id": f"{shipment}-1", "weight_kg": "2.50", "scans": list(scans)}]
    head = {"shipment_id": shipment, "order_id": order, "line_number": line, "carrier": "DHL", "updated_at": "1998-06-15T10:00:00Z"}
    return {**head, "packages": packages}


def scan(name: Any, kind: str = "picked_up", at: Any = "1998-06-15T09:00:00Z") -> dict[str, Any]:
    return {"scan_id": name, "type": kind, "at": at, "location": "Bremen"}


@pytest.fixture(autouse=True)
def no_faults_are_left(warehouse: SmallWarehouse) -> Iterator[None]:
    yield
    warehouse.api("DELETE", "/_admin/faults")


def rows_of(warehouse: SmallWarehouse, table: str, batch: str) -> int:
    [[count]] = warehouse.sql(f"select count(*) from {{curated}}.{table} where batch_id = '{batch_id(batch)}'")
    return int(count)


def test_an_api_that_throttles_times_out_or_breaks_off_is_asked_again_until_all_is_there(warehouse: SmallWarehouse) -> None:
    documents = [document(f"ill-{n}", scan(f"ill-{n}-1")) for n in range(450)]
    warehouse.publish("ill", currencies=CURRENCIES, rates=history(2100, date(1990, 1, 1)), shipments=documents)
    warehouse.fault("unavailable", "/v1/currencies")
    warehouse.fault("throttle", RATES, seconds=4)
    warehouse.fault("timeout", RATES, skip=1, seconds=3)
    warehouse.fault("cut", RATES)
    warehouse.fault("cut", SHIPMENTS, skip=1)
    warehouse.fault("error", SHIPMENTS)
    asked_before = len(warehouse.api("GET", "/_admin/requests")["requests"])
    began = time.monotonic()

    warehouse.succeed("ingest_api", "ill", api_read_timeout=2)

    asked = warehouse.api("GET", "/_admin/requests")["requests"][asked_before:]
    assert time.monotonic() - began >= 4 + 2
    assert [len([path for path in asked if path.startswith(feed)]) for feed in ("/v1/currencies", RATES, SHIPMENTS)] == [2, 3 + 3, 3 + 2]
    assert warehouse.counts("ingest_api", "ill") == {"rates": (2100, 2100, {}, 0), "shipments": (450, 450, {}, 0)}
    assert rows_of(warehouse, "exchange_rate", "ill") == 2100
    assert rows_of(warehouse, "shipment_scan", "ill") == 450


def changed(feed: list[dict[str, Any]], **values: Any) -> list[dict[str, Any]]:
    """The feed with fields added or replaced in its first record; None removes a field from every record."""
    spoilt = copy.deepcopy(feed)
    for name, value in values.items():
        for record in spoilt if value is None else spoilt[:1]:
            record.pop(name) if value is None else record.update({name: value})
    return spoilt


GOOD_RATES = history(1100, date(1980, 1, 1))
GOOD_SHIPMENTS = [document(f"shape-{n}", scan(f"shape-{n}-1")) for n in range(3)]
# What is wrong -> faults to ask for, feeds to publish, and what the run must say.
REFUSED: dict[str, tuple[list[tuple[str, dict[str, Any]]], dict[str, Any], str]] = {
    "a repeated page": (
        [("repeat", {"skip": 1})],
        {},
        "RepeatedPageError: .*/v1/rates, page 2, has the same content as page 1: the feed repeats itself. Nothing of it was landed",
    ),
    "a page that lacks a record": (
        [("short", {})],
        {},
        "IncompleteFeedError: .*/v1/rates: its pages hold 1099 records, the last one says 1100 in all. Nothing of the feed was landed",
    ),
    "another shape": (
        [("shape", {})],
        {},
        "PageShapeError: .*/v1/rates, page 1, is not an object with a list data: b'.*Nothing of the feed was landed",
    ),
    "no JSON": ([("garbage", {})], {}, "PageShapeError: .*/v1/rates, page 1, is not JSON: b'<html>"),
    "an expired token": ([("unauthorized", {})], {}, "ApiError: .*/v1/rates, page 1: HTTP 401: .*Check the token in the secret"),
    "an API that stays ill": (
        [("error", {"count": 2})],
        {},
        "ApiUnavailableError: .*/v1/rates, page 1: no proper answer in 2 attempts, the last: HTTP 500. Run the job again",
    ),
    "pages that stay cut": (
        [("cut", {"count": 2})],
        {},
        "ApiUnavailableError: .*no proper answer in 2 attempts, the last: (IncompleteRead|ProtocolError)",
    ),
    "a new field": (
        [],
        {"rates": changed(GOOD_RATES, source="ECB")},
        "PageShapeError: .*/v1/rates, page 1, has unknown fields source; declare or drop",
    ),
    "a field gone": (
        [],
        {"rates": changed(GOOD_RATES, published_at=None)},
        "PageShapeError: .*/v1/rates, page 1, lacks the fields published_at in every record",
    ),
    "text for a record": (
        [],
        {"rates": ["EUR", *GOOD_RATES]},
        "PageShapeError: .*/v1/rates, page 1, has a record 1 that is not an object: EUR",
    ),
    "an object for a list": (
        [],
        {"shipments": changed(GOOD_SHIPMENTS, packages={"package_id": "1"})},
        "PageShapeError: .*/v1/shipments, page 1, has a packages that is no list",
    ),
    "null in a list": (
        [],
        {"shipments": changed(GOOD_SHIPMENTS, packages=[None])},
        "PageShapeError: .*/v1/shipments, page 1, has in packages what is no object: null",
    ),
}


def test_a_feed_that_is_not_as_agreed_is_refused_by_name_and_landed_once_it_is(warehouse: SmallWarehouse) -> None:
    good = {"currencies": CURRENCIES, "rates": GOOD_RATES, "shipments": GOOD_SHIPMENTS}
    unlike = {}
    for defect, (faults, feeds, message) in REFUSED.items():  # those of the shipments last: the rates are landed then
        warehouse.publish("shape", **{**good, **feeds})
        for kind, options in faults:
            warehouse.fault(kind, RATES, **options)
        error = warehouse.fail("ingest_api", "shape", api_attempts=2)
        warehouse.api("DELETE", "/_admin/faults")
        if not re.match(message, error, re.DOTALL) or warehouse.landed("api", "shipments" if "shipments" in feeds else "rates", "shape"):
            unlike[defect] = error

    assert unlike == {}

    warehouse.publish("shape", **good)
    warehouse.succeed("ingest_api", "shape")

    assert warehouse.counts("ingest_api", "shape") == {"rates": (1100, 1100, {}, 0), "shipments": (3, 3, {}, 0)}
    assert (rows_of(warehouse, "exchange_rate", "shape"), rows_of(warehouse, "shipment_scan", "shape")) == (1100, 3)


def test_defective_records_of_feeds_are_quarantined_and_the_others_are_accepted(warehouse: SmallWarehouse) -> None:
    feed = [
        rate(value=1.25),
        rate(day="1998-06-14", value="n/a"),
        rate(day="1998-06-13", value="99999999999.0"),
        rate(day="1998-06-12", value="0"),
        rate(day="1998-06-11", value={"amount": "1"}),
        rate(currency=None),
        rate(currency="XXX"),
        rate(day="1998-06-16"),
        rate(day="1998-02-30"),
        rate(day="1998-06-10", at=None),
        rate(value=1.25),
        rate(value=1.26),
    ]
    documents = [
        document("rec-1", scan("rec-2", "delivered", "1998-06-15T12:00:00Z"), scan("rec-1")),
        document("rec-1", scan("rec-1"), scan(None), scan("rec-3", "teleported"), scan("rec-4", at="1998-06-16T00:00:00Z")),
        document("rec-2", scan("rec-5", at="yesterday"), order=99),
        document("rec-2", scan("rec-6"), order=99),
    ]
    warehouse.publish("records", currencies=CURRENCIES, rates=feed, shipments=documents)

    warehouse.succeed("ingest_api", "records")

    assert [(r["origin"], r["position"], r["rule"], r["record_key"], r["reason"]) for r in warehouse.quarantined("rates", "records")] == [
        ("page-00001.json", 2, "bad_number", "EUR|1998-06-14", "usd_per_unit 'n/a' is not decimal(18,8)"),
        ("page-00001.json", 3, "out_of_range", "EUR|1998-06-13", "usd_per_unit '99999999999.0' does not fit decimal(18,8)"),
        ("page-00001.json", 4, "out_of_range", "EUR|1998-06-12", "usd_per_unit '0' is not above 0"),
        ("page-00001.json", 5, "bad_number", "EUR|1998-06-11", 'usd_per_unit \'{"amount":"1"}\' is not decimal(18,8)'),
        ("page-00001.json", 6, "null_key", "|1998-06-15", "currency_code is missing"),
        ("page-00001.json", 7, "unknown_code", "XXX|1998-06-15", "currency_code 'XXX' is not a known currency_code"),
        ("page-00001.json", 8, "future_date", "EUR|1998-06-16", f"rate_date '1998-06-16' {LATER}"),
        ("page-00001.json", 9, "bad_date", "EUR|1998-02-30", "rate_date '1998-02-30' is not date"),
        ("page-00001.json", 10, "bad_timestamp", "EUR|1998-06-10", "published_at is missing"),
        ("page-00001.json", 12, "conflicting_duplicate", "EUR|1998-06-15", CONFLICT),
    ]
    assert [(r["position"], r["rule"], r["record_key"]) for r in warehouse.quarantined("shipments", "records")] == [
        (4, "null_key", None),
        (5, "unknown_code", "rec-3"),
        (6, "future_date", "rec-4"),
        (7, "bad_timestamp", "rec-5"),
        (8, "orphan_key", "rec-6"),
    ]
    counts = warehouse.counts("ingest_api", "records")
    assert (counts["rates"][:2], counts["rates"][3]) == ((12, 1), 1)
    assert counts["shipments"] == (
        8, 2, {"null_key": 1, "unknown_code": 1, "future_date": 1, "bad_timestamp": 1, "orphan_key": 1}, 1,
    )  # fmt: skip
    assert warehouse.sql(
        f"select scan_id, type, cast(at as string) from {{curated}}.shipment_scan where batch_id = '{batch_id('records')}' order by 1"
    ) == [["rec-1", "picked_up", "1998-06-15 09:00:00"], ["rec-2", "delivered", "1998-06-15 12:00:00"]]

    # What the feed mends comes in another batch; the day's first rate holds, whatever comes later.
    warehouse.publish("rec-mended", currencies=CURRENCIES, rates=[rate(day="1998-06-14"), rate(value="1.30")], shipments=[])
    warehouse.succeed("ingest_api", "rec-mended")

    assert warehouse.counts("ingest_api", "rec-mended")["rates"] == (2, 1, {"conflicting_duplicate": 1}, 0)
    assert warehouse.sql(
        "select cast(rate_date as string), cast(usd_per_unit as string) from {curated}.exchange_rate "
        "where rate_date >= date'1998-06-01' order by 1"
    ) == [["1998-06-14", "1.10000000"], ["1998-06-15", "1.25000000"]]
