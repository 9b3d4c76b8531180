"""The engines: real servers, each with the life cycle of `localaws.engines.base`."""

from __future__ import annotations

__all__: list[str] = []
