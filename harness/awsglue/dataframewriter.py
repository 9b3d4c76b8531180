"""`glueContext.write_data_frame`."""

from __future__ import annotations

from typing import Any

from awsglue._refusal import refuse_unknown

__all__ = ["DataFrameWriter"]


class DataFrameWriter:
    """Writers of DataFrames."""

    def __init__(self, glue_context):
        self._glue_context = glue_context

    def from_catalog(
        self, frame, database=None, table_name=None, redshift_tmp_dir="", transformation_ctx="", additional_options={}, catalog_id=None,  # noqa: B006
        **kwargs,
    ):  # fmt: skip
        """As `GlueContext.write_data_frame_from_catalog`."""
        return self._glue_context.write_data_frame_from_catalog(
            frame, database, table_name, redshift_tmp_dir, transformation_ctx, additional_options, catalog_id, **kwargs
        )


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
