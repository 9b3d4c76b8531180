"""`ResolveChoice`."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["ResolveChoice"]


class ResolveChoice(DescribedTransform):
    """Choices resolved."""

    returns = "DynamicFrame"

    def __call__(
        self,
        frame,
        specs=None,
        choice="",
        database=None,
        table_name=None,
        transformation_ctx="",
        info="",
        stageThreshold=0,
        totalThreshold=0,
        catalog_id=None,
    ):
        return frame.resolveChoice(
            specs, choice, database, table_name, transformation_ctx, info, stageThreshold, totalThreshold, catalog_id
        )
