"""`Coalesce`."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["Coalesce"]


class Coalesce(DescribedTransform):
    """Fewer partitions, without a shuffle unless asked for."""

    returns = "DynamicFrame"

    def __call__(self, frame, num_partitions, shuffle=False, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.coalesce(num_partitions, shuffle, transformation_ctx, info, stageThreshold, totalThreshold)
