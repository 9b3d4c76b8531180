"""Exchange rates: a walk for each currency, published on working days, some a batch late, some twice, some bad.

Table made: `rates_feed` (k, position, rule, record_key and the four fields as text, exactly as served; null for a missing one).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from simulator.config import Batch
from simulator.database import Database, literal
from simulator.dirt import rules_of

__all__ = ["CURRENCY_NAMES", "build_rates", "write_currencies", "write_rates"]

# code: (name, units to the US dollar at the beginning of 1992). Fictitious walks begin at these.
CURRENCY_NAMES: dict[str, tuple[str, float]] = {
    "ARS": ("Argentine Peso", 1.0), "BRL": ("Brazilian Real", 1.1), "CAD": ("Canadian Dollar", 1.37), "CNY": ("Chinese Yuan", 8.3),
    "DZD": ("Algerian Dinar", 57.0), "EGP": ("Egyptian Pound", 3.4), "ETB": ("Ethiopian Birr", 6.8), "EUR": ("Euro", 0.88),
    "GBP": ("Pound Sterling", 0.62), "IDR": ("Indonesian Rupiah", 9800.0), "INR": ("Indian Rupee", 39.0), "IQD": ("Iraqi Dinar", 1450.0),
    "IRR": ("Iranian Rial", 3000.0), "JOD": ("Jordanian Dinar", 0.71), "JPY": ("Japanese Yen", 128.0), "KES": ("Kenyan Shilling", 60.0),
    "MAD": ("Moroccan Dirham", 9.6), "MZN": ("Mozambican Metical", 11.5), "PEN": ("Peruvian Sol", 2.8), "RON": ("Romanian Leu", 0.86),
    "RUB": ("Russian Rouble", 6.1), "SAR": ("Saudi Riyal", 3.75), "USD": ("US Dollar", 1.0), "VND": ("Vietnamese Đồng", 12900.0),
}  # fmt: skip
UNNAMED = "IQD"  # the API does not list it, so its name is unknown
LISTED_AT = "1992-01-01T00:00:00.000000Z"
LATE = 2  # rates of each batch that are published in the next one
COLUMNS = "currency, date, usd_per_unit, published_at"


def build_rates(database: Database, batches: list[Batch], late: Batch) -> None:
    """Make `rates_feed` for the regular batches and the backfill."""
    _walk(database, batches)
    _arrivals(database, batches, late)
    for batch in batches:
        _bad_rates(database, batch)
    database.run(
        """create table rates_feed as
        select k, row_number() over (partition by k order by is_last, salt, again, currency, date, usd_per_unit,
            published_at)::integer "position", again > 0 is_repeat, rule, record_key,
               currency, date, usd_per_unit, published_at from rates_draft"""
    )
    database.run("drop table rates_draft")


def _walk(database: Database, batches: list[Batch]) -> None:
    """Steps are whole numbers, added up exactly: the walk does not depend on the order of a floating-point sum."""
    starts = ", ".join(f"({number}, {literal(code)}, {units})" for number, (code, (_, units)) in enumerate(sorted(CURRENCY_NAMES.items())))
    windows = " ".join(f"when day <= date {literal(batch.business_date)} then {batch.number}" for batch in batches)
    database.run(
        f"""create table rate as
        with day as (select unnest(generate_series(date '1992-01-01', date {literal(batches[-1].business_date)},
            interval 1 day))::date "day"),
        step as (
            select number, code, units, "day", case when code = 'USD' then 0 else pick('rate/' || code,
                epoch_us("day"::timestamp) // 86400000000, 9001) - 4500 end step
            from day, (values {starts}) start(number, code, units) where isodow("day") <= 5)
        select code currency, "day", case {windows} end k, row_number() over (partition by "day" order by code = 'USD', h('rate/late',
            number, epoch_us("day"::timestamp) // 86400000000), number) place,
               rtrim(rtrim(round(exp(sum(step) over (partition by code order by "day") / 1000000) / units, 8)::decimal(18,8)::varchar,
                   '0'), '.') usd_per_unit,
               iso("day"::timestamp + to_hours(16) + to_seconds(pick('rate/at', number, 3600,
                   epoch_us("day"::timestamp) // 86400000000))) published_at
        from step"""
    )


def _arrivals(database: Database, batches: list[Batch], late: Batch) -> None:
    """Which batch brings which rate: its own, the next one, or (one rate of the first date) only the backfill."""
    last_days = ", ".join(f"date {literal(batch.business_date)}" for batch in batches)
    published = " ".join(f"when {b.number} then {literal(_stamp(b))}" for b in batches)
    database.run(
        f"""create table rates_draft as
        select case when not held then k when place <= {LATE} then k + 1 when k = 1 then {late.number} else k end k, 0 again,
            null::varchar rule, null::varchar record_key, false is_last,
               hash(currency, "day") salt, currency, "day"::varchar "date", usd_per_unit,
               case when held and place <= {LATE} then case k + 1 {published} end when held and k = 1
                   then iso("day"::timestamp + to_hours(20)) else published_at end published_at
        from (select *, "day" in ({last_days}) and place <= {LATE + 1} and currency <> 'USD' held from rate)"""
    )
    database.run(f"delete from rates_draft where published_at is null or k > {late.number}")
    for batch in batches:
        database.run(
            f"""insert into rates_draft by name
            select {batch.number} k, {batch.number} again, is_last, hash(salt, {batch.number}) salt, {COLUMNS} from rates_draft
            where k <= {batch.number} and again = 0 order by hash(salt, 'again', {batch.number}), salt limit 5"""
        )


def _stamp(batch: Batch) -> str:
    return f"{batch.first_day.isoformat()}T09:00:00.000000Z"


def _bad_rates(database: Database, batch: Batch) -> None:
    count = database.value(f"select count(*) from rates_draft where k = {batch.number}")
    rules = rules_of(database.config, batch, "rates", count)
    templates = database.rows(
        f"""select {COLUMNS} from rates_draft where k = 1 and again = 0 and currency <> 'USD'
        order by hash(salt, 'bad', {batch.number}), salt limit {len(rules)}"""
    )
    rows = []
    for number, (rule, template) in enumerate(zip(rules, templates, strict=True)):
        currency, day, rate, at = template
        tomorrow = (batch.business_date + timedelta(days=1 + number % 30)).isoformat()
        currency, day, rate, at = {
            "null_key": (None, day, rate, at) if number % 2 else (currency, None, rate, at),
            "bad_date": (currency, ("1998-02-30", "15/06/1998", "soon")[number % 3], rate, at),
            "bad_timestamp": (currency, day, rate, ("at noon", None, "1998-13-01T00:00:00Z")[number % 3]),
            "bad_number": (currency, day, ("n/a", "1,5", None)[number % 3], at),
            "out_of_range": (currency, day, ("0", "-1.5", "12345678901.5")[number % 3], at),
            "future_date": (currency, tomorrow, rate, at) if number % 2 else (currency, day, rate, f"{tomorrow}T09:00:00.000000Z"),
            "unknown_code": (("XXX", "eur", "BTC")[number % 3], day, rate, at),
            "conflicting_duplicate": (currency, day, f"{rate}9" if "." in rate and len(rate.split(".")[1]) < 8 else "1.23456789", at),
        }[rule]
        key = f"{currency or ''}|{day or ''}"
        rows.append((batch.number, rule, key, rule == "conflicting_duplicate", number, currency, day, rate, at))
    if rows:
        database.connection.executemany(
            """insert into rates_draft (k, again, rule, record_key, is_last, salt, currency, date, usd_per_unit, published_at)
            values (?, 0, ?, ?, ?, hash('bad', ?), ?, ?, ?, ?)""",
            rows,
        )


def write_currencies(database: Database, target: Path) -> None:
    """Write the list of currencies and make the table `currencies` (code, name, updated_at,
    position). IQD is missing on purpose: it has no name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    names = [(code, name) for code, (name, _) in sorted(CURRENCY_NAMES.items()) if code != UNNAMED]
    database.run("create or replace table currencies (code varchar, name varchar, updated_at varchar, position integer)")
    database.connection.executemany(
        "insert into currencies values (?, ?, ?, ?)", [(code, name, LISTED_AT, place) for place, (code, name) in enumerate(names, 1)]
    )
    _write_lines(target, ({"code": code, "name": name, "updated_at": LISTED_AT} for code, name in names))


def write_rates(database: Database, batch: Batch, target: Path) -> None:
    """Write the batch's rates in the order in which they are served; a field that is missing is null."""
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = database.rows(f'select {COLUMNS} from rates_feed where k = {batch.number} order by "position"')
    _write_lines(target, (dict(zip(COLUMNS.split(", "), row, strict=True)) for row in rows))


def _write_lines(target: Path, documents: Iterable[dict[str, str | None]]) -> None:
    with target.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n" for document in documents)
