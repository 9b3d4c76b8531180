"""Command-line tools that Glue runs around a job: connectors fetched, a crawler's work undone. Each function is refused by name."""

from __future__ import annotations

__all__: list[str] = []
