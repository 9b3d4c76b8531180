"""Results of rules, as values that become JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from etl_common.exceptions import QualityError
from etl_common.quality.rules import Severity

__all__ = ["QualityReport", "RuleResult"]


@dataclass(frozen=True)
class RuleResult:
    """What one rule expected and what was observed; `sample` holds a few bad rows as text."""

    table: str
    rule: str
    severity: Severity
    passed: bool
    expected: str
    observed: str
    failed_rows: int | None = None
    sample: tuple[Mapping[str, str | None], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"sample": [dict(row) for row in self.sample]}


@dataclass(frozen=True)
class QualityReport:
    """All results of an evaluation."""

    results: tuple[RuleResult, ...]

    @property
    def failed(self) -> tuple[RuleResult, ...]:
        return tuple(result for result in self.results if not result.passed)

    @property
    def blocking(self) -> tuple[RuleResult, ...]:
        return tuple(result for result in self.failed if result.severity == "block")

    @property
    def passed(self) -> bool:
        """Whether the batch may go on: warnings do not stop it."""
        return not self.blocking

    def raise_if_blocked(self) -> None:
        """Raises QualityError naming every blocking rule that failed."""
        if self.blocking:
            raise QualityError([f"{r.table}.{r.rule}: expected {r.expected}, observed {r.observed}" for r in self.blocking])

    def as_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "rules": len(self.results),
            "blocking": len(self.blocking),
            "warnings": len(self.failed) - len(self.blocking),
            "results": [result.as_json() for result in self.results],
        }

    @classmethod
    def of(cls, results: Iterable[RuleResult]) -> QualityReport:
        return cls(tuple(results))
