"""The rule types of DQDL: what each takes, so that a ruleset is checked before data is read ("DQDL rule type reference")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ANALYZERS", "REFUSED", "SPELLINGS", "TYPES", "RuleType"]


@dataclass(frozen=True)
class RuleType:
    """Shape of a rule: least and most texts after its name, kinds of conditions, and which clauses it takes.

    condition: `needed`, `optional` or `none`. by_row: whether it says of each row if it passes.
    in_rows: whether a composite rule that is evaluated row by row may hold it.
    """

    least: int = 1
    most: int = 1
    kinds: tuple[str, ...] = ("number",)
    condition: str = "needed"
    threshold: bool = False
    where: bool = True
    tags: tuple[str, ...] = ()
    by_row: bool = False
    in_rows: bool = True
    dynamic: bool = True


_MANY = 99
_FILTERS = ("recentFiles", "uriRegex", "filterOrder")
_SAYS_IS = RuleType(kinds=(), condition="none", by_row=True)
_STATISTIC = RuleType()
_OTHER = RuleType(where=False)

TYPES: Mapping[str, RuleType] = {
    "RowCount": RuleType(0, 0),
    "ColumnCount": RuleType(0, 0, where=False),
    "ColumnExists": RuleType(kinds=(), condition="none", where=False),
    "ColumnNamesMatchPattern": RuleType(kinds=(), condition="none", where=False),
    "ColumnDataType": RuleType(kinds=("string",), threshold=True, tags=("format",), by_row=True),
    "ColumnCorrelation": RuleType(2, 2),
    "ColumnLength": RuleType(threshold=True, by_row=True, dynamic=False),
    "ColumnValues": RuleType(kinds=("number", "string", "date", "keyword"), threshold=True, by_row=True, dynamic=False),
    "Completeness": RuleType(by_row=True, in_rows=False),
    "IsComplete": _SAYS_IS,
    "Uniqueness": RuleType(1, _MANY, by_row=True, in_rows=False),
    "IsUnique": RuleType(1, _MANY, kinds=(), condition="none", by_row=True),
    "IsPrimaryKey": RuleType(1, _MANY, kinds=(), condition="none", by_row=True),
    "UniqueValueRatio": RuleType(by_row=True, in_rows=False),
    "DistinctValuesCount": RuleType(by_row=True, in_rows=False),
    "Entropy": _STATISTIC,
    "Mean": _STATISTIC,
    "Sum": _STATISTIC,
    "StandardDeviation": _STATISTIC,
    "Variance": _STATISTIC,
    "CustomSql": RuleType(condition="optional", threshold=True, where=False, by_row=True),
    "DataFreshness": RuleType(kinds=("duration",), by_row=True, dynamic=False),
    "ReferentialIntegrity": RuleType(2, 2, where=False, by_row=True, in_rows=False),
    "DatasetMatch": RuleType(2, 3, where=False, by_row=True, in_rows=False),
    "RowCountMatch": _OTHER,
    "SchemaMatch": _OTHER,
    "AggregateMatch": RuleType(2, 2, where=False),
    "FileFreshness": RuleType(0, 1, ("date",), threshold=True, where=False, tags=(*_FILTERS, "timeZone", "failFast"), dynamic=False),
    "FileSize": RuleType(0, 1, ("size",), threshold=True, where=False, tags=(*_FILTERS, "failFast"), dynamic=False),
    "FileUniqueness": RuleType(0, 1, where=False, tags=(*_FILTERS, "matchFileName")),
    "FileMatch": RuleType(0, 2, ("string",), "optional", where=False, tags=(*_FILTERS, "matchFileName", "hashAlgorithm"), dynamic=False),
}
"""By name. A type that says "is" has no condition; the others are compared with one."""

ANALYZERS: Mapping[str, tuple[int, int]] = {
    "RowCount": (0, 0), "ColumnCount": (0, 0), "Completeness": (1, 1), "Uniqueness": (1, _MANY), "UniqueValueRatio": (1, 1),
    "DistinctValuesCount": (1, 1), "Entropy": (1, 1), "Mean": (1, 1), "Sum": (1, 1), "StandardDeviation": (1, 1), "Variance": (1, 1),
    "ColumnLength": (1, 1), "ColumnValues": (1, 1), "ColumnCorrelation": (2, 2), "CustomSql": (1, 1),
    "AllStatistics": (0, 1),
}  # fmt: skip
"""Analyzers and how many texts each takes."""

SPELLINGS: Mapping[str, str] = {"CustomSQL": "CustomSql"}
"""Other ways to write a rule type."""

REFUSED: Mapping[str, str] = {
    "DetectAnomalies": "Its model is the service's own: use a dynamic rule such as RowCount > avg(last(10)) - 3 * std(last(10)).",
    "Distribution": "Its histograms are kept by the service: use Entropy, ColumnValues or CustomSql.",
}
"""What the language has and this runtime does not, with what to do instead."""
