"""Fixtures that the tests of a folder share end with the folder.

pytest has such a scope for folders that are packages only, and ours have the names of packages of the harness. Left to pytest, the engines
of all folders run until a process of tests ends: 7 GB in each of three.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

__all__ = ["FolderScope"]


class FolderScope:
    """A plugin: fixtures of scope session or package that are written below a folder of `root` are torn down when a process leaves it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._shared: list[tuple[Path, pytest.FixtureDef[Any], Any]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
        folder = Path(inspect.getfile(fixturedef.func)).parent
        if fixturedef.scope in ("session", "package") and self._root in folder.parents:
            self._shared.append((folder, fixturedef, request))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        """After the test's own. A fixture takes those that depend on it along."""
        for entry in reversed(self._shared):
            folder, fixturedef, request = entry
            if nextitem is None or not nextitem.path.is_relative_to(folder):
                self._shared.remove(entry)
                fixturedef.finish(request)
