"""`DropNullFields`."""

from __future__ import annotations

from awsglue._core.paths import written
from awsglue._operations.fields import null_paths
from awsglue.transforms.transform import DescribedTransform

__all__ = ["DropNullFields"]


class DropNullFields(DescribedTransform):
    """Fields dropped whose type is null: those that are null in every record."""

    returns = "DynamicFrame"

    def __call__(self, frame, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        found = sorted(written(path) for path in null_paths(frame._records.resolved.schema))
        print("null_fields", found)  # the API says so on the output, and scripts' logs are compared
        return frame.drop_fields(found, transformation_ctx, info, stageThreshold, totalThreshold)
