"""The page about the runtime names every operation, connection, format and rule that the code has."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from awsglue._context.reading import ReadingContext
from awsglue._context.upkeep import UpkeepContext
from awsglue._context.writing import WritingContext
from awsglue._storage.options import CONNECTIONS, FORMATS, REFUSED
from awsglue.dynamicframe import DynamicFrame
from awsgluedq.rule_types import ANALYZERS, TYPES
from awsgluedq.rule_types import REFUSED as REFUSED_RULES
from localaws.home import CHECKOUT


def methods(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind, callable) if not name.startswith("_")}


NAMES = {
    "DynamicFrame": methods(DynamicFrame),
    "GlueContext": methods(ReadingContext) | methods(WritingContext) | methods(UpkeepContext),
    "connections": {*CONNECTIONS, *REFUSED},
    "formats": {*FORMATS, "ion"},
    "rules": {*TYPES, *ANALYZERS, *REFUSED_RULES},
    "visual jobs": {file.stem for file in (CHECKOUT / "harness").glob("gs_*.py")},
}


@pytest.mark.parametrize("family", NAMES)
def test_every_name_is_on_the_page(family: str) -> None:
    page = Path(CHECKOUT / "docs" / "awsglue.md").read_text("utf-8")

    assert len(NAMES[family]) > 5
    assert {name for name in NAMES[family] if f"`{name}`" not in page} == set()
