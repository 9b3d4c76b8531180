"""Everything that the sources will ever deliver, as plain files that depend on the configuration alone.

<folder>/config.json                               written last: a folder without it is half made, and made again
<folder>/mysql/<batch>/<table>-<step>.csv          what load_mysql applies
<folder>/csv/<batch>/<table>/                      the files and their manifest
<folder>/api/<batch>/{currencies,rates,shipments}.jsonl
<folder>/log/<batch>/                              see `simulator.log`
"""

from __future__ import annotations

import fcntl
import json
import shutil
from dataclasses import asdict
from datetime import date
from pathlib import Path

from simulator import csv_feed, customers, mysql_rows, new_members, offers, orders, parts, rates, shipments, suppliers
from simulator.config import Batch, SimulatorConfig, batches, fingerprint, late_batch
from simulator.database import Database, generate_tpch, open_database
from simulator.exceptions import NotGeneratedError
from simulator.log import write_log
from simulator.mysql_files import write_mysql

__all__ = ["generate", "generated_batches", "read_config"]


def generate(config: SimulatorConfig, folder: Path | str) -> Path:
    """Generate the sources into `folder`; a finished folder of the same configuration is kept as it is.

    Raises GenerationError. Whatever else lies in the folder's mysql, csv, api and log is replaced.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_finished(config, folder):
            return folder
        for name in ("config.json", "mysql", "csv", "api", "log", "work"):
            _remove(folder / name)
        work = folder / "work"
        work.mkdir()
        generate_tpch(config.scale, work / "tpch")
        database = open_database(config, work)
        try:
            _build(database)
            _write(database, folder)
        finally:
            database.connection.close()
        _remove(work)
        record = {
            "fingerprint": fingerprint(config),
            "config": {**asdict(config), "first_business_date": config.first_business_date.isoformat()},
        }
        (folder / "config.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return folder


def read_config(folder: Path | str) -> SimulatorConfig:
    """The configuration of a finished folder. Raises NotGeneratedError."""
    path = Path(folder) / "config.json"
    if not path.exists():
        raise NotGeneratedError(f"{folder} holds no finished sources: there is no config.json in it. Run `etl source generate`.")
    values = json.loads(path.read_text(encoding="utf-8"))["config"]
    return SimulatorConfig(**{**values, "first_business_date": date.fromisoformat(values["first_business_date"])})


def generated_batches(folder: Path | str) -> dict[str, Batch]:
    """The batches of a finished folder by id, the backfill last."""
    config = read_config(folder)
    return {batch.batch_id: batch for batch in [*batches(config), late_batch(config)]}


def _is_finished(config: SimulatorConfig, folder: Path) -> bool:
    path = folder / "config.json"
    return path.exists() and json.loads(path.read_text(encoding="utf-8"))["fingerprint"] == fingerprint(config)


def _build(database: Database) -> None:
    regular, late = batches(database.config), late_batch(database.config)
    new_members.build_new_members(database, regular)
    orders.build_orders(database, regular)
    customers.build_customers(database, regular)
    mysql_rows.build_mysql_rows(database, regular)
    for build in (parts.build_parts, suppliers.build_suppliers, offers.build_offers):
        build(database, regular, late.number)
    for source in csv_feed.SOURCES:
        csv_feed.build_feed(database, source, [*regular, late])
    rates.build_rates(database, regular, late)


def _write(database: Database, folder: Path) -> None:
    for batch in [*batches(database.config), late_batch(database.config)]:
        if not batch.is_late:
            write_mysql(database, batch, folder / "mysql" / batch.batch_id)
        for source in csv_feed.SOURCES:
            csv_feed.write_files(database, source, batch, folder / "csv" / batch.batch_id / source)
        api = folder / "api" / batch.batch_id
        rates.write_currencies(database, api / "currencies.jsonl")
        rates.write_rates(database, batch, api / "rates.jsonl")
        scans = shipments.write_shipments(database, batch, api / "shipments.jsonl")
        (folder / "log" / batch.batch_id).mkdir(parents=True)
        write_log(database, batch, scans, folder / "log" / batch.batch_id)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
