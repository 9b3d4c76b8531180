"""The assessment as one HTML file without references to others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from schema_conversion.actions import Action
from schema_conversion.assessment import summaries, total_effort
from schema_conversion.findings import Finding
from schema_conversion.target import Conversion

__all__ = ["as_html"]


def as_html(conversion: Conversion) -> str:
    """The page. Text of the schema is escaped."""
    environment = Environment(
        loader=PackageLoader("schema_conversion", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:,}".replace(",", "\u202f")
    rows = summaries(conversion)
    return environment.get_template("assessment.html.j2").render(
        conversion=conversion,
        source=conversion.source,
        summaries=rows,
        objects=sum(row.objects for row in rows),
        automatic=sum(row.automatic for row in rows),
        effort=total_effort(conversion.findings),
        items=list(_grouped(conversion.findings)),
        faults=sum(1 for table in conversion.tables for column in table.columns if column.dms.fault),
    )


def _grouped(findings: tuple[Finding, ...]) -> Iterator[tuple[Action, list[Finding]]]:
    """Hardest first."""
    by_number = {number: list(found) for number, found in groupby(findings, key=lambda finding: finding.number)}
    weights = {"Complex": 0, "Medium": 1, "Simple": 2, "Info": 3}
    for found in sorted(by_number.values(), key=lambda found: min(weights[finding.weight] for finding in found)):
        yield found[0].action, found
