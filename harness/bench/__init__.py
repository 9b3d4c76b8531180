"""The benchmark: every stage from the sources to the warehouse measured, and what the same machine can do at best beside it."""

from __future__ import annotations

from bench.measure import Measurement, measure
from bench.meter import Meter, Usage
from bench.tables import machine, markdown, write_page

__all__ = ["Measurement", "Meter", "Usage", "machine", "markdown", "measure", "write_page"]
