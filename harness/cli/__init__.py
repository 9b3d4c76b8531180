"""`etl`: one module per command, found by its file name."""

from __future__ import annotations

__all__: list[str] = []
