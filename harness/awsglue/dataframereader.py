"""`glueContext.create_data_frame`."""

from __future__ import annotations

from typing import Any

from awsglue._refusal import refuse_unknown

__all__ = ["DataFrameReader"]


class DataFrameReader:
    """Readers of DataFrames, batch and streaming."""

    def __init__(self, glue_context):
        self._glue_context = glue_context

    def from_catalog(
        self, database=None, table_name=None, redshift_tmp_dir="", transformation_ctx="", push_down_predicate="", additional_options={},  # noqa: B006
        catalog_id=None, **kwargs,
    ):  # fmt: skip
        """As `GlueContext.create_data_frame_from_catalog`."""
        return self._glue_context.create_data_frame_from_catalog(
            database, table_name, redshift_tmp_dir, transformation_ctx, push_down_predicate, additional_options, catalog_id, **kwargs
        )

    def from_options(
        self, connection_type, connection_options={}, format=None, format_options={}, transformation_ctx="", push_down_predicate="",  # noqa: B006
        **kwargs,
    ):  # fmt: skip
        """As `GlueContext.create_data_frame_from_options`."""
        return self._glue_context.create_data_frame_from_options(
            connection_type, connection_options, format, format_options, transformation_ctx, push_down_predicate, **kwargs
        )


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
