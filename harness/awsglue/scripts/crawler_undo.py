"""Undoing what a crawler did to the catalog."""

from __future__ import annotations

from typing import Any, NoReturn

from awsglue.exceptions import NotSupportedError

__all__ = ["crawler_backup", "crawler_undo", "crawler_undo_options", "main"]  # fmt: skip

_WHY = "It is a tool of the service itself, started by Glue and not by scripts."


def crawler_backup(glue_context: Any, data: Any, options: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.crawler_undo.crawler_backup", _WHY)


def crawler_undo(glue_context: Any, **options: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.crawler_undo.crawler_undo", _WHY)


def crawler_undo_options(args: Any) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.crawler_undo.crawler_undo_options", _WHY)


def main() -> NoReturn:
    raise NotSupportedError("awsglue.scripts.crawler_undo.main", _WHY)
