"""JSON files for COPY: objects one after the other, by the names of the columns or by jsonpaths (Redshift guide, "COPY from JSON format").

A record ends where its brackets close, whatever lines it is on: what is held is one record, never the file.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.copy.errors import FieldError
from localaws.redshift.copy.records import LONGEST_RECORD, Record, decoded
from localaws.redshift.copy.target import TargetColumn
from localaws.redshift.exceptions import LoadError

__all__ = ["Fields", "compact", "json_fields", "read_json"]

Fields = Callable[[Any], list[str | None]]
_OUTSIDE, _INSIDE = re.compile(r'["{}\[\]]'), re.compile(r'["\\]')
_STEP = re.compile(r"""\.(?P<name>[^.\[\]'"\s]+)|\[\s*'(?P<single>[^']*)'\s*\]|\[\s*"(?P<double>[^"]*)"\s*\]|\[\s*(?P<place>\d+)\s*\]""")
_MISSING = object()


def json_fields(command: CopyCommand, targets: list[TargetColumn], storage: Path) -> Fields:
    """How a value becomes the fields of the targets.

    Raises:
        LoadError: the jsonpaths file cannot be read or does not fit the columns.
    """
    if command.json == "noshred":
        if len(targets) != 1 or targets[0].type != "jsonb":
            raise LoadError(command.name, "JSON 'noshred' loads into one column of type SUPER")
        return lambda value: [compact(value)]
    if command.json.startswith("s3://"):
        paths = _read_paths(command, storage)
        if len(paths) != len(targets):
            raise LoadError(
                command.name,
                "Number of jsonpaths and the number of columns should match. "
                f"JSONPath size: {len(paths)}, Number of columns: {len(targets)}",
            )
        return lambda value: [_field(_followed(value, path), target) for path, target in zip(paths, targets, strict=True)]
    return _by_name(targets, command.json == "auto ignorecase")


def read_json(command: CopyCommand, stream: io.BufferedReader, fields: Fields) -> Iterator[Record]:
    """The records; `line` is the last line of each, as Redshift counts."""
    text = decoded(command, stream, "\n")
    for line, raw, whole in _values(text):
        record = Record(line, raw.strip())
        try:
            if not whole:
                raise FieldError(1224, "Invalid JSON: the record does not end, is longer than 4 MB or has brackets without partners")
            record.fields = fields(_parsed(raw))
            record.exempt = frozenset(range(len(record.fields)))
        except FieldError as error:
            record.error = error
        yield record


def _values(text: io.TextIOBase) -> Iterator[tuple[int, str, bool]]:
    """(last line, text, whether its brackets close) of each value on the way."""
    parts: list[str] = []
    depth, inside, number, size, carried = 0, False, 0, 0, 0
    while piece := text.readline(LONGEST_RECORD):
        number += piece.endswith("\n") or len(piece) < LONGEST_RECORD
        # A piece of a very long line may end between a backslash and what it escapes.
        start, at = 0, carried
        while match := (_INSIDE if inside else _OUTSIDE).search(piece, at):
            sign, at = match[0], match.end()
            if sign == "\\":
                at += 1
            elif sign == '"':
                inside = not inside
            elif sign in "{[":
                depth += 1
            else:
                depth -= 1
                if depth <= 0:
                    yield number, "".join(parts) + piece[start:at], depth == 0
                    parts, depth, start, size = [], 0, at, 0
        carried = max(0, at - len(piece))
        rest = piece[start:]
        if depth or inside or rest.strip(" \t\r\n,"):
            parts.append(rest)
            size += len(rest)
        if parts and depth == 0 and not inside:
            yield number, "".join(parts), False
            parts, size = [], 0
        if size > LONGEST_RECORD:
            yield number, "".join(parts), False
            parts, depth, inside, size = [], 0, False, 0
    if parts:
        yield number, "".join(parts), False


def _parsed(raw: str) -> Any:
    try:
        return json.loads(raw.strip(" \t\r\n,"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise FieldError(1224, f"Invalid JSON: {error}") from None


def _by_name(targets: list[TargetColumn], ignore_case: bool) -> Fields:
    def fields(value: Any) -> list[str | None]:
        if not isinstance(value, dict):
            raise FieldError(1224, "Invalid JSON: 'auto' loads objects")
        found = {key.lower(): member for key, member in reversed(value.items())} if ignore_case else value
        return [_field(found.get(target.name), target) for target in targets]

    return fields


def _field(value: Any, target: TargetColumn) -> str | None:
    if value is None or value is _MISSING:
        return None
    if isinstance(value, str) and target.type != "jsonb":
        return value
    if isinstance(value, bytes):
        return value.hex() if target.type == "bytea" else value.decode(errors="surrogateescape")
    return compact(value)


def compact(value: Any) -> str:
    """JSON without blanks, numbers as they were written."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{compact(key)}:{compact(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    if isinstance(value, bytes):
        return json.dumps(value.hex())
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _read_paths(command: CopyCommand, storage: Path) -> list[list[str | int]]:
    path = storage / command.json.removeprefix("s3://")
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))["jsonpaths"]
        return [_path(command, text) for text in texts]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LoadError(
            command.name, f'The jsonpaths file cannot be read: {error!r}. It is {{"jsonpaths": ["$.a", …]}}', file=command.json
        ) from error


def _path(command: CopyCommand, text: str) -> list[str | int]:
    steps: list[str | int] = []
    at = 1
    while text.startswith("$") and at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            break
        steps.append(
            int(match["place"]) if match["place"] else next(part for part in match.group("name", "single", "double") if part is not None)
        )
        at = match.end()
    if not steps or at < len(text):
        raise LoadError(command.name, f"Invalid JSONPath format: {text}", file=command.json)
    return steps


def _followed(value: Any, path: list[str | int]) -> Any:
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else _MISSING
        else:
            value = value.get(step, _MISSING) if isinstance(value, dict) else _MISSING
    return value
