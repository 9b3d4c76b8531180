"""A world of its own for integration tests: sources, engines and deployment of one home, and what the warehouse held after each batch."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from localaws.bootstrap import apply, secrets_of
from localaws.engines.postgres import PostgresEngine
from localaws.home import CHECKOUT, Home
from oracle.compare import Difference, differences
from oracle.expected import TABLES, OracleBatch, expected_warehouse
from scenario import WarehouseScenario
from simulator import Batch, SimulatorConfig

__all__ = ["Record", "State", "World"]

Record = tuple[str, str, str | None, str, int | None]
"""A refused record: source, rule, record key, origin, position."""

_BUCKETS = json.loads((CHECKOUT / "deployment" / "buckets.json").read_text("utf-8"))


@dataclass(frozen=True)
class State:
    """What was there right after a batch: differences from the oracle, a checksum of each table, versions of the Type 2 dimensions."""

    differences: list[Difference]
    checksums: dict[str, tuple[int, str]]
    versions: dict[str, list[dict[str, Any]]]


class World:
    """One home whose sources deliver batch after batch. Loaded batches stay, so a test asks for what it needs with `load_until`."""

    def __init__(self, home: Home, config: SimulatorConfig) -> None:
        self.scenario = WarehouseScenario(home, config)
        self.home, self.config = home, config
        self.states: dict[str, State] = {}
        self.batches: list[Batch] = []

    def start(self) -> None:
        """Generate the sources and start the engines. `batches` are the regular ones and the backfill, in the order of delivery."""
        self.scenario.generate()
        self.batches = list(self.scenario.batches.values())
        self.scenario.start()

    def close(self) -> None:
        """Stop everything, and delete what lies outside the home."""
        self.scenario.stop()
        PostgresEngine(self.home).remove_outside()

    # --- batches

    def load_until(self, batch_id: str) -> State:
        """Deliver and load what is missing up to the batch. The state right after it, also when others have been loaded since."""
        for batch in self.batches:
            if batch_id in self.states:
                break
            if batch.batch_id not in self.states:
                self.scenario.deliver(batch)
                self.scenario.run(batch.batch_id, batch.business_date)
                self.note(batch)
        return self.states[batch_id]

    def note(self, batch: Batch) -> State:
        """Remember the state after a batch that has just been loaded."""
        self.states[batch.batch_id] = State(
            self.differences([*self.states, batch.batch_id]),
            self.checksums(),
            {name: self.query(f"SELECT * FROM warehouse.{name}") for name in ("dim_customer", "dim_part", "dim_supplier")},
        )
        return self.states[batch.batch_id]

    def batch(self, batch_id: str) -> Batch:
        return self.scenario.batches[batch_id]

    # --- the warehouse

    def differences(self, batch_ids: Sequence[str]) -> list[Difference]:
        """How the warehouse differs now from what the oracle expects after these batches, delivered in this order."""
        known = [OracleBatch(self.batch(batch_id).batch_id, self.batch(batch_id).business_date) for batch_id in batch_ids]
        with expected_warehouse(self.home.source, known) as expected:
            return differences(expected, self)

    def export(self, table: str, columns: list[str], target: Path) -> None:
        """As the comparison wants it (`oracle.compare.WarehouseReader`); read past the Data API, straight from the database."""
        wanted = ", ".join(f'"{column}"' for column in columns)
        copy = f"COPY (SELECT {wanted} FROM warehouse.{table}) TO STDOUT WITH (FORMAT csv, HEADER, NULL '\\N')"
        with self.connection() as connection, connection.cursor().copy(copy) as rows, target.open("wb") as file:
            for part in rows:
                file.write(part)

    def checksums(self) -> dict[str, tuple[int, str]]:
        """Rows of every table and a checksum of them, whatever their order."""
        one = "SELECT count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM warehouse.{} t"
        with self.connection() as connection:
            return {table: connection.execute(one.format(table)).fetchone() for table in TABLES}  # type: ignore[misc]

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows by column name."""
        with self.connection() as connection:
            cursor = connection.execute(sql, parameters)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(**PostgresEngine(self.home).conninfo(), autocommit=True) as connection:
            yield connection

    # --- counts and refused records

    def counts(self, batch_id: str) -> dict[str, dict[str, Any]]:
        """What the jobs recorded of the batch, by source."""
        return {source["source"]: source for source in self.scenario.audited_sources(batch_id)}

    def made(self, batch_id: str) -> dict[str, Any]:
        """What the simulator says that it delivered."""
        return self.scenario.made(self.batch(batch_id))

    def refused(self, batch_id: str) -> Counter[Record]:
        """The records in quarantine, placed as the simulator's log places them (API records by their position in the whole feed)."""
        folder = self.bucket("quarantine") / "records"
        files = [str(file) for file in folder.glob(f"source=*/batch_id={batch_id}/*.parquet")]
        if not files:
            return Counter()
        columns = "source, rule, record_key, origin, position"
        read = f"SELECT {columns} FROM read_parquet(?, hive_partitioning = true, hive_types_autocast = false)"
        with duckdb.connect() as connection:
            found = connection.execute(read, [files]).fetchall()
        before = {source: self._records_before(source, batch_id) for source in ("rates", "shipments")}
        return Counter(
            (source, rule, key, source, before[source][origin] + position) if source in before else (source, rule, key, origin, position)
            for source, rule, key, origin, position in found
        )

    def made_bad(self, batch_id: str) -> Counter[Record]:
        """The bad records that the simulator made."""
        lines = (self.home.source / "log" / batch_id / "dirt.jsonl").read_text("utf-8").splitlines()
        records = map(json.loads, lines)
        return Counter((r["source"], r["rule"], r["record_key"], r["origin"], r["position"]) for r in records)

    def bucket(self, layer: str) -> Path:
        return self.home.s3 / _BUCKETS[layer]["name"]

    def _records_before(self, feed: str, batch_id: str) -> dict[str, int]:
        """Per landed page: how many records (for shipments: scans) the pages before it have."""
        day = self.batch(batch_id).business_date
        folder = self.bucket("landing") / "api" / feed / f"ingestion_date={day}" / f"batch_id={batch_id}"
        before, total = {}, 0
        for file in json.loads((folder / "manifest.json").read_text("utf-8"))["files"]:
            before[Path(file["name"]).name] = total
            records = json.loads((folder / file["name"]).read_text("utf-8"))["data"]
            scans = (len(package["scans"]) for record in records for package in record.get("packages", ()))
            total += sum(scans) if feed == "shipments" else len(records)
        return before

    # --- starting again

    def forget_all_but_landing(self) -> None:
        """Empty curated, quarantine and staging, the catalog, the state table and the warehouse, as if only landing had survived."""
        glue, s3, dynamodb = (self.scenario.client(service) for service in ("glue", "s3", "dynamodb"))
        for table in glue.get_tables(DatabaseName="curated")["TableList"]:
            glue.delete_table(DatabaseName="curated", Name=table["Name"])
        for layer in ("curated", "quarantine", "staging"):
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=_BUCKETS[layer]["name"])
            for key in [item["Key"] for page in pages for item in page.get("Contents", ())]:
                s3.delete_object(Bucket=_BUCKETS[layer]["name"], Key=key)
        secrets = secrets_of(self.home)
        dynamodb.delete_table(TableName="etl-state")
        apply(self.scenario.endpoint_url, secrets)
        with self.connection() as connection:
            for (schema,) in connection.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname IN ('warehouse', 'staging', 'ops', 'marts', 'ssb')"
            ).fetchall():
                connection.execute(f"DROP SCHEMA {schema} CASCADE")
