"""Backup of a catalog's entities, for undo and redo."""

from __future__ import annotations

from typing import Any, NoReturn

from awsglue.exceptions import NotSupportedError

__all__ = [
    "COLLECT_RESULT_NAME",
    "DEFAULT_CATALOG_ENDPOINT",
    "DEFAULT_GLUE_ENDPOINT",
    "DEFAULT_REGION",
    "catalog_dict",
    "nest_data_frame",
    "read_from_catalog",
    "read_from_s3",
    "write_backup",
    "write_df_to_catalog",
    "write_df_to_s3",
]

COLLECT_RESULT_NAME = "collect_list(named_struct(NamePlaceholder(), unresolvedstar()))"
DEFAULT_CATALOG_ENDPOINT = "daylight-gamma"
DEFAULT_GLUE_ENDPOINT = "glue-beta"
DEFAULT_REGION = "us-east-1"
_WHY = "It is a tool of the service itself, started by Glue and not by scripts."


def write_backup(data: Any, database_name: Any, backup_location: Any, glue_context: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.scripts_utils.write_backup", _WHY)


def nest_data_frame(data_frame: Any, database_name: Any, entity_type: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.scripts_utils.nest_data_frame", _WHY)


def write_df_to_catalog(data_frame: Any, entity_type: Any, glue_context: Any, options: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.scripts_utils.write_df_to_catalog", _WHY)


def catalog_dict(data_frame: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.scripts_utils.catalog_dict", _WHY)


def read_from_catalog(glue_context: Any, options: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.scripts_utils.read_from_catalog", _WHY)


def write_df_to_s3(glue_context: Any, data_frame: Any, backup_location: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.scripts_utils.write_df_to_s3", _WHY)


def read_from_s3(glue_context: Any, backup_location: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.scripts_utils.read_from_s3", _WHY)
