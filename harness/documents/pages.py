"""Pages with generated regions: which region of which page is filled by what."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from documents.commands import command_reference
from documents.dms import task_settings
from documents.endpoint import executed_operations, refused_operations
from documents.exceptions import MissingRegionError
from documents.jobs import job_reference
from documents.modules import module_map, sql_map
from documents.redshift import refusals_of_statements, refused_functions, shown_functions, shown_statements
from documents.special_arguments import special_arguments

__all__ = ["PAGES", "documents", "filled"]

CHECKOUT = Path(__file__).resolve().parents[2]

PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "docs/commands.md": {"commands": command_reference},
    "docs/dms-settings.md": {"task settings": task_settings},
    "docs/glue-jobs.md": {"jobs": job_reference},
    "docs/job-runs.md": {"special arguments": special_arguments},
    "docs/local-aws.md": {"executed": executed_operations, "refused": refused_operations},
    "docs/library.md": {
        "etl_common": lambda: module_map(CHECKOUT / "libs" / "etl_common"),
        "wholesale": lambda: module_map(CHECKOUT / "libs" / "wholesale"),
    },
    "docs/redshift-support.md": {
        "statements": shown_statements,
        "refused statements": refusals_of_statements,
        "functions": shown_functions,
        "refused functions": refused_functions,
    },
    "docs/sql.md": {"files": lambda: sql_map(CHECKOUT / "sql" / "redshift")},
}
"""Page, and what fills each of its regions."""


def documents() -> dict[Path, str]:
    """Path below the checkout -> the page's whole text, its regions filled. Raises MissingRegionError."""
    return {Path(page): _page(Path(page), regions) for page, regions in PAGES.items()}


def filled(page: Path, text: str, region: str, content: str) -> str:
    """`text` with `content` between the region's markers. Raises MissingRegionError."""
    begins, ends = f"<!-- generated: {region} -->", f"<!-- end of {region} -->"
    found = re.findall(rf"^{re.escape(begins)}\n(?:.*\n)*?{re.escape(ends)}$", text, re.MULTILINE)
    if len(found) != 1:
        raise MissingRegionError(page, region)
    return text.replace(found[0], f"{begins}\n{content.strip()}\n{ends}")


def _page(page: Path, regions: Mapping[str, Callable[[], str]]) -> str:
    text = (CHECKOUT / page).read_text("utf-8")
    for region, content in regions.items():
        text = filled(page, text, region, content())
    return text
