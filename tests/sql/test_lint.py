"""sql/redshift is Redshift's dialect, by sqlfluff's grammar and the project's .sqlfluff."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlfluff.core import FluffConfig, Linter

CHECKOUT = Path(__file__).parents[2]
FILES = sorted((CHECKOUT / "sql" / "redshift").rglob("*.sql"))


@pytest.fixture(scope="module")
def linter() -> Linter:
    return Linter(config=FluffConfig.from_path(str(CHECKOUT)))


def test_there_are_files_to_lint() -> None:
    assert len([path for path in FILES if path.parent.name == "ssb"]) == 13
    assert len(FILES) > 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_file_is_clean(linter: Linter, path: Path) -> None:
    found = linter.lint_string(path.read_text("utf-8"), fname=str(path)).get_violations()

    assert [f"{v.line_no}:{v.rule_code()} {v.desc()}" for v in found] == []
