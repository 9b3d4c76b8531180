"""The settings of a replication task, from the table that the engine checks them by."""

from __future__ import annotations

from typing import Any

from localaws.dms.settings.catalogue import Setting
from localaws.dms.settings.task_catalogue import TASK_SETTINGS

__all__ = ["task_settings"]

_EFFECTS = {"done": "", "nothing": "no effect: ", "only": "only {}: "}


def task_settings() -> str:
    """A row for each setting: its values, its default, and what becomes of it."""
    rows = [
        f"| `{setting.path}` | {setting.values.words} | {_value(setting.default)} | {_told(setting)} |"
        for setting in TASK_SETTINGS
    ]
    return "\n".join(["| setting | values | default | here |", "|---|---|---|---|", *rows])


def _told(setting: Setting) -> str:
    allowed = " or ".join(_value(value) for value in setting.allowed)
    return _EFFECTS[setting.effect].format(allowed) + setting.note


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    return f"`{value}`" if value else "empty"
