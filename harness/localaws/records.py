"""Documents of the endpoint's own services by name: one JSON file each, replaced in one step, so that they outlive a kill.

For what moto does not keep, or keeps in a form that cannot be changed: crawlers, classifiers, executions, queries …
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

__all__ = ["Records"]

_LONGEST_NAME = 180


class Records:
    """The documents below one folder. Each has a name of any characters, and what JSON can hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.RLock()
        """Held by whoever reads and writes as one step."""

    def get(self, name: str) -> dict[str, Any] | None:
        """The document, a copy of its own."""
        try:
            document: dict[str, Any] = json.loads(self._path(name).read_bytes())
        except FileNotFoundError:
            return None
        return document

    def put(self, name: str, document: dict[str, Any]) -> dict[str, Any]:
        """Keeps the document whole, in the place of the one that had its name."""
        path = self._path(name)
        with self.lock:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.draft")
            draft.write_text(json.dumps(document), encoding="utf-8")
            draft.replace(path)
        return document

    def change(self, name: str, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Reads, lets `change` alter it, and keeps it, as one step.

        Raises:
            KeyError: there is none of that name.
        """
        with self.lock:
            document = self.get(name)
            if document is None:
                raise KeyError(name)
            change(document)
            return self.put(name, document)

    def delete(self, name: str) -> bool:
        """Was there one?"""
        with self.lock:
            try:
                self._path(name).unlink()
            except FileNotFoundError:
                return False
            return True

    def delete_before(self, name: str) -> None:
        """Deletes the documents whose names sort before this one, of names that begin with the time they were made."""
        with self.lock:
            edge = self._path(name).name
            for path in self.folder.glob("*.json"):
                if path.name < edge:
                    path.unlink(missing_ok=True)

    def all(self) -> list[dict[str, Any]]:
        """Every document, in the order of their file names."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            try:
                found.append(json.loads(path.read_bytes()))
            except FileNotFoundError:
                continue  # deleted meanwhile
        return found

    def _path(self, name: str) -> Path:
        quoted = quote(name, safe="")
        if quoted.startswith("."):
            quoted = "%2E" + quoted[1:]
        if len(quoted) > _LONGEST_NAME:
            import hashlib

            quoted = quoted[: _LONGEST_NAME - 65] + "~" + hashlib.sha256(name.encode()).hexdigest()
        return self.folder / f"{quoted}.json"
