"""Transforms of fields and rows: rename, drop, select, split, join, spigot."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["DropFields", "Join", "RenameField", "SelectFields", "Spigot", "SplitFields", "SplitRows"]


class RenameField(DescribedTransform):
    """A field renamed."""

    returns = "DynamicFrame"

    def __call__(self, frame, old_name, new_name, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.rename_field(old_name, new_name, transformation_ctx, info, stageThreshold, totalThreshold)


class DropFields(DescribedTransform):
    """Fields dropped."""

    returns = "DynamicFrame"

    def __call__(self, frame, paths, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.drop_fields(paths, transformation_ctx, info, stageThreshold, totalThreshold)


class SelectFields(DescribedTransform):
    """Fields kept."""

    returns = "DynamicFrame"

    def __call__(self, frame, paths, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.select_fields(paths, transformation_ctx, info, stageThreshold, totalThreshold)


class SplitFields(DescribedTransform):
    """Fields split off into a frame of their own."""

    returns = "DynamicFrameCollection"

    def __call__(self, frame, paths, name1=None, name2=None, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.split_fields(
            paths, name1 or f"{frame.name}1", name2 or f"{frame.name}2", transformation_ctx, info, stageThreshold, totalThreshold
        )


class SplitRows(DescribedTransform):
    """Rows split off by comparisons."""

    returns = "DynamicFrameCollection"

    def __call__(
        self, frame, comparison_dict, name1="frame1", name2="frame2", transformation_ctx="", info=None, stageThreshold=0, totalThreshold=0
    ):
        return frame.split_rows(comparison_dict, name1, name2, transformation_ctx, info, stageThreshold, totalThreshold)


class Join(DescribedTransform):
    """Records of both frames where keys are equal. (The vendor's drops `transformation_ctx`.)"""

    returns = "DynamicFrame"

    def __call__(self, frame1, frame2, keys1, keys2, transformation_ctx=""):
        return frame1.join(keys1, keys2, frame2, transformation_ctx)


class Spigot(DescribedTransform):
    """A sample written aside."""

    returns = "DynamicFrame"

    def __call__(self, frame, path, options, transformation_ctx=""):
        return frame.spigot(path, options, transformation_ctx)
