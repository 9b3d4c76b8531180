"""`ApplyMapping`."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["ApplyMapping"]


class ApplyMapping(DescribedTransform):
    """Maps, casts, nests and unnests fields."""

    returns = "DynamicFrame"

    def __call__(self, frame, mappings, case_sensitive=False, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.apply_mapping(mappings, case_sensitive, transformation_ctx, info, stageThreshold, totalThreshold)
