"""Maps of the modules that ship and of the SQL files: a line for each, with what it says of itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

__all__ = ["module_map", "sql_map"]

_GENERATED = "-- Generated from the warehouse's declaration"
_NO_ABOUT = ("-- skip when:",)
_END_OF_SENTENCE = re.compile(r"(?<=\.)\s+")


def module_map(package: Path) -> str:
    """A row for each module of the package: its name, what its docstring's first line says, its public names."""
    rows = []
    for file in sorted(package.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        about = (ast.get_docstring(tree) or "").split("\n\n", 1)[0]
        dotted = ".".join(file.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
        names = "".join(f" `{name}`," for name in _public(tree)).rstrip(",")
        rows.append(f"| `{dotted}` | {' '.join(about.split())} |{names} |")
    return "\n".join(["| module | what | public names |", "|---|---|---|", *rows])


def sql_map(folder: Path) -> str:
    """A row for each file: where it comes from, and its comment (of a generated one the first sentence)."""
    rows = []
    for file in sorted(folder.rglob("*.sql")):
        text = file.read_text("utf-8")
        generated, about = text.startswith(_GENERATED), _comment(text)
        said = _END_OF_SENTENCE.split(about)[0] if generated else about
        rows.append(f"| `{file.relative_to(folder)}` | {'generated' if generated else 'by hand'} | {said} |")
    return "\n".join(["| file | written | what |", "|---|---|---|", *rows])


def _public(tree: ast.Module) -> list[str]:
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == "__all__" and isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            return list(ast.literal_eval(node.value))
    return []


def _comment(text: str) -> str:
    lines = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        if not line.startswith((_GENERATED, *_NO_ABOUT)):
            lines.append(line.removeprefix("--").strip())
    return " ".join(lines).replace("|", "\\|")
