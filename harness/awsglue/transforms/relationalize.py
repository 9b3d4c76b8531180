"""`Relationalize`."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform
from awsglue.utils import _global_args

__all__ = ["Relationalize"]


class Relationalize(DescribedTransform):
    """Flat frames of nested records: the root and one for each array."""

    returns = "DynamicFrameCollection"

    def __call__(
        self, frame, staging_path=None, name="roottable", options=None, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0
    ):
        if staging_path is None:  # as in the API it is the job's TempDir; nothing is staged here, but a script that has neither fails there
            staging_path = _global_args.get("TempDir")
            if not staging_path:
                raise RuntimeError(f"Relationalize needs a staging_path, or a job that was given --TempDir. Its arguments: {_global_args}")
        return frame.relationalize(name, staging_path, options or {}, transformation_ctx, info, stageThreshold, totalThreshold)
