"""Redoing what a crawler did to the catalog."""

from __future__ import annotations

from typing import Any, NoReturn

from awsglue.exceptions import NotSupportedError

__all__ = ["crawler_redo_from_backup", "crawler_redo_from_backup_options", "main"]  # fmt: skip

_WHY = "It is a tool of the service itself, started by Glue and not by scripts."


def crawler_redo_from_backup(glue_context: Any, **options: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.crawler_redo_from_backup.crawler_redo_from_backup", _WHY)


def crawler_redo_from_backup_options(args: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.crawler_redo_from_backup.crawler_redo_from_backup_options", _WHY)


def main() -> NoReturn:
    raise NotSupportedError("awsglue.scripts.crawler_redo_from_backup.main", _WHY)
