"""The transforms alone, batch by batch on the simulator's files, against the oracle: every row and column of every table.

No job, catalog or database takes part: what fails here is a transform or the contract. The MySQL tables are read from the
simulator's log of what an extraction sees; files and API records are the delivered ones, bad ones included.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl_common.columns import names
from etl_common.contracts import SourceTable
from etl_common.dimensions import changed_members, members_to_build, replaced_members, unknown_member, with_change_marks
from etl_common.duplicates import accepted, classify, counts
from etl_common.frames import instant
from oracle.compare import differences
from oracle.expected import OracleBatch, expected_warehouse
from simulator import Batch, SimulatorConfig, batches, generate, late_batch
from wholesale.sources import CURATED_TABLES, RATE_RECORD, SHIPMENT_DOCUMENT, SOURCES
from wholesale.transforms import dimensions, records
from wholesale.transforms.affected import affected_inventory, affected_order_lines, changed_rates
from wholesale.transforms.exchange_rates import fact_exchange_rate
from wholesale.transforms.inventory import fact_inventory_daily
from wholesale.transforms.order_lines import fact_fulfilment, fact_order_line, keyed_order_lines, order_lines
from wholesale.warehouse import WAREHOUSE

CONFIG = SimulatorConfig(scale=0.01)
ALL_BATCHES = [*batches(CONFIG), late_batch(CONFIG)]
MEMBERS = ("dim_customer", "dim_part", "dim_supplier")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    generate(CONFIG, folder)
    return folder


@pytest.fixture(scope="module")
def pipeline(spark_session: SparkSession, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return Pipeline(spark_session, source, tmp_path_factory.mktemp("lake"))


@pytest.mark.parametrize("number", range(1, len(ALL_BATCHES) + 1), ids=[batch.batch_id for batch in ALL_BATCHES])
def test_after_each_batch_every_table_equals_the_oracle(pipeline: Pipeline, source: Path, number: int) -> None:
    pipeline.run_until(number)

    expected = expected_warehouse(source, [OracleBatch(batch.batch_id, batch.business_date) for batch in ALL_BATCHES[:number]])
    found = differences(expected, pipeline)

    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("number", range(1, len(ALL_BATCHES) + 1), ids=[batch.batch_id for batch in ALL_BATCHES])
def test_what_is_refused_and_repeated_is_what_the_simulator_made(pipeline: Pipeline, source: Path, number: int) -> None:
    pipeline.run_until(number)
    batch_id = ALL_BATCHES[number - 1].batch_id
    log = json.loads((source / "log" / batch_id / "summary.json").read_text())

    for name in ("part", "supplier", "partsupp", "rates", "shipments"):
        verdicts = pipeline.counts[batch_id, name]
        refused = {rule: count for (verdict, rule), count in verdicts.items() if verdict == "quarantined"}
        assert refused == log["quarantined"].get(name, {}), name
        assert verdicts.get(("duplicate", None), 0) == log["duplicates"].get(name, 0), name
        assert sum(verdicts.values()) == log["delivered"].get(name, 0), name


class Pipeline:
    """The lake as Parquet folders, the warehouse likewise; each batch replaces the tables that it changes."""

    def __init__(self, spark: SparkSession, source: Path, folder: Path) -> None:
        self.spark, self.source, self.folder = spark, source, folder
        self.tables: dict[str, DataFrame] = {}
        self.counts: dict[tuple[str, str], dict[tuple[str, str | None], int]] = {}
        self.days: list[date] = []
        self.done = 0

    def run_until(self, number: int) -> None:
        for batch in ALL_BATCHES[self.done : number]:
            self._ingest(batch)
            self._build_dimensions(batch.batch_id)
            self._build_facts(batch)
            self.done += 1

    def export(self, table: str, columns: list[str], target: Path) -> None:
        """As the comparison wants it (`oracle.compare.WarehouseReader`)."""
        files = self.tables[table].inputFiles()
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            wanted = ", ".join(
                f'CAST("{name}" AS TIMESTAMP) AS "{name}"' if _is_time(self.tables[table], name) else f'"{name}"' for name in columns
            )
            connection.read_parquet(files).query("rows", f"SELECT {wanted} FROM rows").write_csv(str(target), na_rep="\\N", header=True)

    # --- sources

    def _ingest(self, batch: Batch) -> None:
        nation = self._delivered(batch, "nation")
        if nation is not None:
            regions = nation.select(F.col("region").alias("name"), F.hash("region").alias("region_id")).distinct()
            numbered = nation.withColumnRenamed("name", "name").withColumn("region_id", F.hash("region"))
            self._replace("nation", records.nations(numbered, regions, batch_id=batch.batch_id))
        listed = self._json(batch, "currencies", T.StructType([T.StructField(n, T.StringType()) for n in ("code", "name", "updated_at")]))
        self._replace("currency", records.currencies(listed, batch_id=batch.batch_id))
        for name in ("customer", "orders", "lineitem"):
            read = self._delivered(batch, name)
            if read is not None:
                self._accept(batch, name, read.withColumn("_origin", F.lit(name)).withColumn("_position", F.lit(None).cast("bigint")))
        for name in ("part", "supplier", "partsupp"):
            self._accept(batch, name, self._csv(batch, SOURCES[name]))
        self._accept(batch, "rates", records.rates(self._json(batch, "rates", RATE_RECORD)))
        self._accept(batch, "shipments", records.scans(self._json(batch, "shipments", SHIPMENT_DOCUMENT)))
        self._reconcile(batch)

    def _accept(self, batch: Batch, name: str, read: DataFrame) -> None:
        table, curated = SOURCES[name], CURATED_TABLES[name]
        nations = self.tables["nation"].select("nation_id", "currency_code").collect()
        codes = {"nation_id": [row.nation_id for row in nations], "currency_code": sorted({row.currency_code for row in nations})}
        lake_names = {"orders": "orders", "part": "part_change", "supplier": "supplier_change", "order_line": "order_line"}
        parents = {parent.name: self.tables[lake_names[parent.name]] for parent in table.parents}
        existing = self.tables.get(curated)
        classified = read.transform(
            classify(table, window_end=batch.window_end, codes=codes, parents=parents, existing=existing, small=existing is not None)
        )
        classified = self._stored(f"classified_{name}", classified)
        self.counts[batch.batch_id, name] = {(row["_verdict"], row["_rule"]): row.records for row in counts(classified).collect()}
        new = classified.transform(accepted(table, batch.batch_id))
        if name == "customer":
            new = new.withColumn("is_deleted", F.lit(False))
        if existing is not None and table.duplicates == "newest_wins" and name != "customer":
            existing = existing.join(new.select(*table.natural_key), on=list(table.natural_key), how="left_anti")
        self._replace(curated, new if existing is None else existing.select(*new.columns).union(new))

    def _reconcile(self, batch: Batch) -> None:
        gone = self.spark.read.parquet(str(self.source / "log" / batch.batch_id / "deleted_customers.parquet"))
        changes = self.tables["customer_change"]
        present = changes.select("customer_id").distinct().join(gone, on="customer_id", how="left_anti")
        deletes = records.deleted_customers(changes, present, window_end=instant(batch.window_end), batch_id=batch.batch_id)
        self._replace("customer_change", changes.unionByName(deletes))

    # --- warehouse

    def _build_dimensions(self, batch_id: str) -> None:
        lines, orders, nations = (self.tables[name] for name in ("order_line", "orders", "nation"))
        changed_orders = orders.filter(F.col("batch_id") == batch_id).select("order_id")
        changed_lines = lines.filter(F.col("batch_id") == batch_id).unionByName(
            lines.filter(F.col("batch_id") != batch_id).join(changed_orders, on="order_id", how="left_semi")
        )
        named = {
            "dim_customer": dimensions.referenced_customers(changed_lines, orders),
            "dim_part": changed_lines.select("part_id"),
            "dim_supplier": changed_lines.select("supplier_id"),
        }
        for name in MEMBERS:
            self._build_members(name, named[name], batch_id)
        self._finish("dim_geography", dimensions.dim_geography(nations), batch_id)
        self._finish("dim_currency", dimensions.dim_currency(nations, self.tables["currency"]), batch_id)
        known = self.tables.get("dim_order_profile")
        known = None if known is None else known.filter("order_profile_key <> -1")
        self._finish("dim_order_profile", dimensions.dim_order_profile(order_lines(changed_lines, orders), known), batch_id)
        self._finish("dim_date", dimensions.dim_date(self.spark), batch_id)

    def _build_members(self, name: str, named: DataFrame, batch_id: str) -> None:
        dimension = WAREHOUSE.dimension(name)
        key = list(names(dimension.natural_key))
        changes, before = self.tables[f"{name.removeprefix('dim_')}_change"], self.tables.get(name)
        if before is not None:
            changed = changes.filter(F.col("batch_id") == batch_id)
            members = members_to_build(dimension, changed=changed, referenced=named, before=before).localCheckpoint()
            changes = changes.join(members, on=key, how="left_semi")
            named = before.filter("is_inferred").select(*key).union(named.select(*key)).join(members, on=key, how="left_semi")
        build = {
            "dim_customer": lambda: dimensions.dim_customer(changes, self.tables["nation"], named),
            "dim_part": lambda: dimensions.dim_part(changes, named),
            "dim_supplier": lambda: dimensions.dim_supplier(changes, self.tables["nation"], named),
        }
        self._finish(name, build[name](), batch_id, replace_members=before is not None)

    def _finish(self, name: str, rows: DataFrame, batch_id: str, *, replace_members: bool = False) -> None:
        dimension, before = WAREHOUSE.dimension(name), self.tables.get(name)
        if not replace_members:
            rows = rows.transform(unknown_member(dimension))
        repoints = dimensions.REPOINTING.get(name, ())
        rows = rows.transform(with_change_marks(dimension, before=before, batch_id=batch_id, repoints=repoints))
        self._replace(name, rows.transform(replaced_members(dimension, before=before)) if replace_members and before is not None else rows)

    def _build_facts(self, batch: Batch) -> None:
        tables, batch_id = self.tables, batch.batch_id
        moved = {name: tables[name].transform(changed_members(WAREHOUSE.dimension(name), batch_id=batch_id)) for name in MEMBERS}
        customers, parts, suppliers = (moved[name] for name in MEMBERS)
        if self.done == 0:
            concerned = order_lines(tables["order_line"], tables["orders"])
        else:
            rates = changed_rates(tables["exchange_rate"], batch_id=batch_id)
            concerned = affected_order_lines(
                *(tables["order_line"], tables["orders"]),
                batch_id=batch_id,
                **{"customers": customers, "parts": parts, "suppliers": suppliers, "rates": rates, "scans": tables["shipment_scan"]},
            )
        keyed = self._stored("keyed", concerned.transform(keyed_order_lines(tables)))
        self._upsert("fact_order_line", keyed.transform(fact_order_line(tables["exchange_rate"])))
        self._upsert("fact_fulfilment", keyed.transform(fact_fulfilment(tables["shipment_scan"])))
        new_days = [] if batch.business_date in self.days else [batch.business_date]
        stock = fact_inventory_daily(
            *(tables["partsupp_change"], tables),
            days=new_days,
            restated_days=self.days,
            affected=affected_inventory(tables["partsupp_change"], batch_id=batch_id, parts=parts, suppliers=suppliers),
        )
        self.days += new_days
        self._upsert("fact_inventory_daily", stock)
        new_rates = tables["exchange_rate"].filter(F.col("batch_id") == batch_id)
        self._upsert("fact_exchange_rate", fact_exchange_rate(new_rates, tables))

    # --- storage

    def _stored(self, name: str, frame: DataFrame) -> DataFrame:
        path = str(self.folder / f"{self.done}-{len(list(self.folder.iterdir()))}-{name}")
        frame.write.parquet(path)
        return self.spark.read.parquet(path)

    def _replace(self, name: str, frame: DataFrame) -> None:
        self.tables[name] = self._stored(name, frame)

    def _upsert(self, name: str, rows: DataFrame) -> None:
        key, before = list(WAREHOUSE.fact(name).grain), self.tables.get(name)
        rows = self._stored(f"new_{name}", rows)
        self._replace(name, rows if before is None else before.join(rows.select(*key), on=key, how="left_anti").union(rows))

    # --- reading

    def _delivered(self, batch: Batch, source: str) -> DataFrame | None:
        file = self.source / "log" / batch.batch_id / "delivered" / f"{source}.parquet"
        if not file.exists():
            return None
        read = self.spark.read.parquet(str(file)).drop("origin", "position")
        return read.select(*(F.col(f.name).cast("timestamp") if f.dataType == T.TimestampNTZType() else F.col(f.name) for f in read.schema))

    def _json(self, batch: Batch, feed: str, record: T.StructType) -> DataFrame:
        lines = (self.source / "api" / batch.batch_id / f"{feed}.jsonl").read_text().splitlines()
        numbered = self.spark.createDataFrame(list(enumerate(lines, 1)), "_position bigint, _line string")
        parsed = numbered.select(F.from_json("_line", record).alias("_record"), "_position", F.lit(feed).alias("_origin"))
        return parsed.select("_record.*", "_position", "_origin")

    def _csv(self, batch: Batch, table: SourceTable) -> DataFrame:
        folder = self.source / "csv" / batch.batch_id / table.name
        rows = [row for file in sorted(folder.glob("*.csv*")) for row in _csv_records(file, len(table.column_names))]
        read = [*table.raw_schema.fields, *T._parse_datatype_string(_READ).fields]  # type: ignore[attr-defined]
        return self.spark.createDataFrame(rows, T.StructType(read))


_READ = "_origin string, _position bigint, _ragged boolean, _broken_encoding boolean"


def _csv_records(file: Path, width: int) -> Iterator[tuple[Any, ...]]:
    """Records of one file by Python's csv module, over ISO-8859-1 so that a broken byte stays in its field."""
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    reader = csv.reader(io.StringIO(content.decode("latin-1"), newline=""))
    next(reader)
    for number, fields in enumerate(reader, 1):
        ragged = len(fields) != width
        broken, texts = False, []
        for field in fields:
            try:
                texts.append(field.encode("latin-1").decode())
            except UnicodeDecodeError:
                broken = True
                texts.append(field)
        yield (*reduce(lambda row, _: [*row, None], range(width), texts)[:width], file.name, number, ragged, broken)


def _is_time(frame: DataFrame, name: str) -> bool:
    return isinstance(frame.schema[name].dataType, T.TimestampType)


def test_the_window_of_a_batch_is_its_business_date() -> None:
    assert ALL_BATCHES[0].window_end == datetime(1998, 6, 15) + timedelta(days=1)
