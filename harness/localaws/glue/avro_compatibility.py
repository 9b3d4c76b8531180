"""Whether data of one Avro schema can be read with another: the rules of "Schema Resolution" in Avro's specification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["cannot_read"]

_PROMOTED: Mapping[str, frozenset[str]] = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}
"""A writer's type, and the other types that it can be read as."""
_NAMED = ("record", "error", "enum", "fixed")


def cannot_read(reader: Any, writer: Any) -> list[str]:
    """Why data of the schema `writer` cannot be read with `reader`, a line for each reason; empty when it can.

    >>> cannot_read("long", "int")
    []
    >>> cannot_read("int", "long")
    ['(top): long cannot be read as int']
    """
    return list(_Comparison(_named(reader), _named(writer)).reasons(reader, writer, ""))


class _Comparison:
    def __init__(self, reader_names: Mapping[str, Any], writer_names: Mapping[str, Any]) -> None:
        self.readers, self.writers = reader_names, writer_names
        self.seen: set[tuple[int, int]] = set()

    def reasons(self, reader: Any, writer: Any, path: str) -> Iterator[str]:
        reader, writer = _resolved(reader, self.readers), _resolved(writer, self.writers)
        if isinstance(reader, dict) and isinstance(writer, dict):
            if (id(reader), id(writer)) in self.seen:  # a type within itself
                return
            self.seen.add((id(reader), id(writer)))
        if isinstance(writer, list):
            for branch in writer:
                yield from self.reasons(reader, branch, path)
        elif isinstance(reader, list):
            if not any(self._reads(branch, writer, path) for branch in reader):
                yield f"{path or '(top)'}: {_kind(writer)} is none of the union's types"
        else:
            yield from self._of_kinds(reader, writer, path)

    def _reads(self, reader: Any, writer: Any, path: str) -> bool:
        kept = set(self.seen)
        reads = not any(True for _ in self.reasons(reader, writer, path))
        self.seen = kept
        return reads

    def _of_kinds(self, reader: Any, writer: Any, path: str) -> Iterator[str]:
        kind, written = _kind(reader), _kind(writer)
        if kind != written:
            if kind not in _PROMOTED.get(written, ()):
                yield f"{path or '(top)'}: {written} cannot be read as {kind}"
        elif kind == "array":
            yield from self.reasons(reader["items"], writer["items"], f"{path}[]")
        elif kind == "map":
            yield from self.reasons(reader["values"], writer["values"], f"{path}{{}}")
        elif kind in _NAMED:
            yield from self._of_names(kind, reader, writer, path)

    def _of_names(self, kind: str, reader: Mapping[str, Any], writer: Mapping[str, Any], path: str) -> Iterator[str]:
        names = {_bare(reader["name"]), *map(_bare, reader.get("aliases", []))}
        if _bare(writer["name"]) not in names:
            yield f"{path or '(top)'}: the {kind} is named {writer['name']} and is read as {reader['name']}"
        elif kind == "fixed" and reader["size"] != writer["size"]:
            yield f"{path or '(top)'}: the size of {reader['name']} is {writer['size']} and is read as {reader['size']}"
        elif kind == "enum" and "default" not in reader and (lost := [s for s in writer["symbols"] if s not in reader["symbols"]]):
            yield f"{path or '(top)'}: the symbols {', '.join(lost)} of {reader['name']} are not known"
        elif kind in ("record", "error"):
            written = {field["name"]: field for field in writer["fields"]}
            for field in reader["fields"]:
                found = next((written[name] for name in (field["name"], *field.get("aliases", [])) if name in written), None)
                inner = f"{path}.{field['name']}" if path else field["name"]
                if found is not None:
                    yield from self.reasons(field["type"], found["type"], inner)
                elif "default" not in field:
                    yield f"{inner}: the field is not written and has no default"


def _kind(schema: Any) -> str:
    if isinstance(schema, list):
        return "union"
    return str(schema["type"]) if isinstance(schema, dict) else str(schema)


def _resolved(schema: Any, names: Mapping[str, Any]) -> Any:
    """The definition of a name, and what a type that is only wrapped is."""
    while True:
        if isinstance(schema, str) and _bare(schema) in names:
            return names[_bare(schema)]
        if not isinstance(schema, dict) or not isinstance(schema["type"], dict | list):
            return schema
        schema = schema["type"]


def _named(schema: Any) -> dict[str, Any]:
    """The named types that a schema defines. Namespaces are left out: resolution compares names without them."""
    found: dict[str, Any] = {}
    for part in _parts(schema):
        if isinstance(part, dict) and part.get("type") in _NAMED:
            found[_bare(part["name"])] = part
    return found


def _parts(schema: Any) -> Iterator[Any]:
    yield schema
    inner: list[Any] = []
    if isinstance(schema, list):
        inner = schema
    elif isinstance(schema, dict):
        inner = [schema[key] for key in ("items", "values") if key in schema]
        inner += [field["type"] for field in schema.get("fields", [])]
        inner += [schema["type"]] if isinstance(schema["type"], dict | list) else []
    for each in inner:
        yield from _parts(each)


def _bare(name: str) -> str:
    return name.rpartition(".")[2]
