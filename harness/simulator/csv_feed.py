"""The CSV files: which record lies in which file at which place, exact repeats, bad records, and the files themselves.

Tables made, one for each of part, supplier and partsupp: `<source>_feed` (k, file_no, position, origin, rule, record_key, line, and
the typed columns of a good record). Files are plain and gzip in turn, the records of a file in no order.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from math import ceil
from pathlib import Path

from simulator.config import Batch
from simulator.csv_dirt import bad_records
from simulator.database import Database

__all__ = ["CSV_COLUMNS", "SOURCES", "build_feed", "file_count", "file_name", "write_files"]

# Header and, for each column, the text that is written.
CSV_COLUMNS: dict[str, dict[str, str]] = {
    "part": {
        "part_id": "part_id::varchar",
        "name": "name",
        "manufacturer": "manufacturer",
        "brand": "brand",
        "type": '"type"',
        "size": '"size"::varchar',
        "container": "container",
        "retail_price": "retail_price::varchar",
        "comment": '"comment"',
        "updated_at": "iso(updated_at)",
    },
    "supplier": {
        "supplier_id": "supplier_id::varchar",
        "name": "name",
        "address": "address",
        "nation_id": "nation_id::varchar",
        "phone": "phone",
        "account_balance": "account_balance::varchar",
        "comment": '"comment"',
        "updated_at": "iso(updated_at)",
    },
    "partsupp": {
        "part_id": "part_id::varchar",
        "supplier_id": "supplier_id::varchar",
        "available_quantity": "available_quantity::varchar",
        "supply_cost": "supply_cost::varchar",
        "comment": '"comment"',
        "updated_at": "iso(updated_at)",
    },
}
KEYS = {"part": ("part_id",), "supplier": ("supplier_id",), "partsupp": ("part_id", "supplier_id")}
SOURCES = tuple(CSV_COLUMNS)
NOT_UTF8 = "\ue000"  # stands in a line for a byte that is no UTF-8, since the database holds text
NOT_UTF8_BYTES = (NOT_UTF8.encode(), b"\xe9")
CHUNK = 50_000


def file_count(source: str, number: int) -> int:
    """Two to four files, by table and batch."""
    return 2 + (number + SOURCES.index(source)) % 3


def file_name(source: str, file_no: int) -> str:
    return f"{source}-{file_no:03d}.csv" + (".gz" if file_no % 2 == 0 else "")


def build_feed(database: Database, source: str, batches: list[Batch]) -> None:
    """Make `<source>_feed` from `<source>_record` for the batches, the backfill included."""
    key = ", ".join(KEYS[source])
    columns = ", ".join(f'"{column}"' for column in CSV_COLUMNS[source])
    line = " || ',' || ".join(f"field({text})" for text in CSV_COLUMNS[source].values())
    salt = f"hash('{database.config.seed}/{source}', {key}, epoch_us(updated_at)"
    database.run(
        f"""create table {source}_draft as
        select k, 0 again, null::varchar rule, null::varchar record_key, {salt}) salt, ({line}) line, {columns} from {source}_record"""
    )
    for batch in batches:
        count = database.value(f"select count(*) from {source}_draft where k = {batch.number}")
        repeats = max(3, ceil(count / 1000))
        database.run(
            f"""insert into {source}_draft by name
            select {batch.number} k, {batch.number} again, hash(salt, {batch.number}) salt, line, {columns}
            from {source}_draft where k <= {batch.number} and again = 0 and rule is null and updated_at < timestamp '{batch.window_end}'
            order by hash(salt, 'again', {batch.number}), salt limit {repeats}"""
        )
        rows = bad_records(database, source, batch, count)
        if rows:
            database.connection.executemany(
                f"insert into {source}_draft (k, again, rule, record_key, salt, line) values (?, 0, ?, ?, ?, ?)", rows
            )
    counts = " ".join(f"when {batch.number} then {file_count(source, batch.number)}" for batch in batches)
    # A conflict comes last in the batch's last file: whatever it conflicts with is accepted before it.
    database.run(
        f"""create table {source}_feed as
        with placed as (
            select *, rule is not distinct from 'conflicting_duplicate' is_last, case k {counts} end files from {source}_draft),
        filed as (select * exclude (files), case when is_last then files else 1 + salt % files end::integer file_no from placed)
        select k, file_no, row_number() over (partition by k, file_no order by is_last, salt, line, again)::integer "position",
               '{source}-' || lpad(file_no::varchar, 3, '0') || '.csv' || case when file_no % 2 = 0 then '.gz' else '' end origin,
               rule, record_key, line, {columns}
        from filed"""
    )
    database.run(f"drop table {source}_draft; drop table {source}_record")


def write_files(database: Database, source: str, batch: Batch, folder: Path) -> None:
    """Write the batch's files and their manifest into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for file_no in range(1, file_count(source, batch.number) + 1):
        name = file_name(source, file_no)
        rows = _write(database, source, batch, file_no, folder / name)
        stored = (folder / name).read_bytes()
        files.append({"name": name, "rows": rows, "bytes": len(stored), "sha256": hashlib.sha256(stored).hexdigest()})
    manifest = {"table": source, "batch_id": batch.batch_id, "business_date": batch.business_date.isoformat(), "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _write(database: Database, source: str, batch: Batch, file_no: int, target: Path) -> int:
    lines = database.connection.cursor().execute(
        f'select line from {source}_feed where k = {batch.number} and file_no = {file_no} order by "position"'
    )
    rows = 0
    with target.open("wb") as raw:
        # No name and no time in the gzip header: the same records give the same bytes.
        out = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=4) if target.suffix == ".gz" else raw
        out.write((",".join(CSV_COLUMNS[source]) + "\n").encode())
        while chunk := lines.fetchmany(CHUNK):
            rows += len(chunk)
            out.write("".join(line + "\n" for (line,) in chunk).encode().replace(*NOT_UTF8_BYTES))
        if out is not raw:
            out.close()
    return rows
