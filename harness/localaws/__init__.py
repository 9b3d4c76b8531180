"""The local AWS: an endpoint that executes what it is asked to, and the engines behind it. Never uploaded."""

from __future__ import annotations

__all__: list[str] = []
