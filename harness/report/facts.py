"""What a report says, as values; everything shown is computed here, so that HTML and JSON cannot differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["DimensionState", "Funnel", "LedgerRow", "RuleOutcome", "RunReport", "Step", "TableWrite"]


@dataclass(frozen=True)
class Step:
    """One run of a job for the batch. state: Glue's job run state."""

    job: str
    run_id: str | None
    state: str
    started_at: datetime
    finished_at: datetime | None
    error: str | None = None

    @property
    def seconds(self) -> float | None:
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class Funnel:
    """Records of a source in the batch; each is exactly one of accepted, quarantined, duplicate."""

    source: str
    job: str
    read: int
    accepted: int
    duplicates: int
    quarantined: Mapping[str, int]

    @property
    def refused(self) -> int:
        return sum(self.quarantined.values())

    @property
    def balances(self) -> bool:
        return self.read == self.accepted + self.refused + self.duplicates


@dataclass(frozen=True)
class TableWrite:
    """What a job of the batch did to a table."""

    job: str
    table: str
    operation: str
    rows: int | None


@dataclass(frozen=True)
class DimensionState:
    """A dimension with history as the warehouse has it now. began_on_the_day: versions that begin on the business date."""

    dimension: str
    members: int
    versions: int
    began_on_the_day: int
    inferred: int
    deleted: int


@dataclass(frozen=True)
class LedgerRow:
    """The load ledger's row of the batch."""

    loaded_at: str
    loaded_rows: int
    client_token: str


@dataclass(frozen=True)
class RuleOutcome:
    """One rule of the quality gate."""

    phase: str
    table: str
    rule: str
    severity: str
    passed: bool
    expected: str
    observed: str
    sample: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class RunReport:
    """All facts about a batch. warehouse: why its tables could not be read, None when they were."""

    batch_id: str
    business_date: str
    written_at: datetime
    steps: tuple[Step, ...]
    funnels: tuple[Funnel, ...]
    tables: tuple[TableWrite, ...]
    rules: tuple[RuleOutcome, ...]
    watermarks: Mapping[str, Mapping[str, str | None]]
    dimensions: tuple[DimensionState, ...] = ()
    ledger: LedgerRow | None = None
    warehouse_error: str | None = None
    problems: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "problems", tuple(self._problems()))

    @property
    def latest(self) -> dict[str, Step]:
        """The last run of each job: an earlier failure that was repeated is history."""
        found: dict[str, Step] = {}
        for step in sorted(self.steps, key=lambda s: s.started_at):
            found[step.job] = step
        return found

    @property
    def status(self) -> str:
        """`failed`, `running`, `loaded`, or `unfinished` when nothing runs, nothing failed and the ledger has no row."""
        if self.problems:
            return "failed"
        if any(step.finished_at is None for step in self.latest.values()):
            return "running"
        return "loaded" if self.ledger else "unfinished"

    @property
    def retry(self) -> str | None:
        """The command that goes on from where the batch stopped; None when there is nothing to do."""
        return None if self.status in ("loaded", "running") else f"./etl run --batch {self.batch_id}"

    def _problems(self) -> list[str]:
        failed = [s for s in self.latest.values() if s.state in ("FAILED", "ERROR", "TIMEOUT", "STOPPED", "EXPIRED")]
        found = [f"{step.job} {step.state.lower()}: {step.error or 'no message'}" for step in failed]
        found += [f"{funnel.source} does not balance: {funnel.read} read" for funnel in self.funnels if not funnel.balances]
        found += [f"{r.table}.{r.rule}: expected {r.expected}, observed {r.observed}" for r in self.rules if self._blocks(r)]
        return found

    @staticmethod
    def _blocks(rule: RuleOutcome) -> bool:
        return not rule.passed and rule.severity == "block"

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """From the first start to the last end among the latest runs."""
        steps = list(self.latest.values())
        if not steps:
            return None
        return min(s.started_at for s in steps), max(s.finished_at or self.written_at for s in steps)

    @property
    def warnings(self) -> tuple[RuleOutcome, ...]:
        return tuple(rule for rule in self.rules if not rule.passed and rule.severity == "warn")

    def as_json(self) -> dict[str, Any]:
        """The JSON twin: the same facts and what follows from them."""
        content = asdict(self) | {"status": self.status, "retry": self.retry}
        content["steps"] = [asdict(step) | {"seconds": step.seconds} for step in self.steps]
        content["funnels"] = [asdict(funnel) | {"refused": funnel.refused, "balances": funnel.balances} for funnel in self.funnels]
        return content
