"""XML: each element of `rowTag` is a record. Parsed in Python, so that mixed elements become choices as in JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from awsglue._core.python_side import ship
from awsglue._core.records import Records, Stage, aligned
from awsglue._operations.unboxing import schema_of_text
from awsglue._storage.json_format import records_of_text
from awsglue._storage.options import checked, is_true
from awsglue._storage.request import FileRequest
from awsglue.exceptions import BadOptionError

__all__ = ["READ_OPTIONS", "read"]

ship(__name__)
READ_OPTIONS = ("rowTag", "encoding", "excludeAttribute", "treatEmptyValuesAsNulls", "attributePrefix", "valueTag",
                "ignoreSurroundingSpaces", "withSchema")  # fmt: skip


def read(request: FileRequest) -> Records:
    """Records of XML files. Raises BadOptionError without a `rowTag`."""
    options = checked("xml format", request.options, READ_OPTIONS)
    if not options.get("rowTag"):
        raise BadOptionError("xml format", "rowTag is missing", ["rowTag: the name of the element that is a record"])
    if str(options.get("encoding", "UTF-8")).upper().replace("-", "") != "UTF8":
        raise BadOptionError("xml format", f"encoding {options['encoding']!r}", ["UTF-8"])
    parse = _parser(options)
    records = records_of_text(request.spark.read.text(request.paths, wholetext=True), parse, request)
    if options.get("withSchema"):
        schema = schema_of_text(options["withSchema"])
        return records.then(lambda frame: aligned(frame, schema), Stage("withSchema"))
    return records


def _parser(options: Mapping[str, Any]) -> Callable[[str], Iterator[Any]]:
    tag, prefix, value_tag = str(options["rowTag"]), str(options.get("attributePrefix", "_")), str(options.get("valueTag", "_VALUE"))
    attributes = not is_true(options.get("excludeAttribute", False))
    trim, empty_is_null = is_true(options.get("ignoreSurroundingSpaces", False)), is_true(options.get("treatEmptyValuesAsNulls", False))

    def convert(element: Any) -> Any:
        fields: dict[str, Any] = {prefix + name: _typed(value) for name, value in element.attrib.items()} if attributes else {}
        for child in element:
            name = child.tag.rpartition("}")[2]
            value = convert(child)
            if name in fields:
                before = fields[name]
                fields[name] = [*before, value] if isinstance(before, list) else [before, value]
            else:
                fields[name] = value
        text = element.text or ""
        text = text.strip() if trim or len(element) else text
        if not fields:
            return None if (empty_is_null and not text.strip()) else _typed(text)
        if text.strip():
            fields[value_tag] = _typed(text)
        return fields

    def parse(text: str) -> Iterator[Any]:
        try:
            root = ElementTree.fromstring(text.lstrip("\ufeff").strip() or "<empty/>")
        except ElementTree.ParseError as error:
            raise ValueError(f"the XML is broken: {error}") from error
        for element in root.iter():
            if element.tag.rpartition("}")[2] == tag:
                value = convert(element)
                yield value if isinstance(value, dict) else {value_tag: value}

    return parse


def _typed(text: str) -> Any:
    """The value that a text is: a whole number, a number, a truth, or the text."""
    bare = text.strip()
    if re.fullmatch(r"[+-]?(0|[1-9]\d{0,17})", bare):
        return int(bare)
    if re.fullmatch(r"[+-]?\d+\.\d+([eE][+-]?\d+)?", bare):
        return float(bare)
    if bare in ("true", "false"):
        return bare == "true"
    return text
