"""`Map`."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["Map"]


class Map(DescribedTransform):
    """What a function gives for each record."""

    returns = "DynamicFrame"

    def __call__(self, frame, f, preservesPartitioning=False, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.map(f, preservesPartitioning, transformation_ctx, info, stageThreshold, totalThreshold)
