"""`Unbox`."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["Unbox"]


class Unbox(DescribedTransform):
    """Text of a field, parsed."""

    returns = "DynamicFrame"

    def __call__(self, frame, path, format, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0, **options):
        return frame.unbox(path, format, transformation_ctx, info, stageThreshold, totalThreshold, **options)
