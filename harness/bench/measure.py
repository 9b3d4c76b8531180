"""One measured pass: sources, engines, the batch that brings all history, and a batch of changes, in a home of its own.

Cold means: a new home, a driver that has just started, and, as root, an empty page cache before each batch.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bench.limits import limits
from bench.meter import Meter, Usage
from localaws.engines.postgres import PostgresEngine
from localaws.engines.spark_conf import DRIVER_MEMORY, FULL_JIT, OWN_SETTINGS
from localaws.home import Home
from scenario import WarehouseScenario
from simulator import Batch, SimulatorConfig

__all__ = ["Line", "Measurement", "measure"]

FULL_JIT_FROM = 0.5
"""From this scale on, the second Java compiler is used, too."""
QUICK = 0.1
"""Seconds below which a statement of the load has no line of its own."""
_DROP = Path("/proc/sys/vm/drop_caches")
Show = Callable[[str], None]


@dataclass(frozen=True)
class Line:
    """A row of the table. usage is None for a part whose time something else tells (a job's run, a statement)."""

    stage: str
    seconds: float
    rows: int | None = None
    usage: Usage | None = None


@dataclass
class Measurement:
    """Everything about one pass."""

    scale: float
    days_per_batch: int
    settings: dict[str, str]
    lines: list[Line] = field(default_factory=list)
    limits: list[Line] = field(default_factory=list)

    @property
    def peak_bytes(self) -> int:
        """The highest memory of all stages."""
        return max((line.usage.peak_bytes for line in self.lines if line.usage), default=0)


def measure(folder: Path, config: SimulatorConfig, show: Show, *, with_limits: bool = True) -> Measurement:
    """Measure one pass in `folder`, which is deleted before and after; engines are stopped whatever happens."""
    _delete(folder)
    home = Home(folder).make()
    settings = _settings(config.scale)
    (home.root / OWN_SETTINGS).write_text(json.dumps(settings), "utf-8")
    made = Measurement(config.scale, config.days_per_batch, {**settings, "cores": str(len(os.sched_getaffinity(0)))})
    scenario = WarehouseScenario(home, config)
    meter = Meter(lambda: [pid for engine in scenario.stack.engines.values() if (pid := engine.pid) is not None])
    try:
        with meter:
            _Pass(scenario, meter, made, show).run()
        if with_limits:
            made.limits = limits(scenario, show)
        return made
    finally:
        scenario.stop()
        _delete(folder)


class _Pass:
    """The stages in order."""

    def __init__(self, scenario: WarehouseScenario, meter: Meter, made: Measurement, show: Show) -> None:
        self.scenario, self.meter, self.made, self.show = scenario, meter, made, show

    def run(self) -> None:
        days: list[Batch] = []
        self._stage("generate the sources", lambda: days.extend(self.scenario.generate()))
        self._stage("start the engines", self.scenario.start)
        for batch in days:
            first = batch is days[0]
            kind = "all history" if first else f"{self.made.days_per_batch} day{'s' * (self.made.days_per_batch > 1)} of changes"
            self._stage(f"deliver: {kind}", partial(self.scenario.deliver, batch), rows=self._delivered(batch))
            _drop_caches()
            self._batch(batch, kind)

    def _batch(self, batch: Batch, kind: str) -> None:
        runs: list[Any] = []
        self._stage(
            f"sources to warehouse: {kind}",
            lambda: runs.extend(self.scenario.run(batch.batch_id, batch.business_date)),
            rows=self._delivered(batch),
        )
        phases = iter(("dimensions", "facts"))
        for run in runs:
            name = f"{run.job} {next(phases)}" if run.job == "quality_gate" else run.job
            self._add(Line(f"- {name}", run.seconds, self._rows(batch, run.job)))
        for line in _load_statements(self.scenario, batch):
            self._add(line)

    def _stage(self, name: str, work: Callable[[], object], rows: int | None = None) -> None:
        with self.meter.stage(lambda usage: self._add(Line(name, usage.seconds, rows, usage))):
            work()

    def _add(self, line: Line) -> None:
        self.made.lines.append(line)
        self.show(f"{line.stage}: {line.seconds:.1f} s" + (f", {line.rows:,} rows" if line.rows else ""))

    def _delivered(self, batch: Batch) -> int:
        return sum(self.scenario.made(batch)["delivered"].values())

    def _rows(self, batch: Batch, job: str) -> int | None:
        """Records that the job read, or rows that it wrote, as its audit record says."""
        bucket, key = "wholesale-logs", f"audit/batch_id={batch.batch_id}/{job}.json"
        s3 = self.scenario.client("s3")
        with suppress(s3.exceptions.NoSuchKey):
            audit = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            read = sum(source["read"] for source in audit["sources"])
            return read or sum(table["rows"] or 0 for table in audit["tables"]) or None
        return None


def _load_statements(scenario: WarehouseScenario, batch: Batch) -> list[Line]:
    """The statements of the load's transaction, as the Data API describes them; the quick ones together."""
    api = scenario.client("redshift-data")
    name = f"load {batch.batch_id}"
    listed = api.list_statements(StatementName=name, Status="FINISHED")["Statements"]
    found, others = [], 0.0
    for statement in (item for item in listed if item["StatementName"] == name):
        for part in api.describe_statement(Id=statement["Id"])["SubStatements"]:
            seconds, rows = part["Duration"] / 1e9, part.get("ResultRows", -1)
            if seconds < QUICK:
                others += seconds
                continue
            words = part["QueryString"].split()
            found.append(Line(f"  - {' '.join(words[: 2 if words[0] == 'COPY' else 3])}", seconds, rows if rows > 0 else None))
    return [*found, Line(f"  - statements of less than {QUICK} s", others)]


def _settings(scale: float) -> dict[str, str]:
    java = {"spark.driver.extraJavaOptions": FULL_JIT} if scale >= FULL_JIT_FROM else {}
    return {"spark.driver.memory": os.environ.get(DRIVER_MEMORY) or "3g", **java}


def _drop_caches() -> None:
    os.sync()
    with suppress(OSError):  # not root, or a container that may not
        _DROP.write_text("3")


def _delete(folder: Path) -> None:
    if folder.exists():
        engine = PostgresEngine(Home(folder))
        engine.stop()
        engine.remove_outside()
        shutil.rmtree(folder)
