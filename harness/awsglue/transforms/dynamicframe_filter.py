"""`Filter`."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["Filter"]


class Filter(DescribedTransform):
    """Records for which a function is true."""

    returns = "DynamicFrame"

    def __call__(self, frame, f, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.filter(f, transformation_ctx, info, stageThreshold, totalThreshold)
