"""Which modules the shipped code imports, read from its syntax trees, and whether Glue 5.1 has them.

Imports inside functions count as well: they fail on Glue too, only later.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from package.exceptions import ForeignImportError

__all__ = ["audit", "available_modules", "imported_modules"]

_DATA = Path(__file__).with_name("glue_modules.json")


def available_modules(shipped: Iterable[str] = ()) -> set[str]:
    """Top-level modules on Glue 5.1 when the distributions `shipped` are installed beside."""
    data = json.loads(_DATA.read_text("utf-8"))
    extra = {module for distribution in shipped for module in data["shipped"].get(distribution, ())}
    return {*sys.stdlib_module_names, *data["provided"], *data["own"], *extra}


def imported_modules(file: Path) -> Iterator[tuple[str, int]]:
    """Top-level names that the file imports, with their lines; relative imports are its own package's."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"), str(file))):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0], node.lineno


def audit(folders: Iterable[Path], shipped: Iterable[str]) -> int:
    """Checks every .py file below the folders and returns how many there were. Raises ForeignImportError with file and line."""
    available = available_modules(shipped)
    files = sorted(file for folder in folders for file in folder.rglob("*.py"))
    found = [
        f"{file.parent.name}/{file.name}:{line} imports {module}"
        for file in files
        for module, line in imported_modules(file)
        if module not in available
    ]
    if found:
        raise ForeignImportError(found)
    return len(files)
