"""The transforms of the API: `from awsglue.transforms import *` is the commonest line of Glue scripts."""

from __future__ import annotations

import json
from typing import Any

from awsglue._refusal import refuse_unknown
from awsglue.transforms.apply_mapping import ApplyMapping
from awsglue.transforms.coalesce import Coalesce
from awsglue.transforms.collection_transforms import FlatMap, MapToCollection, SelectFromCollection
from awsglue.transforms.drop_nulls import DropNullFields
from awsglue.transforms.dynamicframe_filter import Filter
from awsglue.transforms.dynamicframe_map import Map
from awsglue.transforms.errors_as_dynamicframe import ErrorsAsDynamicFrame
from awsglue.transforms.field_transforms import DropFields, Join, RenameField, SelectFields, Spigot, SplitFields, SplitRows
from awsglue.transforms.relationalize import Relationalize
from awsglue.transforms.repartition import Repartition
from awsglue.transforms.resolve_choice import ResolveChoice
from awsglue.transforms.transform import GlueTransform
from awsglue.transforms.unbox import Unbox
from awsglue.transforms.union import Union
from awsglue.transforms.unnest_frame import UnnestFrame

__all__ = [
    "ApplyMapping", "Coalesce", "DropFields", "DropNullFields", "ErrorsAsDynamicFrame", "Filter", "FlatMap", "Join", "Map",
    "MapToCollection", "Relationalize", "RenameField", "Repartition", "ResolveChoice", "SelectFields", "SelectFromCollection", "Spigot",
    "SplitFields", "SplitRows", "Unbox", "Union", "UnnestFrame",
]  # fmt: skip

ALL_TRANSFORMS: set[type[GlueTransform]] = {
    ApplyMapping, Coalesce, DropFields, DropNullFields, ErrorsAsDynamicFrame, Filter, FlatMap, Join, Map, MapToCollection, Relationalize,
    RenameField, Repartition, ResolveChoice, SelectFields, SelectFromCollection, Spigot, SplitFields, SplitRows, Unbox, Union, UnnestFrame,
}  # fmt: skip


def get_transforms():
    """One of each transform."""
    return {transform() for transform in sorted(ALL_TRANSFORMS, key=lambda one: one.__name__)}


def get_transform(name):
    """The transform of a name, in whatever case; None when there is none."""
    return next((transform() for transform in ALL_TRANSFORMS if transform.name().lower() == name.lower()), None)


def describe_transform(name):
    """Description of a transform as JSON text; `{}` when there is none of the name."""
    found = get_transform(name)
    return json.dumps(found.describe() if found else {}, sort_keys=True, indent=4, separators=(",", ": "))


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
