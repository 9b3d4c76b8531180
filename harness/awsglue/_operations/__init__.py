"""The transforms of the API over records, one family a module. Each takes records and gives records; names of the API are elsewhere."""

from __future__ import annotations

__all__: list[str] = []
