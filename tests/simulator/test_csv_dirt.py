"""A bad record is one record: what is broken in it is what the log says, and not its line."""

from __future__ import annotations

import csv
import io

import pytest

from simulator.csv_dirt import _line


@pytest.mark.parametrize("text", ["plain", "two\nlines", "漢字\nline", "a,b", 'a "quoted" word', "", " ", "ends with\n"])
def test_a_line_is_read_as_the_one_record_it_was_made_of(text: str) -> None:
    values = ["1", text, "last"]

    assert list(csv.reader(io.StringIO(_line(values) + "\n", newline=""))) == [values]
