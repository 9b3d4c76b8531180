"""S3's XML: documents written from pairs, and small ones read into elements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from localaws.s3.exceptions import MalformedXmlError

__all__ = ["Pairs", "child_text", "children", "document", "parse"]

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

Pairs = Iterable[tuple[str, Any]]
"""(element, value): text, a number, a truth value, or the pairs of the element's own children; None leaves it out."""


def document(root: str, pairs: Pairs) -> bytes:
    """A whole document."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n', f'<{root} xmlns="{_NAMESPACE}">']
    _write(parts, pairs)
    parts.append(f"</{root}>")
    return "".join(parts).encode("utf-8", "replace")


def _write(parts: list[str], pairs: Pairs) -> None:
    for name, value in pairs:
        if value is None:
            continue
        parts.append(f"<{name}>")
        if isinstance(value, bool):
            parts.append("true" if value else "false")
        elif isinstance(value, str | int):
            parts.append(escape(str(value)))
        else:
            _write(parts, value)
        parts.append(f"</{name}>")


def parse(body: bytes, root: str) -> ElementTree.Element:
    """The root element, which must be `root`; names lose their namespace.

    Raises:
        MalformedXmlError: it is no XML, or another document.
    """
    if b"<!DOCTYPE" in body:
        raise MalformedXmlError("a document type is not accepted")
    try:
        element = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise MalformedXmlError(str(error)) from error
    for each in element.iter():
        each.tag = each.tag.rpartition("}")[2]
    if element.tag != root:
        raise MalformedXmlError(f"{root} expected, {element.tag} found")
    return element


def children(element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """Children of that name."""
    return element.findall(name)


def child_text(element: ElementTree.Element, name: str) -> str | None:
    """The text of the child `name`; None when there is no such child."""
    found = element.find(name)
    return None if found is None else found.text or ""
