"""The library page's example of `apply_changes` is run, and gives the table that the page shows."""

from __future__ import annotations

import re
from typing import Any

from pyspark.sql import SparkSession

from docs.pages import text_of


def test_the_example_of_apply_changes_gives_the_table_on_the_page(spark: SparkSession) -> None:
    page = text_of("docs/library.md")
    code = re.search(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    table = re.findall(r"^\|.*\|$", page.split("`versions`")[1], re.MULTILINE)[:5]
    shown = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert code is not None

    names: dict[str, Any] = {"spark": spark}
    exec(compile(code[1], "docs/library.md", "exec"), names)
    versions = names["versions"].orderBy("effective_from")

    as_text = versions.selectExpr(*(f"CAST({name} AS STRING) AS {name}" for name in versions.columns))
    assert as_text.columns == shown[0]
    assert [list(row) for row in as_text.collect()] == shown[2:]
