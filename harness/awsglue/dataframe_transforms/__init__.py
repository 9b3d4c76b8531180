"""Transforms of DataFrames: ApplyMapping only, as in the API."""

from __future__ import annotations

from awsglue.dataframe_transforms.apply_mapping import ApplyMapping

__all__ = ["ApplyMapping"]

ALL_TRANSFORMS = {ApplyMapping}
