"""Shipment tracking: nested documents of packages and scans, each repeating its earlier scans, in no order.

A shipment is an order line that ships from a week before the first business date on. On each day with news its document is served
again as it is at the end of that day. Records are scans; `ScanRow` holds one as served.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from simulator.config import Batch
from simulator.database import Database, literal
from simulator.dirt import rules_of

__all__ = ["SCAN_TYPES", "ScanRow", "write_shipments"]

SCAN_TYPES = ("picked_up", "in_transit", "delivered", "returned")
CARRIERS = ("Blue Heron Freight", "Northwind Express", "Overland & Søn", "山川運輸")
PLACES = ("Rotterdam", "Singapore", "São Paulo", "Mombasa", "Québec", "大阪", "Port Said", "Constanța", "Chicago", "Hải Phòng")
LOOK_BACK = timedelta(days=6)  # with the first business date itself: 7 days
Document = dict[str, Any]


@dataclass(frozen=True)
class ScanRow:
    """One scan as served, for the log. `position` counts the scans of the batch's feed from 1."""

    rule: str | None
    position: int
    scan_id: str | None
    shipment_id: str
    order_id: int
    line_number: int
    carrier: str
    package_id: str
    type: str
    at: str
    location: str


@dataclass(frozen=True)
class _Line:
    order_id: int
    line_number: int
    shipped_at: datetime
    received_at: datetime
    returned_at: datetime | None
    luck: int  # the hash from which the number of packages, the carrier and so on are taken


def write_shipments(database: Database, batch: Batch, target: Path) -> list[ScanRow]:
    """Write the batch's documents, one JSON document a line in the order served, and return their scans."""
    target.parent.mkdir(parents=True, exist_ok=True)
    documents = [] if batch.is_late else list(_documents(database, batch))
    documents.sort(key=lambda item: item[0])
    served = [document for _, document in documents]
    marks = _add_bad_scans(database, batch, served)
    rows: list[ScanRow] = []
    with target.open("w", encoding="utf-8", newline="\n") as out:
        for document in served:
            out.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
            for package in document["packages"]:
                for scan in package["scans"]:
                    rows.append(
                        ScanRow(
                            marks.get(id(scan)), len(rows) + 1, scan["scan_id"],
                            document["shipment_id"], document["order_id"], document["line_number"],
                            document["carrier"], package["package_id"], scan["type"], scan["at"], scan["location"],
                        )
                    )  # fmt: skip
    return rows


def _documents(database: Database, batch: Batch) -> Iterator[tuple[str, Document]]:
    """Documents with the key by which they are shuffled: one for each shipment and day with news, every ninth of them twice."""
    first = database.config.first_business_date - LOOK_BACK
    seen_from = first if batch.number == 1 else batch.first_day
    low = datetime.combine(seen_from, time())
    news = " or ".join(
        f"{day} between date {literal(seen_from)} and date {literal(batch.business_date)}"
        for day in ("ship_date", "receipt_date", "return_date", "ship_date + ((receipt_date - ship_date) // 2)::integer")
    )
    rows = database.rows(
        f"""select order_id, line_number, shipped_at, received_at, returned_at, (h('shipment', order_id, line_number) % 1000000)::integer
        from line where ship_date between date {literal(first)} and date {literal(batch.business_date)} and ({news})
        order by order_id, line_number"""
    )
    for row in rows:
        line = _Line(*row)
        scans = _scans(line)
        days = sorted({at.date() for at, *_ in scans if low <= at < batch.window_end})
        for day in days:
            document = _document(line, scans, day)
            order = hashlib.md5(
                f"{database.config.seed}/{line.order_id}/{line.line_number}/{day}".encode(), usedforsecurity=False
            ).hexdigest()
            yield order, document
            if int(order[:8], 16) % 9 == 0:
                yield order[::-1], _document(line, scans, day)


def _scans(line: _Line) -> list[tuple[datetime, int, str, str]]:
    """Every scan of a shipment's story: instant, package, type, place."""
    found = []
    transit = line.shipped_at + (line.received_at - line.shipped_at) / 2
    for package in range(1, 2 + line.luck % 3):
        apart = timedelta(minutes=package)
        events = [(line.shipped_at, "picked_up"), (transit, "in_transit"), (line.received_at, "delivered")]
        if line.luck % 5 == 0:
            events.insert(2, (transit + timedelta(hours=2), "in_transit"))
        if line.returned_at is not None:
            events.append((line.returned_at, "returned"))
        found += [(at + apart, package, kind, PLACES[(line.luck + step * 3) % len(PLACES)]) for step, (at, kind) in enumerate(events)]
    return found


def _document(line: _Line, scans: list[tuple[datetime, int, str, str]], day: date) -> Document:
    """The shipment as it is at the end of a day."""
    end = datetime.combine(day + timedelta(days=1), time())
    name = f"{line.order_id}-{line.line_number}"
    packages: dict[int, Document] = {}
    counted: dict[int, int] = {}
    for at, package, kind, place in scans:
        counted[package] = counted.get(package, 0) + 1
        if at < end:
            held = packages.setdefault(
                package, {"package_id": f"PK-{name}-{package}", "weight_kg": f"{(line.luck % 400 + package * 7) / 10:.1f}", "scans": []}
            )
            held["scans"].append({"scan_id": f"SC-{name}-{package}-{counted[package]}", "type": kind, "at": _stamp(at), "location": place})
    return {
        "shipment_id": f"SH-{name}", "order_id": line.order_id, "line_number": line.line_number,
        "carrier": CARRIERS[line.luck % len(CARRIERS)],
        "updated_at": _stamp(max(at for at, *_ in scans if at < end)), "packages": list(packages.values()),
    }  # fmt: skip


def _add_bad_scans(database: Database, batch: Batch, served: list[Document]) -> dict[int, str]:
    """Append bad scans to some documents, and documents of unknown lines; return the rule of each bad scan by its identity."""
    count = sum(len(package["scans"]) for document in served for package in document["packages"])
    marks: dict[int, str] = {}
    good = list(served)
    for number, rule in enumerate(rules_of(database.config, batch, "shipments", count) if good else ()):
        document = good[number * 7919 % len(good)]
        if rule == "orphan_key":
            # 24 to 31 of each 32 are order numbers that nobody has.
            order_id = document["order_id"] + 24
            document = {**document, "shipment_id": f"SH-{order_id}-{document['line_number']}", "order_id": order_id}
            document["packages"] = [{"package_id": f"PK-{order_id}-1", "weight_kg": "1.0", "scans": []}]
            served.append(document)
        package = document["packages"][-1]
        at = _stamp(datetime.combine(batch.first_day, time(2)))
        scan: Document = {
            "scan_id": f"SC-{document['order_id']}-{document['line_number']}-X{batch.number}-{number}",
            "type": "in_transit",
            "at": at,
            "location": PLACES[number % 10],
        }
        broken: dict[str, dict[str, Any]] = {
            "null_key": {"scan_id": None if number % 2 else ""},
            "bad_timestamp": {"at": ("last night", "1998-02-30T10:00:00Z", None)[number % 3]},
            "future_date": {"at": _stamp(batch.window_end + timedelta(hours=number % 40))},
            "unknown_code": {"type": ("lost", "DELIVERED", "held")[number % 3]},
            "orphan_key": {},
        }
        scan |= broken[rule]
        package["scans"].append(scan)
        marks[id(scan)] = rule
    return marks


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
