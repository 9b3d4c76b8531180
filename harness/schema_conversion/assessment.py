"""The assessment as data and as SCT's three CSVs: what there is, how much of it converts by itself, what is left and what it costs.

Sources: SCT user guide and DMS user guide, "Saving assessment reports" (the columns of the three files).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from schema_conversion.actions import ACTIONS, Complexity
from schema_conversion.findings import Finding
from schema_conversion.model import Source, Table
from schema_conversion.target import Conversion

__all__ = ["CategorySummary", "ItemSummary", "csv_files", "item_summaries", "summaries", "total_effort"]

_TARGET = "Amazon Redshift"
_RANK: dict[Complexity, int] = {"Info": 0, "Simple": 1, "Medium": 2, "Complex": 3}


@dataclass(frozen=True)
class CategorySummary:
    """A row of the third file."""

    category: str
    objects: int
    automatic: int
    simple: int
    medium: int
    complex: int
    lines: int


@dataclass(frozen=True)
class ItemSummary:
    """A row of the second file."""

    schema: str
    number: int
    occurrences: int

    @property
    def effort(self) -> int:
        action = ACTIONS[self.number]
        return action.learning + self.occurrences * action.effort


def summaries(conversion: Conversion) -> list[CategorySummary]:
    """By category: how many objects, and by the hardest action item of each. An item of weight Info leaves an object automatic."""
    worst: dict[tuple[str, tuple[str, ...]], int] = {}
    for finding in conversion.findings:
        key = (finding.category, finding.object_path)
        worst[key] = max(worst.get(key, 0), _RANK[finding.weight])
    listed: dict[str, Counter[int]] = {}
    lines: Counter[str] = Counter()
    for category, path, count in _objects(conversion.source):
        listed.setdefault(category, Counter())[worst.get((category, path), 0)] += 1
        lines[category] += count
    return [
        CategorySummary(category, sum(ranks.values()), ranks[0], ranks[1], ranks[2], ranks[3], lines[category])
        for category, ranks in listed.items()
    ]


def _objects(source: Source) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """(category, path, lines of code) of everything that is counted."""
    for database in source.databases:
        yield "SCHEMA", (database.name,), 0
        for table in database.tables:
            yield from _of_table(table)
        for view in database.views:
            yield "VIEW", (view.schema, view.name), len(view.definition.splitlines())
        for code in database.code:
            yield code.category, (code.schema, code.name), code.lines
        for grant in database.grants:
            account = grant.grantee.split("@")[0].strip("'")
            yield "GRANT", tuple(part for part in (grant.schema, grant.table, account) if part), 0


def _of_table(table: Table) -> Iterator[tuple[str, tuple[str, ...], int]]:
    path = (table.schema, table.name)
    yield ("SEQUENCE" if table.kind == "SEQUENCE" else "TABLE"), path, 0
    for index in table.indexes:
        is_constraint = index.unique and index.covers_whole_columns
        yield ("CONSTRAINT" if is_constraint else "INDEX"), (*path, index.name), 0
    for name in [*(key.name for key in table.foreign_keys), *(check.name for check in table.checks)]:
        yield "CONSTRAINT", (*path, name), 0


def item_summaries(findings: Iterable[Finding]) -> list[ItemSummary]:
    """By database and action item."""
    counted = Counter((finding.schema, finding.number) for finding in findings)
    return [ItemSummary(schema, number, count) for (schema, number), count in sorted(counted.items())]


def total_effort(findings: Sequence[Finding]) -> int:
    """Weights of everything: each kind is learnt once, each occurrence is done by its own complexity."""
    learning = sum(ACTIONS[number].learning for number in {finding.number for finding in findings})
    return learning + sum(_EFFORT[finding.weight] for finding in findings)


_EFFORT = {action.complexity: action.effort for action in ACTIONS.values()}


def csv_files(conversion: Conversion) -> dict[str, str]:
    """File name -> text: action items, their summary, and the summary of objects."""
    return {
        "assessment.csv": _csv(_ITEMS, (_item(finding, conversion) for finding in conversion.findings)),
        "assessment_Action_Items_Summary.csv": _csv(_ITEM_SUMMARY, map(_summed, item_summaries(conversion.findings))),
        "assessment_Summary.csv": _csv(
            _SUMMARY,
            ([one.category, one.objects, one.automatic, one.simple, one.medium, one.complex, one.lines] for one in summaries(conversion)),
        ),
    }


_ITEMS = ("Category", "Occurrence", "Action item", "Subject", "Group", "Description", "Documentation references", "Recommended action",
          "Filtered", "Estimated complexity", "Line", "Position", "Source", "Target", "Server IP address and port", "Database name",
          "Schema name")  # fmt: skip
_ITEM_SUMMARY = ("Schema", "Action item", "Number of occurrences", "Learning curve efforts",
                 "Efforts to convert an occurrence of the action item", "Action item description", "Recommended action")  # fmt: skip
_SUMMARY = ("Category", "Number of objects", "Objects automatically converted", "Objects with simple actions",
            "Objects with medium-complexity actions", "Objects with complex actions", "Total lines of code")  # fmt: skip


def _item(finding: Finding, conversion: Conversion) -> list[object]:
    action, source = finding.action, conversion.source
    return [
        finding.category, finding.where, finding.number, action.subject, action.group, finding.description, action.reference,
        action.recommended, "", finding.weight, finding.line or "", "", f"MySQL ({source.version})", _TARGET, source.origin,
        finding.schema, finding.schema,
    ]  # fmt: skip


def _summed(item: ItemSummary) -> list[object]:
    action = ACTIONS[item.number]
    return [item.schema, item.number, item.occurrences, action.learning, action.effort, action.subject, action.recommended]


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
