"""What targets without transactions keep of a task: a file in its folder on this machine, replaced as a whole."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from localaws.dms.plan import TablePlan
from localaws.dms.source.snapshot import Chunk
from localaws.dms.target.base import Target

__all__ = ["FileStateTarget"]


class FileStateTarget(Target):
    """A target whose checkpoint and loaded chunks lie in a file. `_state` may have more members of a target's own."""

    def __init__(self, path: Path, **own: Any) -> None:
        self._path, self._lock = path, threading.Lock()
        self._refused = path.with_name("apply_exceptions.jsonl")
        self._state: dict[str, Any] = {"checkpoint": None, "chunks": {}, **own}

    def _read_state(self) -> None:
        if self._path.exists():
            self._state = json.loads(self._path.read_text("utf-8"))

    def checkpoint(self) -> str | None:
        found: str | None = self._state["checkpoint"]
        return found

    def restart(self, checkpoint: str) -> None:
        self._state |= {"checkpoint": checkpoint, "chunks": {}}
        self._save()

    def save(self, checkpoint: str) -> None:
        self._state["checkpoint"] = checkpoint
        self._save()

    def loaded_chunks(self, plan: TablePlan) -> list[tuple[Chunk, int]]:
        return [(Chunk(**chunk), rows) for chunk, rows in self._state["chunks"].get(plan.full_name, [])]

    def _note_chunk(self, plan: TablePlan, chunk: Chunk, rows: int) -> None:
        """To be written with the lock held."""
        self._state["chunks"].setdefault(plan.full_name, []).append([asdict(chunk), rows])

    def _keep_refused(self, refused: Iterable[dict[str, Any]]) -> None:
        """Keeps what the target does not take beside the state, a line of JSON each."""
        lines = [json.dumps(item) + "\n" for item in refused]
        if lines:
            with self._lock, self._refused.open("a", encoding="utf-8") as file:
                file.writelines(lines)

    def _save(self) -> None:
        with self._lock:
            self._write()

    def _write(self) -> None:
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps(self._state), "utf-8")
        draft.replace(self._path)
