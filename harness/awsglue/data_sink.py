"""Sinks (getSink): not there yet; every name is refused with NotSupportedError."""

from __future__ import annotations

from typing import Any

from awsglue._refusal import refuse_unknown

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
