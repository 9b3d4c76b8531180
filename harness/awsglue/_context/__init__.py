"""The parts of `GlueContext`: reading, writing, and what looks after stored files and streams. Each delegates to `_storage`."""

from __future__ import annotations

__all__: list[str] = []
