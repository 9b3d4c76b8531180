"""The log is held to the files: whoever trusts its counts trusts something checked here by other means."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from simulator import generated_batches
from simulator.dirt import CONSEQUENCES, PAIRS

BATCHES = ("1998-06-15", "1998-06-16", "1998-06-17", "1998-06-15-late")
KEYS = {"part": 1, "supplier": 1, "partsupp": 2}
NUMBERS = {
    "part": {"size": 10, "retail_price": 10},
    "supplier": {"nation_id": 3, "account_balance": 10},
    "partsupp": {"available_quantity": 10, "supply_cost": 10},
}


def summary(sources: Path, batch: str) -> dict[str, Any]:
    return json.loads((sources / "log" / batch / "summary.json").read_text())


def dirt(sources: Path, batch: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (sources / "log" / batch / "dirt.jsonl").read_text().splitlines()]


def stored(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def records(path: Path) -> list[list[str]]:
    """Every record below the header, bytes that are no UTF-8 kept as surrogates."""
    return list(csv.reader(io.StringIO(stored(path).decode("utf-8", "surrogateescape"), newline="")))[1:]


@pytest.mark.parametrize("batch", BATCHES)
def test_manifests_describe_their_files(sources: Path, batch: str) -> None:
    for manifest in sorted((sources / "csv" / batch).glob("*/manifest.json")):
        content = json.loads(manifest.read_text())
        assert (content["table"], content["batch_id"]) == (manifest.parent.name, batch)
        assert 2 <= len(content["files"]) <= 4
        assert {entry["name"] for entry in content["files"]} == {path.name for path in manifest.parent.glob("*.csv*")}
        for entry in content["files"]:
            data = (manifest.parent / entry["name"]).read_bytes()
            assert (entry["bytes"], entry["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
            assert entry["rows"] == len(records(manifest.parent / entry["name"]))


@pytest.mark.parametrize("batch", BATCHES)
def test_delivered_counts_are_those_of_the_files(sources: Path, batch: str) -> None:
    counted = {source: sum(len(records(path)) for path in (sources / "csv" / batch / source).glob("*.csv*")) for source in KEYS}
    counted["rates"] = len((sources / "api" / batch / "rates.jsonl").read_text().splitlines())
    documents = [json.loads(line) for line in (sources / "api" / batch / "shipments.jsonl").read_text().splitlines()]
    counted["shipments"] = sum(len(package["scans"]) for document in documents for package in document["packages"])
    for table in ("customer", "orders", "lineitem"):
        path = sources / "mysql" / batch / f"{table}-2.csv"
        counted[table] = len(list(csv.reader(path.open(encoding="utf-8", newline="")))) if path.exists() else 0

    assert summary(sources, batch)["delivered"] == counted


@pytest.mark.parametrize("batch", BATCHES)
def test_every_delivered_record_is_good_or_dirt(sources: Path, batch: str, rows: Callable[[str], list[tuple]]) -> None:
    bad = Counter(record["source"] for record in dirt(sources, batch))
    counted = summary(sources, batch)

    for source, delivered in counted["delivered"].items():
        table = "scans" if source == "shipments" else source
        ((good,),) = rows(f"select count(*) from {{{table}}} where batch = '{batch}'")
        assert good + bad[source] == delivered, source
        assert sum(counted["quarantined"][source].values()) == bad[source], source


def test_every_rule_is_broken_in_every_source_that_can(sources: Path) -> None:
    met = {(record["source"], record["rule"]) for batch in BATCHES for record in dirt(sources, batch)}

    assert met == {(source, rule) for table in (PAIRS, CONSEQUENCES) for source, rules in table.items() for rule in rules}


def number_is_bad(text: str, digits: int) -> str | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return "bad_number"
    return "out_of_range" if abs(value) >= 10**digits else None


def judge(source: str, header: list[str], record: list[str], window_end: datetime, parents: dict[str, set[str]]) -> str | None:  # noqa: PLR0911
    """The first rule that a CSV record breaks by itself; written here a second time, in plain Python."""
    if len(record) != len(header):
        return "ragged_row"
    if any("\udc80" <= character <= "\udcff" for text in record for character in text):
        return "broken_encoding"
    if any(not text.strip() for text in record[: KEYS[source]]):
        return "null_key"
    fields = dict(zip(header, record, strict=True))
    try:
        at = datetime.strptime(fields["updated_at"], "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return "bad_timestamp"
    found = {number_is_bad(fields[column], digits) for column, digits in NUMBERS[source].items()}
    if "bad_number" in found:
        return "bad_number"
    cost, price, quantity = (Decimal(fields.get(name, "1")) for name in ("supply_cost", "retail_price", "available_quantity"))
    if (found - {None} and found != {None}) or cost <= 0 or price <= 0 or quantity < 0:
        return "out_of_range"
    if at >= window_end:
        return "future_date"
    if "nation_id" in fields and int(fields["nation_id"]) > 24:
        return "unknown_code"
    if "brand" in fields and not (
        len(fields["brand"]) == 8 and fields["brand"][:6] == "Brand#" and set(fields["brand"][6:]) <= set("12345")
    ):
        return "unknown_code"
    if source == "partsupp" and (fields["part_id"] not in parents["part"] or fields["supplier_id"] not in parents["supplier"]):
        return "orphan_key"
    return None


@pytest.mark.parametrize("batch", BATCHES)
def test_the_log_names_exactly_the_bad_csv_records(sources: Path, batch: str, rows: Callable[[str], list[tuple]]) -> None:
    window_end = generated_batches(sources)[batch].window_end
    parents = {name: {str(key) for (key,) in rows(f"select distinct {name}_id from {{{name}}}")} for name in ("part", "supplier")}
    found = set()
    for source in KEYS:
        for path in (sources / "csv" / batch / source).glob("*.csv*"):
            header = stored(path).split(b"\n", 1)[0].decode().split(",")
            for position, record in enumerate(records(path), 1):
                rule = judge(source, header, record, window_end, parents)
                if rule:
                    found.add((source, rule, path.name, position))
    said = {(r["source"], r["rule"], r["origin"], r["position"]) for r in dirt(sources, batch) if r["source"] in KEYS}

    assert found == {record for record in said if record[1] != "conflicting_duplicate"}


def test_a_conflict_comes_after_the_record_it_conflicts_with(sources: Path) -> None:
    for source, width in KEYS.items():
        seen: dict[tuple[str, ...], list[str]] = {}
        found, said = set(), set()
        for batch in BATCHES:
            bad = {(r["origin"], r["position"]): r["rule"] for r in dirt(sources, batch) if r["source"] == source}
            said |= {(batch, *place) for place, rule in bad.items() if rule == "conflicting_duplicate"}
            for path in sorted((sources / "csv" / batch / source).glob("*.csv*")):
                for position, record in enumerate(records(path), 1):
                    if bad.get((path.name, position), "conflicting_duplicate") != "conflicting_duplicate":
                        continue
                    if seen.setdefault((*record[:width], record[-1]), record) != record:
                        found.add((batch, path.name, position))
        assert found == said, source
        assert found, source


@pytest.mark.parametrize(("source", "key"), [("part", "part_id"), ("supplier", "supplier_id"), ("partsupp", "part_id, supplier_id")])
def test_exact_repeats_are_counted_as_duplicates(sources: Path, rows: Callable[[str], list[tuple]], source: str, key: str) -> None:
    before = 0
    for number, batch in enumerate(BATCHES, 1):
        upto = ", ".join(f"'{name}'" for name in BATCHES[:number])
        ((repeats,),) = rows(f"select count(*) - count(distinct ({key}, updated_at)) from {{{source}}} where batch in ({upto})")
        assert summary(sources, batch)["duplicates"][source] == repeats - before > 0
        before = repeats


def test_scans_are_repeated_and_counted_as_duplicates(sources: Path, rows: Callable[[str], list[tuple]]) -> None:
    before = 0
    for number, batch in enumerate(BATCHES[:3], 1):
        upto = ", ".join(f"'{name}'" for name in BATCHES[:number])
        ((repeats,),) = rows(f"select count(*) - count(distinct scan_id) from {{scans}} where batch in ({upto})")
        assert summary(sources, batch)["duplicates"]["shipments"] == repeats - before > 0
        before = repeats


def test_no_good_record_conflicts_with_another(rows: Callable[[str], list[tuple]]) -> None:
    sequences = {
        "part": "part_id, updated_at",
        "supplier": "supplier_id, updated_at",
        "partsupp": "part_id, supplier_id, updated_at",
        "rates": "currency, date",
    }
    for source, key in sequences.items():
        contents = f"select distinct * exclude (origin, position, batch) from {{{source}}}"
        assert rows(f"select {key} from ({contents}) group by all having count(*) > 1") == [], source
