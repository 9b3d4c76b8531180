"""Former values of metrics, for rules such as `RowCount > avg(last(10))`: one JSON file for each evaluation context."""

from __future__ import annotations

import fcntl
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
        self.values = self._kept()

    def of(self, metric: str) -> list[float]:
        """Former values of a metric."""
        return self.values.get(metric, [])

    def add(self, metrics: dict[str, float]) -> None:
        """Adds the values of one evaluation, whole or not at all, to what other runs have added meanwhile."""
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.values = self._kept()
            for name, value in metrics.items():
                self.values[name] = [*self.values.get(name, []), value][-_KEPT:]
            draft = self.file.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(self.values), "utf-8")
            draft.replace(self.file)

    def _kept(self) -> dict[str, list[float]]:
        if self.file is None or not self.file.exists():
            return {}
        found: dict[str, list[float]] = json.loads(self.file.read_text("utf-8"))
        return found
