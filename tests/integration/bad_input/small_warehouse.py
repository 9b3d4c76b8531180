"""A warehouse of a few records that a test writes itself: real engines and jobs, and input that can be spoilt at will."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pymysql
from pyarrow import parquet

from localaws.bootstrap import apply, client, secrets_of
from localaws.engines.spark_conf import OWN_SETTINGS
from localaws.engines.stack import Stack
from localaws.glue.launcher import runner_environment
from localaws.home import Home
from simulator.mysql_schema import TABLES
from wholesale.sources import SOURCES

__all__ = ["DAY", "CsvFile", "Run", "SmallWarehouse", "batch_id", "csv_text"]

DAY = "1998-06-15"
ENGINES = ("mysql", "source-api", "spark")
# Few rows and many plans: what compiles them takes longer than what runs them.
_SMALL_AND_MANY = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
}
_ENDED = {"SUCCEEDED", "FAILED", "ERROR", "STOPPED", "TIMEOUT"}


@dataclass(frozen=True)
class Run:
    """How a job run ended. error: what GetJobRun says."""

    state: str
    error: str
    output: str
    error_log: str


@dataclass(frozen=True)
class CsvFile:
    """A file as stored, and how many records its sender says that it holds."""

    name: str
    body: bytes
    rows: int

    @property
    def entry(self) -> dict[str, Any]:
        return {"name": self.name, "rows": self.rows, "bytes": len(self.body), "sha256": hashlib.sha256(self.body).hexdigest()}


def batch_id(name: str) -> str:
    """A batch of a test's own: what tests call `batch` is its suffix."""
    return f"{DAY}-{name}"


def csv_text(table: str, *records: Sequence[Any]) -> bytes:
    """The records with the table's header, as its sender writes them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SOURCES[table].column_names)
    writer.writerows(records)
    return text.getvalue().encode()


class SmallWarehouse:
    """Engines, a deployment, and what tests do with them. Every batch has the same business date and a name of its own."""

    def __init__(self, home: Home) -> None:
        self.home, self.stack = home, Stack(home)
        self._reader: subprocess.Popen[str] | None = None

    @contextmanager
    def running(self, engines: Sequence[str] = ENGINES) -> Iterator[SmallWarehouse]:
        """The engines that the ingest jobs need, or some of them and what those need."""
        (self.home.make().root / OWN_SETTINGS).write_text(json.dumps(_SMALL_AND_MANY), "utf-8")
        try:
            self.stack.start(engines)
            yield self
        finally:
            self._stop_reader()
            self.stack.stop()

    def deploy(self) -> None:
        """Apply the deployment with the secrets of the engines as they run now."""
        apply(self.endpoint_url, secrets_of(self.home))

    @property
    def endpoint_url(self) -> str:
        return self.stack.engines["endpoint"].endpoint

    def client(self, service: str) -> Any:
        return client(service, self.endpoint_url)

    # ---- jobs

    def start(self, job: str, batch: str, **arguments: Any) -> str:
        given = {"--batch_id": batch_id(batch), "--business_date": DAY} | {f"--{name}": str(value) for name, value in arguments.items()}
        return str(self.client("glue").start_job_run(JobName=job, Arguments=given)["JobRunId"])

    def wait(self, job: str, run_id: str, timeout: float = 240) -> Run:
        glue, deadline = self.client("glue"), time.monotonic() + timeout
        while (run := glue.get_job_run(JobName=job, RunId=run_id)["JobRun"])["JobRunState"] not in _ENDED:
            assert time.monotonic() < deadline, f"{job} still runs after {timeout} s: {run}"
            time.sleep(0.1)
        output, errors = ((self.home.runs / run_id / name).read_text("utf-8") for name in ("output.log", "error.log"))
        return Run(run["JobRunState"], run.get("ErrorMessage", ""), output, errors)

    def run(self, job: str, batch: str, **arguments: Any) -> Run:
        return self.wait(job, self.start(job, batch, **arguments))

    def succeed(self, job: str, batch: str, **arguments: Any) -> Run:
        run = self.run(job, batch, **arguments)
        assert run.state == "SUCCEEDED", f"{run.error}\n{run.error_log}"
        return run

    def fail(self, job: str, batch: str, **arguments: Any) -> str:
        """The error of a run that must fail."""
        run = self.run(job, batch, **arguments)
        assert run.state == "FAILED", f"{job} ended {run.state}:\n{run.output}"
        return run.error.removeprefix("etl_common.exceptions.")

    # ---- what jobs leave

    def sql(self, statement: str) -> list[list[Any]]:
        """Rows of a statement on the lake; {curated} stands for its database."""
        reader = self._reader or self._start_reader()
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write(" ".join(statement.format(curated="glue_catalog.curated").split()) + "\n")
        reader.stdin.flush()
        line = reader.stdout.readline()
        assert line, f"the reader ended: {(self.home.root / 'reader.log').read_text('utf-8')}"
        rows: list[list[Any]] = json.loads(line)
        return rows

    def quarantined(self, source: str, batch: str) -> list[dict[str, Any]]:
        """A batch's refused records of a source, by origin and position."""
        s3, rows = self.client("s3"), []
        for item in self._listed("wholesale-quarantine", f"records/source={source}/batch_id={batch_id(batch)}/"):
            if item.endswith(".parquet"):
                body = s3.get_object(Bucket="wholesale-quarantine", Key=item)["Body"].read()
                rows += parquet.ParquetFile(io.BytesIO(body)).read().to_pylist()
        return sorted(rows, key=lambda row: (row["origin"], row["position"] or 0, row["record_key"] or ""))

    def counts(self, job: str, batch: str) -> dict[str, tuple[int, int, dict[str, int], int]]:
        """source -> read, accepted, quarantined by rule, duplicates, as the audit record has them."""
        body = self.client("s3").get_object(Bucket="wholesale-logs", Key=f"audit/batch_id={batch_id(batch)}/{job}.json")["Body"].read()
        return {s["source"]: (s["read"], s["accepted"], s["quarantined"], s["duplicates"]) for s in json.loads(body)["sources"]}

    def landed(self, system: str, table: str, batch: str) -> bool:
        """Whether an extraction was committed."""
        return any(key.endswith("/manifest.json") for key in self._listed("wholesale-landing", _folder(system, table, batch)))

    def _listed(self, bucket: str, prefix: str) -> list[str]:
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    # ---- sources

    def deliver(self, table: str, batch: str, *files: CsvFile, manifest: bytes | None = None) -> None:
        """Put files and then their manifest into the landing folder, which held nothing of the batch or is emptied."""
        s3, folder = self.client("s3"), _folder("csv", table, batch)
        for key in self._listed("wholesale-landing", folder):
            s3.delete_object(Bucket="wholesale-landing", Key=key)
        for file in files:
            s3.put_object(Bucket="wholesale-landing", Key=folder + file.name, Body=file.body)
        content = {"table": table, "batch_id": batch_id(batch), "business_date": DAY, "files": [file.entry for file in files]}
        s3.put_object(Bucket="wholesale-landing", Key=folder + "manifest.json", Body=manifest or json.dumps(content).encode())

    def deliver_records(self, table: str, batch: str, *records: Sequence[Any]) -> None:
        """Deliver well-formed records, or none, in one compressed file."""
        files = [CsvFile(f"{table}-001.csv.gz", gzip.compress(csv_text(table, *records)), len(records))] if records else []
        self.deliver(table, batch, *files)

    def put_landed(self, key: str, body: bytes | None) -> None:
        """Replace an object of the landing bucket, or remove it."""
        s3 = self.client("s3")
        if body is None:
            s3.delete_object(Bucket="wholesale-landing", Key=key)
        else:
            s3.put_object(Bucket="wholesale-landing", Key=key, Body=body)

    def landing_key(self, table: str, batch: str, name: str) -> str:
        return _folder("csv", table, batch) + name

    def publish(self, batch: str, **feeds: Sequence[Mapping[str, Any]]) -> None:
        """What the API serves for a batch."""
        folder = self.home.source / "api" / batch_id(batch)
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("currencies", "rates", "shipments"):
            lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in feeds.get(name, ())]
            (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")

    def api(self, method: str, path: str, content: Any = None) -> Any:
        """A request to the API's own administration."""
        headers = {"Authorization": f"Bearer {self.home.credentials.api_token}"}
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.stack.engines["source-api"].endpoint + path, body, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            return json.loads(answer.read())

    def fault(self, kind: str, path: str, **options: Any) -> None:
        self.api("POST", "/_admin/faults", {"kind": kind, "path": path, **options})

    def mysql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements in the source database; the last one's rows."""
        with closing(pymysql.connect(**self.stack.engines["mysql"].connection_arguments(), autocommit=True)) as connection:  # type: ignore[attr-defined]
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())

    def make_database(self) -> None:
        """Two nations, two customers, two orders of three lines."""
        self.mysql(
            *TABLES,
            "insert into region values (1, 'EUROPE')",
            "insert into nation values (6, 'FRANCE', 1, 'EUR'), (7, 'GERMANY', 1, 'EUR'), (23, 'UNITED KINGDOM', 1, 'GBP')",
            *(f"insert into customer values ({n}, 'Customer#{n}', 'Street {n}', 7, '17-000', 1.50, 'BUILDING', null, '1998-06-01')"
              for n in (1, 2)),
            *(f"insert into orders values ({n}, {n}, 'O', 'EUR', 100.00, '1998-06-02 10:00:00', '1-URGENT', 'Clerk#1', 0, null, 0, "
              "'1998-06-02 10:00:00')" for n in (1, 2)),
            *(f"insert into lineitem values ({order}, {line}, 1, 1, 5.00, 50.00, 0.05, 0.02, 'N', '1998-06-20', null, null, null, "
              "'NONE', 'MAIL', null, '1998-06-02 10:00:00')" for order, line in ((1, 1), (1, 2), (2, 1))),
        )  # fmt: skip

    # ---- the reader

    def _start_reader(self) -> subprocess.Popen[str]:
        folder = self.home.runs / "reader"
        environment = runner_environment(self.home, self.endpoint_url, folder)
        with (self.home.root / "reader.log").open("w") as log:
            self._reader = subprocess.Popen(
                [sys.executable, os.path.join(os.path.dirname(__file__), "lake_reader.py"), "reader"],
                env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        return self._reader

    def _stop_reader(self) -> None:
        if self._reader is not None:
            self._reader.communicate(timeout=30)
            self._reader = None


def _folder(system: str, table: str, batch: str) -> str:
    return f"{system}/{table}/ingestion_date={DAY}/batch_id={batch_id(batch)}/"
