"""Reading of JSON documents: every object says which members it may have, so that a misspelt one is refused and not ignored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from localaws.dms.exceptions import SettingsError

__all__ = ["Reader", "parsed"]


def parsed(text: str, what: str) -> Any:
    """The document.

    Raises:
        SettingsError: it is no JSON.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingsError(what, f"it is no JSON: {error}") from error


class Reader:
    """One object of a document and its JSON path."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            raise SettingsError(path, f"an object was expected, it is {value!r}")
        self.value, self.path = value, path

    def only(self, names: Iterable[str]) -> None:
        """Refuse members of other names."""
        known = sorted(names)
        for name in self.value:
            if name not in known:
                raise SettingsError(f"{self.path}.{name}", f"there is no such setting; there are {', '.join(known)}")

    def has(self, name: str) -> bool:
        return self.value.get(name) is not None

    def child(self, name: str) -> Reader:
        """An object below; an empty one where it is left out."""
        return Reader(self.value.get(name) or {}, f"{self.path}.{name}")

    def children(self, name: str) -> list[Reader]:
        found = self.value.get(name) or []
        if not isinstance(found, list):
            raise SettingsError(f"{self.path}.{name}", "a list was expected")
        return [Reader(item, f"{self.path}.{name}[{number}]") for number, item in enumerate(found)]

    def text(self, name: str, default: str | None = None) -> str:
        value = self.value.get(name)
        if value is None:
            if default is None:
                raise SettingsError(f"{self.path}.{name}", "it is missing")
            return default
        if not isinstance(value, str | int):
            raise SettingsError(f"{self.path}.{name}", f"a text was expected, it is {value!r}")
        return str(value)

    def one_of(self, name: str, allowed: Iterable[str], default: str | None = None) -> str:
        choices, value = list(allowed), self.text(name, default)
        if value not in choices:
            raise SettingsError(f"{self.path}.{name}", f"{value!r} is none of {', '.join(choices)}")
        return value

    def number(self, name: str, default: int, low: int = 0, high: int = 2**31 - 1) -> int:
        value = self.value.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise SettingsError(f"{self.path}.{name}", f"a whole number was expected, it is {value!r}")
        if not low <= value <= high:
            raise SettingsError(f"{self.path}.{name}", f"{value} does not lie between {low} and {high}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.value.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise SettingsError(f"{self.path}.{name}", f"true or false was expected, it is {value!r}")
        return value
