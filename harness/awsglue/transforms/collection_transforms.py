"""Transforms of collections of frames."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["FlatMap", "MapToCollection", "SelectFromCollection"]


class SelectFromCollection(DescribedTransform):
    """One frame of a collection."""

    returns = "DynamicFrame"

    def __call__(self, dfc, key, transformation_ctx=""):
        return dfc.select(key, transformation_ctx)


class MapToCollection(DescribedTransform):
    """A function applied to every frame."""

    returns = "DynamicFrameCollection"

    def __call__(self, dfc, callable, transformation_ctx=""):
        return dfc.map(callable, transformation_ctx)


class FlatMap(DescribedTransform):
    """A transform applied to every frame; `frame_name` is the name of its parameter that takes the frame."""

    returns = "DynamicFrameCollection"

    def __call__(self, dfc, BaseTransform, frame_name, transformation_ctx="", **base_kwargs):
        def each(frame, context):
            return BaseTransform.apply(**{**base_kwargs, frame_name: frame, "transformation_ctx": context})

        return dfc.flatmap(each, transformation_ctx)
