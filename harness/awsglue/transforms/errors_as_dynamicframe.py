"""`ErrorsAsDynamicFrame`."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["ErrorsAsDynamicFrame"]


class ErrorsAsDynamicFrame(DescribedTransform):
    """Error records up to a frame."""

    returns = "DynamicFrame"

    def __call__(self, frame):
        return frame.errorsAsDynamicFrame()
