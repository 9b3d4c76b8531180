"""The page of what is supported says so only where a test shows it."""

from __future__ import annotations

from documents.redshift import shown_functions, shown_statements, unshown_statements


def test_every_statement_that_is_taken_is_run_by_a_test() -> None:
    assert unshown_statements() == []


def test_a_statement_and_a_function_are_listed_with_what_shows_them() -> None:
    assert "| `CALL` | `test_procedures.py`" in shown_statements()
    assert "`DATEDIFF`" in shown_functions()
    assert "`CHECKSUM`" not in shown_functions()
