"""Which public names of `awsglue` a piece of code really calls: what a registry of tests says is held against it.

`Registry` is `tests/awsglue/surface.yaml`: test -> the names that it shows, in which `*` stands for any text. A name is
`module:Class.method`, `module:Class` (its constructor) or `module:function`, under the module that defines it. Python's own profile hook
sees each call; a method that several classes inherit counts for the class of the object or class that it was called on.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple

import yaml

from conformance.awsglue_surface import surface

__all__ = ["Registry", "Runs", "Watch", "names"]


class Runs(NamedTuple):
    """What runs when a name is called, and for which class."""

    code: CodeType
    owner: type | None


@cache
def names() -> dict[str, Runs | None]:
    """Every public name -> what to watch; None where nothing of Python runs: constants, and classes without methods."""
    found: dict[str, Runs | None] = {}
    for module_name, described in surface().items():
        module = importlib.import_module(module_name)
        for name, parts in described.items():
            value = getattr(module, name)
            home = getattr(value, "__module__", module_name) if parts != "constant" else module_name
            if home.split(".")[1].startswith("_"):
                continue
            if inspect.isclass(value):
                methods = {f"{home}:{_dotted(name, method)}": _method(value, method) for method in parts}
                own = {name: runs for name, runs in methods.items() if runs is not None}
                found |= own or methods
            else:
                found[f"{home}:{name}"] = Runs(value.__code__, None) if inspect.isfunction(value) else None
    return found


def _dotted(name: str, method: str) -> str:
    return name if method == "__init__" else f"{name}.{method}"


def _method(kind: type, method: str) -> Runs | None:
    value = inspect.getattr_static(kind, method)
    function: Any = value.__func__ if isinstance(value, classmethod | staticmethod) else value
    owner = None if isinstance(value, staticmethod) else kind
    return Runs(function.__code__, owner) if inspect.isfunction(function) else None


class Watch:
    """Context in which calls of the names given are noted in `called`; threads that begin in it are seen too."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self.called: set[str] = set()
        self._by_code: dict[CodeType, list[tuple[str, type | None]]] = defaultdict(list)
        for name in wanted:
            runs = names()[name]
            if runs is not None:
                self._by_code[runs.code].append((name, runs.owner))

    def __enter__(self) -> Watch:
        self._before = sys.getprofile()
        threading.setprofile(self._see)
        sys.setprofile(self._see)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        sys.setprofile(self._before)
        threading.setprofile(self._before)

    def _see(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code in self._by_code:
            first = frame.f_locals.get(frame.f_code.co_varnames[0]) if frame.f_code.co_argcount else None
            on = first if inspect.isclass(first) else type(first)
            self.called |= {name for name, owner in self._by_code[frame.f_code] if owner is None or issubclass(on, owner)}


class Registry:
    """Which test shows which names. A test is named below `tests/awsglue`: one with parameters by all its cases, or by one of them."""

    GOLDEN = "test_golden.py::test_an_operation_gives_what_its_case_says"

    def __init__(self, shown: Mapping[str, Collection[str]]) -> None:
        self._shown = {self._full(test): patterns for test, patterns in shown.items()}

    @classmethod
    def _full(cls, test: str) -> str:
        kind, _, case = test.partition(" ")
        return f"{cls.GOLDEN}[{case}]" if kind == "golden" else test

    @classmethod
    @cache
    def read(cls) -> Registry:
        """That of `tests/awsglue`."""
        file = Path(__file__).parents[1] / "awsglue" / "surface.yaml"
        return cls(yaml.safe_load(file.read_text("utf-8")))

    def tests(self) -> set[str]:
        """Identifiers of the tests that it names."""
        return set(self._shown)

    def tests_of(self, name: str) -> list[str]:
        """Tests that show a name."""
        return [test for test, patterns in self._shown.items() if any(fnmatchcase(name, pattern) for pattern in patterns)]

    def shown_by(self, test: str) -> list[str]:
        """Names that a test shows."""
        patterns = {*self._shown.get(test, ()), *self._shown.get(test.partition("[")[0], ())}
        return [name for name in names() if any(fnmatchcase(name, pattern) for pattern in patterns)]

    def unused(self, public: Collection[str]) -> list[str]:
        """Patterns that are no name."""
        every = [pattern for patterns in self._shown.values() for pattern in patterns]
        return [pattern for pattern in every if not any(fnmatchcase(name, pattern) for name in public)]
