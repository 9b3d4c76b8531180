"""Operations of Glue's catalog that moto answers otherwise than Glue does. Job runs are in `job_runs`."""

from __future__ import annotations

from collections.abc import Mapping

from localaws.control_plane import ReplayHook
from localaws.glue.catalog import replay_update_table, update_table
from localaws.operation import Handler

__all__ = ["OPERATIONS", "REPLAY_HOOKS", "SERIALIZED"]

OPERATIONS: Mapping[str, Handler] = {"UpdateTable": update_table}

SERIALIZED = frozenset({"UpdateTable"})
"""Handlers that read and write moto's state as one step: nothing else is called meanwhile."""

REPLAY_HOOKS: Mapping[str, ReplayHook] = {"UpdateTable": replay_update_table}
