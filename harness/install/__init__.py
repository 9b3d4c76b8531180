"""`make install`: from Python 3.11 and nothing else to everything that the other targets need, inside the checkout."""

from __future__ import annotations

__all__: list[str] = []
