"""`Repartition`."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["Repartition"]


class Repartition(DescribedTransform):
    """As many partitions as asked for."""

    returns = "DynamicFrame"

    def __call__(self, frame, num_partitions, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.repartition(num_partitions, transformation_ctx, info, stageThreshold, totalThreshold)
