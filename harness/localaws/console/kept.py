"""Documents of a service as a page lists them: each file is read again only when it has changed, and of each only what is listed is kept.

A home has thousands of executions after a while, each with its definition, input and output; a page that is open asks every few seconds.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["Kept"]

_State = tuple[int, int, int]


class Kept:
    """Some fields of every document of a folder of `localaws.records`."""

    def __init__(self, folder: Path, fields: Sequence[str]) -> None:
        self.folder, self.fields = folder, fields
        self._lock = threading.Lock()
        self._known: dict[str, tuple[_State, dict[str, Any]]] = {}

    def all(self) -> list[dict[str, Any]]:
        """Those that are there now."""
        with self._lock:
            known: dict[str, tuple[_State, dict[str, Any]]] = {}
            for entry in os.scandir(self.folder) if self.folder.is_dir() else ():
                if not entry.name.endswith(".json"):
                    continue
                try:
                    found = entry.stat()
                    state = found.st_ino, found.st_mtime_ns, found.st_size
                    before = self._known.get(entry.name)
                    known[entry.name] = before if before is not None and before[0] == state else (state, self._read(entry.path))
                except FileNotFoundError:
                    continue  # deleted meanwhile
            self._known = known
            return [document for _, document in known.values()]

    def _read(self, path: str) -> dict[str, Any]:
        with open(path, "rb") as file:
            document = json.load(file)
        return {name: document[name] for name in self.fields if name in document}
