"""Bad CSV records: good ones of the history with one thing broken, dated on the batch's first day and of no other effect."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, time, timedelta

from simulator.config import Batch
from simulator.database import Database
from simulator.dirt import rules_of

__all__ = ["bad_records"]

NOT_UTF8 = "\ue000"
Fields = dict[str, str]


def bad_records(database: Database, source: str, batch: Batch, delivered: int) -> list[tuple]:
    """Rows (k, rule, record_key, salt, line) for the bad records of a batch. Needs `<source>_draft` with the batch's good ones."""
    rules = rules_of(database.config, batch, source, delivered)
    templates = database.rows(
        f"""select line, hash(salt, 'bad', {batch.number}) place from {source}_draft
        where k = 1 and again = 0 and rule is null order by hash(salt, 'template', {batch.number}), salt limit {len(rules)}"""
    )
    header = HEADERS[source]
    found = []
    for number, (rule, (line, place)) in enumerate(zip(rules, templates, strict=True)):
        fields = dict(zip(header, next(csv.reader(io.StringIO(line, newline=""))), strict=True))
        if rule != "conflicting_duplicate":
            fields["updated_at"] = _stamp(datetime.combine(batch.first_day, time(1)) + timedelta(seconds=number % 14_000))
        if rule == "ragged_row":
            text = _line([*fields.values(), "surplus"] if number % 2 else list(fields.values())[:-1])
        else:
            BREAK[rule](source, fields, number, batch)
            text = _line(list(fields.values()))
        key = "|".join(fields[column].strip() for column in KEYS[source])
        found.append((batch.number, rule, key if key.strip("|") else None, place, text))
    return found


def _line(values: list[str]) -> str:
    """A record without its line end. The writer quotes what its own line end would break, so it is given one."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(values)
    return out.getvalue().removesuffix("\n")


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _broken_encoding(source: str, fields: Fields, number: int, batch: Batch) -> None:
    fields["comment"] = f"caf{NOT_UTF8} {fields['comment']}"


def _null_key(source: str, fields: Fields, number: int, batch: Batch) -> None:
    fields[KEYS[source][number % len(KEYS[source])]] = ("", "  ")[number % 2]


def _bad_timestamp(source: str, fields: Fields, number: int, batch: Batch) -> None:
    fields["updated_at"] = ("1998-02-31T12:00:00.000000Z", "yesterday", "", "1998-06-15T25:00:00.000000Z")[number % 4]


def _bad_number(source: str, fields: Fields, number: int, batch: Batch) -> None:
    column = NUMBERS[source][number % len(NUMBERS[source])]
    fields[column] = ("n/a", "12O.5", "1.2.3", "--7")[number // 2 % 4]


def _out_of_range(source: str, fields: Fields, number: int, batch: Batch) -> None:
    cases = OUT_OF_RANGE[source]
    column, value = cases[number % len(cases)]
    fields[column] = value


def _future_date(source: str, fields: Fields, number: int, batch: Batch) -> None:
    fields["updated_at"] = _stamp(batch.window_end + timedelta(hours=number % 50))


def _unknown_code(source: str, fields: Fields, number: int, batch: Batch) -> None:
    column, values = CODES[source]
    fields[column] = values[number % len(values)]


def _orphan_key(source: str, fields: Fields, number: int, batch: Batch) -> None:
    fields[KEYS[source][number % 2]] = str(900_000_000 + number)


def _conflicting_duplicate(source: str, fields: Fields, number: int, batch: Batch) -> None:
    """The same key and instant as a record of the first batch, of another content."""
    fields["comment"] = f"{fields['comment']} (again, in conflict)"


HEADERS = {
    "part": ("part_id", "name", "manufacturer", "brand", "type", "size", "container", "retail_price", "comment", "updated_at"),
    "supplier": ("supplier_id", "name", "address", "nation_id", "phone", "account_balance", "comment", "updated_at"),
    "partsupp": ("part_id", "supplier_id", "available_quantity", "supply_cost", "comment", "updated_at"),
}
KEYS = {"part": ("part_id",), "supplier": ("supplier_id",), "partsupp": ("part_id", "supplier_id")}
NUMBERS = {"part": ("retail_price", "size"), "supplier": ("account_balance",), "partsupp": ("available_quantity", "supply_cost")}
OUT_OF_RANGE = {
    "part": (("retail_price", "-5.00"), ("retail_price", "0.00"), ("retail_price", "99999999999.99"), ("size", "99999999999")),
    "supplier": (("account_balance", "99999999999.99"), ("account_balance", "-99999999999.99")),
    "partsupp": (
        ("available_quantity", "-1"),
        ("available_quantity", "99999999999"),
        ("supply_cost", "99999999999.99"),
        ("supply_cost", "-0.01"),
    ),
}
CODES = {"part": ("brand", ("Brand#66", "Brand#1", "brand#11", "Brand#111")), "supplier": ("nation_id", ("77", "25", "255"))}
BREAK: dict[str, Callable[[str, Fields, int, Batch], None]] = {
    "broken_encoding": _broken_encoding,
    "null_key": _null_key,
    "bad_timestamp": _bad_timestamp,
    "bad_number": _bad_number,
    "out_of_range": _out_of_range,
    "future_date": _future_date,
    "unknown_code": _unknown_code,
    "orphan_key": _orphan_key,
    "conflicting_duplicate": _conflicting_duplicate,
}
