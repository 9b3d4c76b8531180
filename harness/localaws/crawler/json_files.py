"""JSON: one document after the other (each on a line or over several), or an array of them; and what their members hold."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from localaws.crawler.exceptions import CrawlError
from localaws.crawler.schemas import UNKNOWN, Array, Schema, Struct, Type, merged, union

__all__ = ["JsonFacts", "read_json"]

_PATH_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[\*\]|\[(\d+)\]|\['([^']*)'\]|\.\*")


@dataclass(frozen=True)
class JsonFacts:
    """Schema and number of the documents that were looked at."""

    schema: Schema
    records: int


def read_json(text: str, is_whole: bool, path: str = "") -> JsonFacts | None:
    """What the text is, or None when it is no JSON of objects. With the `path` of a custom classifier, what the path selects.

    An array is one column named `array` without a path ("JsonPath", custom classifiers): a path `$[*]` has its elements as rows.
    """
    documents = _documents(text, is_whole)
    if documents is None:
        return None
    if path:
        rows = [found for document in documents for found in select(document, path)]
    elif all(isinstance(document, list) for document in documents):
        kind = _type([element for document in documents for element in document])
        return JsonFacts({"array": kind}, len(documents))
    else:
        rows = documents
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    schema: Schema = {}
    for row in rows:
        schema = union(schema, {name.lower(): _type(value) for name, value in row.items()})
    return JsonFacts(schema, len(rows))


def select(document: Any, path: str) -> list[Any]:
    """What a classifier's JsonPath selects: `$`, members, `[*]`, an index, `.*` ("JsonPath operators", Glue Developer Guide).

    >>> select({"a": [{"b": 1}, {"b": 2}]}, "$.a[*].b")
    [1, 2]

    Raises:
        CrawlError: the path has another operator.
    """
    if not path.startswith("$"):
        raise CrawlError(f"JsonPath {path!r} does not begin with $.")
    found, at = [document], 1
    while at < len(path):
        step = _PATH_STEP.match(path, at)
        if step is None:
            raise CrawlError(f"JsonPath {path!r}: what begins at character {at + 1} is not supported by classifiers.")
        found, at = [value for item in found for value in _stepped(item, step)], step.end()
    return found


def _stepped(item: Any, step: re.Match[str]) -> list[Any]:
    name = step[1] if step[1] is not None else step[3]
    if name is not None:
        return [item[name]] if isinstance(item, dict) and name in item else []
    if step[2] is not None:
        return [item[int(step[2])]] if isinstance(item, list) and int(step[2]) < len(item) else []
    if isinstance(item, dict):
        return list(item.values())
    return list(item) if isinstance(item, list) else []


def _documents(text: str, is_whole: bool) -> list[Any] | None:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    decoder, at = json.JSONDecoder(), 0
    found: list[Any] = []
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            document, at = decoder.raw_decode(text, at)
        except ValueError:
            return found if found and not is_whole else None
        found.append(document)
    return found


def _type(value: Any) -> Type:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int" if -(2**31) <= value < 2**31 else "bigint" if -(2**63) <= value < 2**63 else "double"
    if isinstance(value, float):
        return "double"
    if isinstance(value, list):
        element: Type = UNKNOWN
        for item in value:
            element = merged(element, _type(item))
        return Array(element)
    if isinstance(value, dict):
        return Struct(tuple((name.lower(), _type(member)) for name, member in value.items()))
    return "string"
