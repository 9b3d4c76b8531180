"""Intrinsic functions (`States.Format('…', $.x)`): read, and computed ("Intrinsics for JSONPath states", Developer Guide)."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from localaws.stepfunctions.exceptions import StatesError

__all__ = ["evaluate_intrinsic"]

_TOKEN = re.compile(
    r"\s*(?:(?P<call>States\.\w+)\s*\(|(?P<string>'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<word>true|false|null)\b|(?P<close>\))|(?P<comma>,))"
)
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_LONGEST_ARRAY = 1000


def evaluate_intrinsic(text: str, path: Callable[[str], Any]) -> Any:
    """The value of a call; `path` gives that of a path within it.

    >>> evaluate_intrinsic("States.Format('{}-{}', $.a, States.MathAdd(1, 2))", lambda _: "x")
    'x-3'

    Raises:
        StatesError: States.IntrinsicFailure.
    """
    reader = _Reader(text, path)
    value = reader.value()
    reader.end()
    return value


class _Reader:
    def __init__(self, text: str, path: Callable[[str], Any]) -> None:
        self.text, self.at, self.path = text, 0, path

    def value(self) -> Any:
        start = self.at
        self._skip()
        if self.text[self.at : self.at + 1] == "$":
            return self.path(self._path())
        token = _TOKEN.match(self.text, self.at)
        if token is None or token["close"] or token["comma"]:
            raise StatesError("States.IntrinsicFailure", f"{self.text!r} cannot be read at character {start + 1}.")
        self.at = token.end()
        if token["call"]:
            return self._call(token["call"])
        if token["string"] is not None:
            return re.sub(r"\\(.)", r"\1", token["string"][1:-1])
        if token["number"] is not None:
            return json.loads(token["number"])
        return json.loads(token["word"])

    def end(self) -> None:
        self._skip()
        if self.at != len(self.text):
            raise StatesError("States.IntrinsicFailure", f"{self.text!r} goes on after its end, at character {self.at + 1}.")

    def _skip(self) -> None:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1

    def _path(self) -> str:
        start, depth, quote = self.at, 0, ""
        while self.at < len(self.text):
            char = self.text[self.at]
            if quote:
                quote = "" if char == quote else quote
            elif char in "'\"" and depth:
                quote = char
            elif char in "[(":
                depth += 1
            elif char in "])" and depth:
                depth -= 1
            elif char in ",)" and not depth:
                break
            self.at += 1
        return self.text[start : self.at].strip()

    def _call(self, name: str) -> Any:
        arguments: list[Any] = []
        self._skip()
        if self.text[self.at : self.at + 1] == ")":
            self.at += 1
            return _apply(name, arguments)
        while True:
            arguments.append(self.value())
            self._skip()
            following = self.text[self.at : self.at + 1]
            self.at += 1
            if following == ")":
                return _apply(name, arguments)
            if following != ",":
                raise StatesError("States.IntrinsicFailure", f"{self.text!r} lacks a comma or a parenthesis at character {self.at}.")


def _apply(name: str, arguments: list[Any]) -> Any:
    function = _FUNCTIONS.get(name)
    if function is None:
        raise StatesError("States.IntrinsicFailure", f"There is no intrinsic function {name}.")
    try:
        return function(*arguments)
    except StatesError:
        raise
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise StatesError("States.IntrinsicFailure", f"{name}({', '.join(json.dumps(each) for each in arguments)}): {error}") from error


def _format(template: str, *values: Any) -> str:
    parts = re.split(r"(?<!\\)\{\}", template)
    if len(parts) != len(values) + 1:
        raise ValueError(f"{len(parts) - 1} places and {len(values)} values")
    texts = [value if isinstance(value, str) else json.dumps(value, separators=(",", ":")) for value in values]
    return "".join(part + text for part, text in zip(parts, [*texts, ""], strict=True)).replace("\\{", "{").replace("\\}", "}")


def _partition(items: list[Any], size: int) -> list[list[Any]]:
    if size <= 0:
        raise ValueError("the size of a part must be above 0")
    return [items[start : start + size] for start in range(0, len(items), size)]


def _range(first: int, last: int, step: int) -> list[int]:
    found = list(range(first, last + (1 if step > 0 else -1), step))
    if len(found) > _LONGEST_ARRAY:
        raise ValueError(f"more than {_LONGEST_ARRAY} elements")
    return found


def _unique(items: list[Any]) -> list[Any]:
    found: list[Any] = []
    seen: set[str] = set()
    for item in items:
        key = json.dumps(item, sort_keys=True)
        if key not in seen:
            seen.add(key)
            found.append(item)
    return found


def _merge(one: dict[str, Any], other: dict[str, Any], deep: bool) -> dict[str, Any]:
    if deep:
        raise ValueError("only the shallow merge (false) exists")
    return {**one, **other}


def _random(first: int, last: int, seed: int | None = None) -> int:
    return random.Random(seed).randrange(int(first), int(last))


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "States.Array": lambda *items: list(items),
    "States.ArrayContains": lambda items, value: value in items,
    "States.ArrayGetItem": lambda items, at: items[at],
    "States.ArrayLength": len,
    "States.ArrayPartition": _partition,
    "States.ArrayRange": _range,
    "States.ArrayUnique": _unique,
    "States.Base64Decode": lambda text: base64.b64decode(text, validate=True).decode(),
    "States.Base64Encode": lambda text: base64.b64encode(text.encode()).decode(),
    "States.Format": _format,
    "States.Hash": lambda data, kind: hashlib.new(
        _HASHES[kind], (data if isinstance(data, str) else json.dumps(data)).encode()
    ).hexdigest(),
    "States.JsonMerge": _merge,
    "States.JsonToString": lambda value: json.dumps(value, separators=(",", ":")),
    "States.MathAdd": lambda one, other: int(one) + int(other),
    "States.MathRandom": _random,
    "States.StringSplit": lambda text, signs: [part for part in re.split("[" + re.escape(signs) + "]", text) if part],
    "States.StringToJson": json.loads,
    "States.UUID": lambda: str(uuid.uuid4()),
}
