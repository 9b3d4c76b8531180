"""The benchmark of the local Redshift: both sides do the same, and nothing is left."""

from __future__ import annotations

from pathlib import Path

from bench.redshift import measure_redshift, rows_of
from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home


def test_each_line_has_both_figures_and_nothing_is_left(redshift: RedshiftEngine, home: Path) -> None:
    lines = list(measure_redshift(Home(home), 2_000))
    assert [line.what.split(" of ")[0] for line in lines] == ["a trivial query", "a query", "COPY", "COPY", "reading 2,000 rows"]
    assert all(line.direct > 0 and line.endpoint > 0 for line in lines)
    assert [line.peak_bytes > 0 for line in lines] == [False, False, True, True, False]
    assert not list((home / "s3").glob("bench-redshift-*"))


def test_the_size_of_the_csv_may_be_asked_for() -> None:
    assert 1_000_000 < rows_of(100) < 2_000_000
