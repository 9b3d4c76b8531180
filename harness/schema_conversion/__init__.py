"""MySQL to Redshift: what a schema holds, how it is converted, what is left to do, and what makes a DMS migration of it safe."""

from __future__ import annotations

__all__: list[str] = []
