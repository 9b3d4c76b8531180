"""The reference of the Glue jobs: their docstrings' inputs and outputs, and their declared arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from deployment.jobs import CHECKOUT, describe_jobs

__all__ = ["job_reference", "parts_of"]

_PART = re.compile(r"^(Reads|Writes|Arguments)\s+", re.MULTILINE)


def job_reference() -> str:
    """A section for each job, in the order of their names."""
    return "\n\n".join(_section(name, described) for name, described in describe_jobs().items())


def parts_of(docstring: str) -> dict[str, str]:
    """What a job's docstring says: `About` (its first line), `Reads`, `Writes`, `Arguments`, and `More` (what follows)."""
    first, _, rest = docstring.partition("\n")
    listed, _, more = rest.strip().partition("\n\n")
    pieces = _PART.split(listed)[1:]
    parts = {name: " ".join(text.split()) for name, text in zip(pieces[::2], pieces[1::2], strict=True)}
    return {"About": first.removeprefix("Glue job: "), **parts, "More": " ".join(more.split())}


def _section(name: str, described: Mapping[str, Any]) -> str:
    said = parts_of(ast.get_docstring(ast.parse((CHECKOUT / described["script"]).read_text("utf-8"))) or "")
    limits = f"{described['number_of_workers']} workers {described['worker_type']}, time-out {described['timeout_minutes']} minutes"
    lines = [
        f"## {name}",
        "",
        f"{said['About'][0].upper()}{said['About'][1:]} `{described['script']}`; on Glue: {limits}.",
        "",
        f"- **Reads** {_escaped(said['Reads'])}",
        f"- **Writes** {_escaped(said['Writes'])}",
        *(["", said["More"]] if said["More"] else []),
        "",
        "| argument | type | default |",
        "|---|---|---|",
    ]
    return "\n".join([*lines, *(_row(argument, facts, described["arguments"]) for argument, facts in described["parameters"].items())])


def _row(argument: str, facts: Mapping[str, Any], defaults: Mapping[str, str]) -> str:
    default = f"`{defaults[f'--{argument}']}`" if f"--{argument}" in defaults else "(none)"
    return f"| `--{argument}` | {facts['type']} | {'**required**' if facts['required'] else default} |"


def _escaped(text: str) -> str:
    return text.replace("*", "\\*").replace("<", "&lt;")
