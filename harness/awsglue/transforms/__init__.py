"""The transforms of the API. Their names are here so that scripts load; each is refused by name until it is there."""

from __future__ import annotations

from typing import Any

from awsglue._refusal import Refused, refuse_unknown

_NAMES = (
    "ApplyMapping", "Coalesce", "DropFields", "DropNullFields", "ErrorsAsDynamicFrame", "Filter", "FlatMap", "GlueTransform", "Join",
    "Map", "MapToCollection", "Relationalize", "RenameField", "Repartition", "ResolveChoice", "SelectFields", "SelectFromCollection",
    "Spigot", "SplitFields", "SplitRows", "Unbox", "Union", "UnnestFrame",
)

__all__ = list(_NAMES)

globals().update({name: Refused(f"awsglue.transforms.{name}") for name in _NAMES})


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
