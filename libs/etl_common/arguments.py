"""Arguments of a job, declared once as a frozen dataclass.

Glue hands every argument over as text. Here the text becomes the type that the field declares, once,
before the job does anything; nothing below a job's `main` sees `sys.argv` or an untyped mapping. The
deployment's list of arguments (`deployment/jobs.json`) is generated from the same dataclass.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from etl_common.exceptions import ArgumentError

__all__ = ["BatchArguments", "JobArguments", "argument_fields", "parse_arguments", "required"]

_BATCH_ID = re.compile(r"^\d{4}-\d{2}-\d{2}(-[a-z0-9]+)*$")


@dataclass(frozen=True)
class JobArguments:
    """Base of every job's arguments. `validate` may be extended; it raises ArgumentError."""

    def validate(self) -> None:
        """Check what the types cannot say."""


@dataclass(frozen=True, kw_only=True)
class LeaseArguments(JobArguments):
    """Arguments of a job of which one run is at work at a time.

    lease_seconds: how long the job may be silent before another run may take its place; lease_wait_seconds: how long a second
    run waits for the first.
    """

    state_table: str = "etl-state"
    lease_seconds: int = 60
    lease_wait_seconds: int = 90

    def validate(self) -> None:
        super().validate()
        if self.lease_seconds < 5:
            raise ArgumentError("lease_seconds", str(self.lease_seconds), "give 5 or more: a lease must outlast a pause of the driver")


@dataclass(frozen=True, kw_only=True)
class BatchArguments(LeaseArguments):
    """Arguments of a job that works on one batch. batch_id: `YYYY-MM-DD` of the business date, with a suffix for a backfill."""

    batch_id: str
    business_date: date

    def validate(self) -> None:
        super().validate()
        if not _BATCH_ID.match(self.batch_id):
            raise ArgumentError("batch_id", self.batch_id, "give YYYY-MM-DD, and for a backfill a suffix: 1998-06-15-late")
        if self.batch_id[:10] != self.business_date.isoformat():
            raise ArgumentError("batch_id", self.batch_id, f"it must begin with the business date, {self.business_date.isoformat()}")


Arguments = TypeVar("Arguments", bound=JobArguments)


def _flag(text: str) -> bool:
    try:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
    except KeyError:
        raise ValueError("true or false") from None


def _texts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


# How an argument's text becomes a value, and what the error calls the type.
_PARSERS: Mapping[Any, tuple[Callable[[str], Any], str]] = {
    str: (str, "text"),
    int: (int, "a whole number"),
    float: (float, "a number"),
    bool: (_flag, "true or false"),
    date: (date.fromisoformat, "a date, YYYY-MM-DD"),
    tuple[str, ...]: (_texts, "words with commas between them"),
}


def argument_fields(arguments: type[JobArguments]) -> list[dataclasses.Field[Any]]:
    """The declared arguments, in order."""
    return list(dataclasses.fields(arguments))


def required(field: dataclasses.Field[Any]) -> bool:
    """Whether a run must give the argument."""
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def parse_arguments(arguments: type[Arguments], given: Mapping[str, str]) -> Arguments:
    """Typed and validated arguments from text by name.

    Raises ArgumentError, which names the argument, for one that is missing or is not of its type.
    """
    hints = typing.get_type_hints(arguments)
    values: dict[str, Any] = {}
    for field in argument_fields(arguments):
        if field.name in given:
            values[field.name] = _value(field.name, hints[field.name], given[field.name])
        elif required(field):
            raise ArgumentError(field.name, None, f"give --{field.name} …; {arguments.__qualname__} has no default for it")
    parsed = arguments(**values)
    parsed.validate()
    return parsed


def names_given(argv: Sequence[str], names: Sequence[str]) -> list[str]:
    """Those of `names` that the command line has, as `--name value` or `--name=value`."""
    words = {word.split("=", 1)[0] for word in argv}
    return [name for name in names if f"--{name}" in words]


def _value(name: str, hint: Any, text: str) -> Any:
    options = [option for option in typing.get_args(hint) if option is not type(None)]
    if isinstance(hint, types.UnionType) and len(options) == 1:
        if text == "":
            return None
        hint = options[0]
    if hint not in _PARSERS:
        raise ArgumentError(name, text, f"its type {hint} is not one of {', '.join(str(known) for known in _PARSERS)}")
    parse, description = _PARSERS[hint]
    try:
        return parse(text)
    except ValueError as error:
        raise ArgumentError(name, text, f"it must be {description}") from error
