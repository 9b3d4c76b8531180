"""Former values of metrics, for rules such as `RowCount > avg(last(10))`: one JSON file for each evaluation context."""

from __future__ import annotations

import json
import os
from pathlib import Path

__all__ = ["MetricHistory"]

_KEPT = 1000


class MetricHistory:
    """Values by metric, the newest last. Without a context nothing is remembered."""

    def __init__(self, context: str) -> None:
        safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in context)
        folder = Path(os.environ.get("ETL_DATA_QUALITY") or Path(os.environ.get("ETL_HOME", ".local")) / "data-quality")
        self.file = folder / f"{safe}.json" if context else None
        self.values: dict[str, list[float]] = {}
        if self.file is not None and self.file.exists():
            self.values = json.loads(self.file.read_text("utf-8"))

    def of(self, metric: str) -> list[float]:
        """Former values of a metric."""
        return self.values.get(metric, [])

    def add(self, metrics: dict[str, float]) -> None:
        """Adds the values of one evaluation, whole or not at all."""
        if self.file is None:
            return
        for name, value in metrics.items():
            self.values[name] = [*self.values.get(name, []), value][-_KEPT:]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(self.values), "utf-8")
        draft.replace(self.file)
