"""What can be asked of a table. Rules are values; nothing here touches data.

A rule of severity `block` stops the batch, one of severity `warn` is reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from etl_common.exceptions import ModelError

__all__ = ["ForeignKeyRule", "HistoryRule", "Metric", "MetricKind", "MetricRule", "RowRule", "Ruleset", "Severity", "UniqueRule", "merged"]

Severity = Literal["block", "warn"]
MetricKind = Literal["size", "completeness", "compliance", "minimum", "maximum", "mean", "approximate_distinct"]


@dataclass(frozen=True)
class Metric:
    """One number about a table. of: a column, or for `compliance` a condition in SQL; empty for `size`.

    completeness and compliance are shares from 0 to 1: of rows with a value, of rows that satisfy.
    """

    kind: MetricKind
    of: str = ""

    def __post_init__(self) -> None:
        if (self.kind == "size") == bool(self.of):
            raise ModelError(f"metric {self.kind}", f"is asked of {self.of!r}", "name a column or a condition, and nothing for size")

    def __str__(self) -> str:
        return f"{self.kind}({self.of})" if self.of else self.kind


@dataclass(frozen=True)
class MetricRule:
    """A metric within bounds, both inclusive."""

    name: str
    metric: Metric
    at_least: float | None = None
    at_most: float | None = None
    severity: Severity = "warn"

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ModelError(f"rule {self.name}", "has no bound", "give at_least, at_most or both")

    @property
    def expected(self) -> str:
        lower = [f">= {self.at_least:g}"] if self.at_least is not None else []
        upper = [f"<= {self.at_most:g}"] if self.at_most is not None else []
        return f"{self.metric} {' and '.join(lower + upper)}"

    def holds(self, observed: float) -> bool:
        return (self.at_least is None or observed >= self.at_least) and (self.at_most is None or observed <= self.at_most)


@dataclass(frozen=True)
class RowRule:
    """A condition in SQL that no row makes false; a row for which it is null satisfies it, as with CHECK."""

    name: str
    condition: str
    severity: Severity = "block"


@dataclass(frozen=True)
class UniqueRule:
    """No two rows have the same values. show: more columns for the sample of bad rows."""

    name: str
    columns: tuple[str, ...]
    show: tuple[str, ...] = ()
    severity: Severity = "block"


@dataclass(frozen=True)
class ForeignKeyRule:
    """Every value of the column is a value of `references.key`; null is not looked up."""

    name: str
    column: str
    references: str
    key: str
    severity: Severity = "block"


@dataclass(frozen=True)
class HistoryRule:
    """The versions of each member follow each other from the beginning of time to its end, the last current.

    The columns are named as everywhere: effective_from, effective_to, is_current.
    """

    natural_key: tuple[str, ...]
    severity: Severity = "block"


@dataclass(frozen=True)
class Ruleset:
    """All rules of one table."""

    table: str
    rows: tuple[RowRule, ...] = ()
    unique: tuple[UniqueRule, ...] = ()
    foreign_keys: tuple[ForeignKeyRule, ...] = ()
    history: HistoryRule | None = None
    metrics: tuple[MetricRule, ...] = ()

    @property
    def needs(self) -> frozenset[str]:
        """The tables that must be given to evaluate it."""
        return frozenset({self.table, *(rule.references for rule in self.foreign_keys)})


def merged(*groups: Iterable[Ruleset]) -> tuple[Ruleset, ...]:
    """One ruleset a table, from several sources; at most one of them may say how history works."""
    found: dict[str, Ruleset] = {}
    for ruleset in (ruleset for group in groups for ruleset in group):
        before = found.get(ruleset.table)
        found[ruleset.table] = ruleset if before is None else _both(before, ruleset)
    return tuple(found.values())


def _both(one: Ruleset, other: Ruleset) -> Ruleset:
    if one.history is not None and other.history is not None and one.history != other.history:
        raise ModelError(one.table, "has two different history rules", "leave one of them out")
    return replace(
        one,
        rows=one.rows + other.rows,
        unique=one.unique + other.unique,
        foreign_keys=one.foreign_keys + other.foreign_keys,
        history=one.history or other.history,
        metrics=one.metrics + other.metrics,
    )
