"""The log of what was delivered: the oracle's input, and the counts that tests and the demo are held to.

`log/<batch>/delivered/<source>.parquet` has every good record (exact repeats included), as served, but typed; text is neither trimmed
nor blanked. `dirt.jsonl` names every record that must end in quarantine; `summary.json` counts.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simulator import customers, orders
from simulator.config import Batch
from simulator.csv_feed import CSV_COLUMNS
from simulator.database import Database, literal
from simulator.shipments import ScanRow

__all__ = ["write_log"]

NO_PLACE = "null::varchar origin, null::integer position"
MYSQL = {
    "customer": ("customer_row", customers.COLUMNS, "customer_id::varchar", "customer_id"),
    "orders": ("orders_row", orders.ORDER_COLUMNS, "order_id::varchar", "order_id"),
    "lineitem": ("lineitem_row", orders.LINE_COLUMNS, "order_id::varchar || '|' || line_number::varchar", "order_id, line_number"),
}
SCAN_COLUMNS = (
    'rule varchar, "position" integer, scan_id varchar, shipment_id varchar, order_id bigint, line_number integer, carrier varchar, '
    'package_id varchar, type varchar, "at" varchar, location varchar'
)


def write_log(database: Database, batch: Batch, scans: list[ScanRow], folder: Path) -> dict[str, Any]:
    """Write the batch's log into `folder` and return its summary."""
    delivered = folder / "delivered"
    _store_scans(database, scans)
    database.write_parquet(
        f"select nation_id, name, region, currency_code, {NO_PLACE} from nation order by nation_id", delivered / "nation.parquet"
    )
    for source, (table, columns, _, key) in MYSQL.items():
        database.write_parquet(
            f"select {columns}, {NO_PLACE} from {table} where k = {batch.number} and rule is null order by {key}",
            delivered / f"{source}.parquet",
        )
    for source, header in CSV_COLUMNS.items():
        columns = ", ".join(f'"{column}"' for column in header)
        database.write_parquet(
            f"""select {columns}, origin, "position" from {source}_feed
            where k = {batch.number} and rule is null order by file_no, "position" """,
            delivered / f"{source}.parquet",
        )
    database.write_parquet(
        "select code, name, updated_at::timestamp updated_at, 'currencies' origin, position from currencies order by position",
        delivered / "currencies.parquet",
    )
    database.write_parquet(
        f"""select currency, date::date date, usd_per_unit::decimal(18,8) usd_per_unit, strptime(published_at,
            '%Y-%m-%dT%H:%M:%S.%fZ') published_at, 'rates' origin, position
        from rates_feed where k = {batch.number} and rule is null order by position""",
        delivered / "rates.parquet",
    )
    database.write_parquet(
        """select scan_id, shipment_id, order_id, line_number, carrier, package_id, type, strptime("at", '%Y-%m-%dT%H:%M:%S.%fZ') "at",
            location, 'shipments' origin, position
        from scan where rule is null order by position""",
        delivered / "scans.parquet",
    )
    database.write_parquet(
        f"select customer_id from customer_deleted where k = {batch.number} order by customer_id", folder / "deleted_customers.parquet"
    )
    dirt = _dirt(database, batch)
    (folder / "dirt.jsonl").write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in dirt), encoding="utf-8")
    summary = _summary(database, batch, dirt)
    (folder / "summary.json").write_text(json.dumps(summary, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return summary


def _store_scans(database: Database, scans: list[ScanRow]) -> None:
    """The table `scan`, by way of a file: far quicker than row by row."""
    database.run(f"create or replace table scan ({SCAN_COLUMNS})")
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as out:
        out.writelines(json.dumps(asdict(scan), ensure_ascii=False) + "\n" for scan in scans)
        out.flush()
        if scans:
            kinds = {name.strip('"'): kind for name, kind in (column.split() for column in SCAN_COLUMNS.split(", "))}
            database.run(f"insert into scan by name from read_json({literal(out.name)}, format = 'newline_delimited', columns = {kinds})")


def _dirt(database: Database, batch: Batch) -> list[dict[str, Any]]:
    """Bad records in the order of source and place."""
    queries = [
        f"""select '{source}' source, rule, {key} record_key, '{source}' origin, null::integer "position"
        from {table} where k = {batch.number} and rule is not null"""
        for source, (table, _, key, _) in MYSQL.items()
    ]
    queries += [
        f"select '{source}', rule, record_key, origin, \"position\" from {source}_feed where k = {batch.number} and rule is not null"
        for source in CSV_COLUMNS
    ]
    queries.append(f"select 'rates', rule, record_key, 'rates', \"position\" from rates_feed where k = {batch.number} and rule is not null")
    queries.append("select 'shipments', rule, nullif(scan_id, ''), 'shipments', \"position\" from scan where rule is not null")
    rows = database.rows(f'select * from ({" union all ".join(queries)}) order by source, origin, "position", record_key, rule')
    return [dict(zip(("source", "rule", "record_key", "origin", "position"), row, strict=True)) for row in rows]


def _summary(database: Database, batch: Batch, dirt: list[dict[str, Any]]) -> dict[str, Any]:
    k = batch.number
    delivered = {source: database.value(f"select count(*) from {table} where k = {k}") for source, (table, *_) in MYSQL.items()}
    delivered |= {source: database.value(f"select count(*) from {source}_feed where k = {k}") for source in CSV_COLUMNS}
    delivered |= {
        "rates": database.value(f"select count(*) from rates_feed where k = {k}"),
        "shipments": database.value("select count(*) from scan"),
    }
    quarantined: dict[str, Counter[str]] = {source: Counter() for source in delivered}
    for record in dirt:
        quarantined[record["source"]][record["rule"]] += 1
    duplicates = dict.fromkeys(MYSQL, 0)
    for source in CSV_COLUMNS:
        key = "part_id, supplier_id" if source == "partsupp" else f"{source}_id"
        duplicates[source] = database.value(_repeats(f"{source}_feed", f"{key}, updated_at", k))
    duplicates["rates"] = database.value(_repeats("rates_feed", "currency, date", k))
    database.run("create table if not exists scan_seen (scan_id varchar)")
    database.run(
        "create or replace temp table scan_new as select distinct scan_id from scan where rule is null and scan_id not in (from scan_seen)"
    )
    duplicates["shipments"] = database.value("select count(*) from scan where rule is null") - database.value(
        "select count(*) from scan_new"
    )
    database.run("insert into scan_seen from scan_new")
    return {
        "batch_id": batch.batch_id, "business_date": batch.business_date.isoformat(), "delivered": delivered,
        "quarantined": {source: dict(sorted(counts.items())) for source, counts in quarantined.items()},
        "duplicates": duplicates, "changes": _changes(database, batch),
    }  # fmt: skip


def _repeats(table: str, key: str, k: int) -> str:
    """SQL of the number of good records of batch k whose key and sequence came before."""
    return f"""select count(*) - count(distinct ({key})) filter (({key}) not in (select ({key}) from {table} where k < {k}
        and rule is null))
        from {table} where k = {k} and rule is null"""


def _changes(database: Database, batch: Batch) -> dict[str, int]:
    k = batch.number
    queries = {
        "customers_changed_or_new": f"select count(*) from customer_row where k = {k}",
        "customers_changed_twice": f"select count(*) from customer_state where k = {k} and step = 1",
        "customers_deleted": f"select count(*) from customer_deleted where k = {k}",
        "customers_inserted_again": f"""select count(*) from customer_row
            where k = {k} and customer_id in (select customer_id from customer_deleted where k < {k})""",
        "orders_soft_deleted": f"select count(*) from order_event where k = {k} and is_deleted",
        "orders_undeleted": f"select count(*) from order_event where k = {k} and not is_deleted",
        "new_orders": f"""select count(*) from orders_row
            where k = {k} and rule is null and order_id not in (select order_id from orders_row where k < {k} and rule is null)""",
        "parts_named_before_they_arrive": f"select count(*) from new_part where k = {k} and arrives is distinct from {k}",
        "suppliers_named_before_they_arrive": f"select count(*) from new_supplier where k = {k} and arrives is distinct from {k}",
        "part_records_dated_before_the_batch": f"""select count(*) from part_feed
            where k = {k} and k > 1 and updated_at < timestamp '{batch.first_day}'""",
    }
    return {name: database.value(query) for name, query in queries.items()}
