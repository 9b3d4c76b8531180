"""`Union`. In the vendor's library its `apply` raises NameError; here it works."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["Union"]


class Union(DescribedTransform):
    """Records of both frames."""

    returns = "DynamicFrame"

    def __call__(self, frame1, frame2, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame1.union(frame2, transformation_ctx, info, stageThreshold, totalThreshold)
