"""`make clean`: end every engine of the checkout's home and delete everything that was made.

Standard library only, so that it works when `.venv` is half made or gone.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from localaws.engines.identity import remove_outside
from localaws.engines.processes import end_group

__all__ = ["clean", "end_engines", "main"]

CACHES = (".pytest_cache", ".ruff_cache", ".mypy_cache", ".hypothesis")
MADE_IN_CHECKOUT = (".venv", ".local", "dist", "build", "spark-warehouse", "metastore_db", "derby.log", *CACHES)
MADE_IN_HOME = (
    *("engines", "s3", "s3-meta", "endpoint", "spark-conf", "source", "cache", "reports", "snapshots", "terraform"),
    *("credentials.json", "api-token"),
    # What services keep beside moto's journal.
    *("athena", "bookmarks", "classifiers", "cloudtrail", "crawlers", "crawls", "dms", "dms-events", "dms-subscriptions"),
    *("emr-serverless", "executions", "lakeformation", "lambda", "redshift-audit", "redshift-data", "redshift-serverless"),
    *("retention.json", "retention.json.draft", "rulesets", "runs", "scheduler", "statistics-runs", "triggers"),
    "workflow-runs",
)
"""Not simply everything: a home may be a folder that has other things of its user's. A test holds the list to what the harness writes."""


def end_engines(home: Path) -> list[str]:
    """End the engines that `home` has running; returns those whose processes could not be ended."""
    left = []
    for file in sorted(home.glob("engines/*/state.json")):
        state = json.loads(file.read_text())
        if ":" in state["started"] and not end_group(state["pid"], state["started"], patience=5.0):
            left.append(f"{file.parent.name} (process group {state['pid']})")
    return left


def clean(checkout: Path, homes: list[Path]) -> None:
    """Delete what was made in the checkout, in `homes`, and what an engine had to put elsewhere."""
    for home in homes:
        remove_outside("postgres", home)
        for name in MADE_IN_HOME:
            _delete(home / name)
        if home.is_dir() and not any(home.iterdir()):
            home.rmdir()
    for name in MADE_IN_CHECKOUT:
        _delete(checkout / name)
    for folder in ("libs", "harness", "glue_jobs", "tests"):
        for cache in [*(checkout / folder).rglob("__pycache__"), *(checkout / folder).glob("*.egg-info")]:
            _delete(cache)


def main(argv: list[str]) -> int:
    """Clean the checkout named by argv[0], and the home that ETL_HOME names."""
    checkout = Path(argv[0])
    homes = [checkout / ".local"]
    if os.environ.get("ETL_HOME"):
        homes.append(Path(os.environ["ETL_HOME"]).absolute())
    left = [engine for home in homes for engine in end_engines(home)]
    if left:
        print(f"error: still running, so nothing was deleted: {', '.join(left)}. End them, then clean again.", file=sys.stderr)
        return 1
    clean(checkout, homes)
    return 0


def _delete(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
