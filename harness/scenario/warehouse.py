"""Scenario 2: CSV files, a JSON API and a MySQL database become a star schema in Redshift."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import date
from typing import Any

import pymysql

from etl_common.redshift import LoadLedger, RedshiftDataApi, Target
from localaws.bootstrap import apply_to, client
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.stack import Event, Stack
from localaws.home import CHECKOUT, Home
from scenario.pipeline import JobRun, Pipeline, Progress
from simulator import Batch, SimulatorConfig, generate, generated_batches, load_mysql, upload_csv

__all__ = ["Progress", "WarehouseScenario", "silent"]

def silent(what: str, state: str, detail: str) -> None:
    """A progress that nobody watches."""


class WarehouseScenario:
    """Sources, engines and deployment of one home, and the batches that run on them."""

    def __init__(self, home: Home, config: SimulatorConfig) -> None:
        self.home, self.config = home, config
        self.stack = Stack(home)

    def generate(self) -> list[Batch]:
        """The sources' files (kept when they are there), and the regular batches in order."""
        generate(self.config, self.home.make().source)
        return [batch for batch in self.batches.values() if not batch.is_late]

    @property
    def batches(self) -> dict[str, Batch]:
        """Every batch that the sources can deliver, the backfill last."""
        return generated_batches(self.home.source)

    @contextmanager
    def running(self, on_event: Event | None = None) -> Iterator[None]:
        """Engines up and the deployment applied; what was not running before is stopped at the end, whatever happens."""
        before = self.running_engines()
        try:
            self.start(on_event)
            yield
        finally:
            self.stop(keep=before)

    def start(self, on_event: Event | None = None) -> None:
        """Start what does not run and apply the deployment."""
        self.stack.start(on_event=on_event)
        apply_to(self.home, self.endpoint_url)

    def running_engines(self) -> set[str]:
        """Names of the engines that run now."""
        return {status.name for status in self.stack.status() if status.health.state == "running"}

    def stop(self, keep: Collection[str] = ()) -> None:
        """Stop every engine but those to keep."""
        self.stack.stop(set(self.stack.engines) - set(keep))

    @property
    def endpoint_url(self) -> str:
        return EndpointEngine(self.home).endpoint

    def client(self, service: str) -> Any:
        """A boto3 client of this scenario's endpoint."""
        return client(service, self.endpoint_url)

    def deliver(self, batch: Batch) -> None:
        """Let the sources deliver the batch: MySQL's changes and the CSV files. The API serves every batch at any time."""
        with closing(pymysql.connect(**MariaDBEngine(self.home).connection_arguments())) as connection:
            load_mysql(self.home.source, batch.batch_id, connection)
        upload_csv(self.home.source, batch.batch_id, self.client("s3"), _bucket("landing"))

    def run(self, batch_id: str, business_date: date, progress: Progress = silent, from_step: str | None = None) -> list[JobRun]:
        """Run the pipeline for a batch. Raises PipelineFailedError, UnknownStepError."""
        pipeline = Pipeline.load(CHECKOUT / "deployment" / "pipeline.json", self.client("glue"), self._log_of)
        return pipeline.run(batch_id, business_date, progress, from_step)

    def loaded_batches(self) -> set[str]:
        """The batches that the load ledger has; none before the warehouse's tables exist."""
        api = RedshiftDataApi(self.client("redshift-data"), Target("warehouse", workgroup="wholesale"))
        if not api.query("SELECT 1 AS found FROM information_schema.tables WHERE table_schema = 'ops' AND table_name = 'load_ledger'"):
            return set()
        return LoadLedger(api).batches()

    def audited_sources(self, batch_id: str) -> list[dict[str, Any]]:
        """The counts that the ingest jobs recorded for the batch, one per source: read, accepted, quarantined by rule, duplicates."""
        s3, bucket = self.client("s3"), _bucket("logs")
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"audit/batch_id={batch_id}/").get("Contents", [])
        records = [json.loads(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()) for item in listed]
        return sorted((source for record in records for source in record["sources"]), key=lambda source: str(source["source"]))

    def _log_of(self, run_id: str) -> str:
        return str(self.home.runs / run_id / "error.log")

    def made(self, batch: Batch) -> dict[str, Any]:
        """What the simulator says it delivered in the batch: `delivered`, `quarantined`, `duplicates`, `changes`."""
        summary = self.home.source / "log" / batch.batch_id / "summary.json"
        found: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
        return found


def _bucket(layer: str) -> str:
    return str(json.loads((CHECKOUT / "deployment" / "buckets.json").read_text(encoding="utf-8"))[layer]["name"])
