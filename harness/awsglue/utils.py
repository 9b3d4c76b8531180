"""Arguments of a job: `getResolvedOptions`, as the vendor's page "Accessing parameters using getResolvedOptions" and
the published library behave. Since it parses with argparse, its oddities are argparse's: abbreviations, `--k=v`,
a value that begins with `--` is refused while `-1` is taken.
"""

from __future__ import annotations

import argparse
import json
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from awsglue._refusal import refuse_unknown
from awsglue.job import Job

__all__ = [
    "GlueArgumentError", "GlueArgumentParser", "callsite", "getResolvedOptions", "iteritems", "iterkeys", "itervalues", "makeOptions",
]  # fmt: skip

_global_args: dict[str, Any] = {}
"""What getResolvedOptions gave last; Relationalize takes its staging path from it."""

_PAUSE = "job-bookmark-pause"
_DISABLE = "job-bookmark-disable"
_RESERVED = ("--job-bookmark-from", "--job-bookmark-to")
# What the older --continuation-option means as a bookmark option.
_CONTINUATIONS = {
    "continuation-enabled": "job-bookmark-enable",
    "continuation-readonly": _PAUSE,
    "continuation-ignore": _DISABLE,
}


class GlueArgumentError(Exception):
    """An argument of the job is missing or has a value that it cannot have."""


class GlueArgumentParser(argparse.ArgumentParser):
    """argparse's parser that raises GlueArgumentError instead of ending the process."""

    def error(self, msg) -> NoReturn:
        raise GlueArgumentError(msg)


def getResolvedOptions(args, options):
    """Values of the listed options from `args` (`sys.argv`, whose first entry is skipped).

    Each listed option is required, except TempDir; unknown arguments are dropped; of duplicates the last one wins.
    Hyphens in names become underscores. Beside the listed ones the result always has the bookmark options, JOB_ID,
    JOB_RUN_ID, SECURITY_CONFIGURATION, encryption_type, enable_data_lineage, RedshiftTempDir and TempDir (which mirror each other).

    Raises GlueArgumentError (missing option, bad choice), RuntimeError (a reserved name was asked for, or one end of a
    bookmark range is missing), argparse.ArgumentError (JOB_ID, JOB_RUN_ID and their like were asked for).
    """
    _refuse_reserved(options)
    parser = _parser()
    for option in options:
        if option not in ("JOB_NAME", "TempDir", "RedshiftTempDir"):
            parser.add_argument(f"--{option}", required=True)
    if "JOB_NAME" in options:
        parser.add_argument("--JOB_NAME", required=True)
    resolved = vars(parser.parse_known_args(list(args)[1:])[0])

    continuation = resolved.pop("continuation_option", None)
    resolved["job_bookmark_option"] = (
        resolved.get("job_bookmark_option") or (_CONTINUATIONS[continuation] if continuation else None) or _DISABLE
    )
    _check_range(resolved)
    temporary = resolved["TempDir"] if resolved["TempDir"] is not None else resolved["RedshiftTempDir"]
    found = resolved | {"TempDir": temporary, "RedshiftTempDir": temporary}
    _global_args.update(found)
    return found


def _refuse_reserved(options: Sequence[str]) -> None:
    for names in (Job.job_bookmark_options(), Job.continuation_options()):
        if names[0][2:] in options:
            raise RuntimeError(f"Using reserved arguments {names[0][2:]}")
    for name in _RESERVED:
        if name[2:] in options:
            raise RuntimeError(f"Using reserved arguments {name}")


def _parser() -> GlueArgumentParser:
    parser = GlueArgumentParser()
    for name, *choices in (Job.job_bookmark_options(), Job.continuation_options(), Job.encryption_type_options()):
        parser.add_argument(name, choices=choices)
    for name in (*Job.job_bookmark_range_options(), *Job.id_params()[1:], *Job.data_lineage_options()):
        parser.add_argument(name)
    for name in ("--RedshiftTempDir", "--TempDir"):
        parser.add_argument(name)
    return parser


def _check_range(resolved: dict[str, Any]) -> None:
    ends = {"--job-bookmark-from": resolved["job_bookmark_from"], "--job-bookmark-to": resolved["job_bookmark_to"]}
    missing = [name for name, value in ends.items() if value is None]
    if resolved["job_bookmark_option"] != _PAUSE:
        if not missing:
            raise RuntimeError("Invalid option(s)" + " ".join(ends))
    elif len(missing) == 1:
        raise RuntimeError(f"Missing option or value for {missing[0]}")


def makeOptions(sc, py_obj):
    """Options as a dictionary, of one or of its JSON text (in the vendor's library: an object of the JVM)."""
    if isinstance(py_obj, dict):
        return dict(py_obj)
    if isinstance(py_obj, str):
        return json.loads(py_obj)
    raise TypeError(f"Unexpected type {type(py_obj)} in makeOptions: give a dict or its JSON text")


def callsite():
    """Where in the script a call was made, as a stack of lines."""
    return "".join(traceback.format_list(traceback.extract_stack()[:-2]))


def iteritems(d, **kwargs):
    return iter(d.items(**kwargs))


def iterkeys(d, **kwargs):
    return iter(d.keys(**kwargs))


def itervalues(d, **kwargs):
    return iter(d.values(**kwargs))


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
