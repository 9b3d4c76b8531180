"""The public surface of `awsglue`, as data: every module, class, method, function, parameter and default.

Run as a script in the vendor's environment (`python surface.py`), imported in ours: the same code describes both.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import sys
from types import ModuleType
from typing import Any

# Importing it starts a session, and the vendor's needs the JVM library for that: compared by the names in its source.
NOT_IMPORTED = {"awsglue.glue_shell"}


def surface() -> dict[str, dict[str, Any]]:
    """Module -> name -> what it is: a signature for functions, methods by name for classes, the value's kind for constants."""
    import awsglue

    described = {}
    for found in pkgutil.walk_packages(awsglue.__path__, "awsglue."):
        if found.name not in NOT_IMPORTED and not any(part.startswith("_") for part in found.name.split(".")):
            described[found.name] = _module(importlib.import_module(found.name))
    return described


def _module(module: ModuleType) -> dict[str, Any]:
    described: dict[str, Any] = {}
    statements = ast.parse(inspect.getsource(module)).body
    written = [one for one in statements if isinstance(one, ast.Assign | ast.AnnAssign)]
    targets = [target for one in written for target in (one.targets if isinstance(one, ast.Assign) else [one.target])]
    assigned = {target.id for target in targets if isinstance(target, ast.Name)}
    for name, value in sorted(vars(module).items()):
        own = str(getattr(value, "__module__", module.__name__))
        is_exported = hasattr(module, "__path__") and own.startswith("awsglue")
        if name.startswith("_") or inspect.ismodule(value) or name == "annotations":
            continue
        if callable(value) and own != module.__name__ and not is_exported:
            continue  # what a module imports for itself is no name of its own
        if inspect.isclass(value):
            described[name] = _class(value)
        elif callable(value):
            described[name] = _signature(value)
        elif name in assigned:
            described[name] = "constant"
    return described


def _class(kind: type) -> dict[str, Any]:
    methods: dict[str, Any] = {"__init__": _signature(kind.__init__)} if "__init__" in dir(kind) else {}  # type: ignore[misc]
    for name in dir(kind):
        value = inspect.getattr_static(kind, name)
        function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        own = str(getattr(function, "__module__", "") or "").startswith("awsglue")
        if (not name.startswith("_") or name == "__call__") and inspect.isfunction(function) and own:
            methods[name] = _signature(function)
    return methods


def _signature(function: Any) -> list[list[str]] | None:
    """[name, kind, default] of each parameter; None for what Python cannot tell."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[one.name, one.kind.name, "" if one.default is one.empty else repr(one.default)] for one in parameters]


if __name__ == "__main__":
    json.dump(surface(), sys.stdout)
