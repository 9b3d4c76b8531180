"""`deployment/jobs.json`: every Glue job with its arguments, generated from the scripts' dataclasses.

Sizes and limits, which no code says, are in the table below. A test holds the file fresh.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import json
import sys
import typing
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

from etl_common.arguments import JobArguments, argument_fields, required

__all__ = ["CHECKOUT", "JOBS_FILE", "argument_type", "describe_jobs", "job_module", "jobs_json"]

CHECKOUT = Path(__file__).resolve().parents[2]
JOBS_FILE = CHECKOUT / "deployment" / "jobs.json"

# Two runs may be asked for at once: the second waits for the first one's lease, or fails with its name.
_LIMITS: Mapping[str, Any] = {"worker_type": "G.1X", "number_of_workers": 2, "timeout_minutes": 60, "max_concurrent_runs": 2}
_LARGER: Mapping[str, Mapping[str, Any]] = {
    "ingest_rds": {"number_of_workers": 4},
    "build_facts": {"number_of_workers": 4, "timeout_minutes": 120},
}


def jobs_json(checkout: Path = CHECKOUT) -> str:
    """The file's text."""
    return json.dumps(describe_jobs(checkout), indent=2, ensure_ascii=False) + "\n"


def describe_jobs(checkout: Path = CHECKOUT) -> dict[str, Any]:
    """Job name to what Terraform and the local bootstrap need; `arguments` are the defaults that Glue is given."""
    return {script.stem: _describe(script) for script in sorted((checkout / "glue_jobs").glob("*.py"))}


def job_module(script: Path) -> ModuleType:
    """The imported script; importing does nothing else."""
    name = f"glue_job_{script.stem}"
    spec = importlib.util.spec_from_file_location(name, script)
    if spec is None or spec.loader is None:
        raise ImportError(f"{script} cannot be imported as a module: give a .py file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _describe(script: Path) -> dict[str, Any]:
    arguments: type[JobArguments] = job_module(script).Arguments
    hints = typing.get_type_hints(arguments)
    fields = argument_fields(arguments)
    return {
        "script": f"glue_jobs/{script.name}",
        "description": _first_line(script),
        "arguments": {f"--{field.name}": _text(field.default) for field in fields if not required(field) and field.default is not None},
        "parameters": {
            field.name: {"type": argument_type(hints[field.name]), "required": required(field)} for field in fields
        },
        **_LIMITS,
        **_LARGER.get(script.stem, {}),
    }


def argument_type(hint: Any) -> str:
    """The argument's type as people call it; `None` beside a type means that it may be left out."""
    names = {str: "text", int: "integer", float: "number", bool: "boolean", date: "date", tuple[str, ...]: "list"}
    options = [option for option in typing.get_args(hint) if option is not type(None)] if hint not in names else [hint]
    return names[options[0]]


def _first_line(script: Path) -> str:
    docstring = ast.get_docstring(ast.parse(script.read_text("utf-8"))) or ""
    return docstring.split("\n", 1)[0].removeprefix("Glue job: ")


def _text(value: Any) -> str:
    if value is dataclasses.MISSING:
        raise TypeError("an argument's default must be a value, not a factory: Glue is given it as text.")
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
