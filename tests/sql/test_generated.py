from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner

from cli.generate import generate, generated_files, stale_files

CHECKOUT = Path(__file__).parents[2]


def test_every_generated_file_is_what_the_declaration_gives() -> None:
    assert stale_files(CHECKOUT) == []


def test_a_file_that_was_changed_by_hand_or_left_over_is_found(tmp_path: Path) -> None:
    for path in generated_files():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / path, tmp_path / path)
    changed, left = Path("sql/redshift/20_tables/04_dim_customer.sql"), Path("sql/redshift/30_staging/dim_shop.sql")
    (tmp_path / changed).write_text("-- mine", "utf-8")
    (tmp_path / left).write_text("-- old", "utf-8")

    assert stale_files(tmp_path) == [changed, left]


def test_the_check_ends_well_here() -> None:
    result = CliRunner().invoke(generate, ["--check"])

    assert (result.exit_code, result.output) == (0, "Every generated file is fresh.\n")
