"""What a table of settings is made of: the values that a setting takes, and what becomes of it here. A document is checked against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localaws.dms.exceptions import SettingsError
from localaws.dms.settings.reading import Reader

__all__ = ["Document", "Setting", "Values", "checked", "choice", "done", "flag", "nothing", "number", "only", "text", "texts"]


@dataclass(frozen=True, slots=True)
class Values:
    """What a setting may be: in words, and the reader that refuses anything else."""

    words: str
    read: Callable[[Reader, str], Any]


def flag() -> Values:
    return Values("true, false", lambda reader, name: reader.flag(name, False))


def number(low: int, high: int = 2**31 - 1) -> Values:
    words = f"{low:,} to {high:,}" if high < 2**31 - 1 else f"{low:,} or more"
    return Values(words, lambda reader, name: reader.number(name, low, low, high))


def choice(*values: str) -> Values:
    return Values(", ".join(f"`{value}`" for value in values), lambda reader, name: reader.one_of(name, values))


def text() -> Values:
    return Values("text", lambda reader, name: reader.text(name))


def texts(*members: str) -> Values:
    """A list of objects whose members are texts."""

    def read(reader: Reader, name: str) -> list[dict[str, str]]:
        found = []
        for item in reader.children(name):
            item.only(members)
            found.append({member: item.text(member) for member in members})
        return found

    return Values("a list of " + ", ".join(f"`{member}`" for member in members), read)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `effect` is `done`, `nothing` (taken, without an effect here) or `only` (other values than `allowed` are refused);
    `note` says what it does, why it does nothing, or why the others are refused."""

    section: str
    name: str
    values: Values
    default: Any
    effect: str
    note: str
    allowed: tuple[Any, ...] = ()

    @property
    def path(self) -> str:
        return f"{self.section}.{self.name}".removeprefix(".")


def done(section: str, name: str, values: Values, default: Any, note: str) -> Setting:
    return Setting(section, name, values, default, "done", note)


def nothing(section: str, name: str, values: Values, default: Any, note: str) -> Setting:
    return Setting(section, name, values, default, "nothing", note)


def only(section: str, name: str, values: Values, default: Any, note: str, *allowed: Any) -> Setting:
    return Setting(section, name, values, default, "only", note, allowed or (default,))


@dataclass(frozen=True)
class Document:
    """The settings of a document by their path, with defaults for those that it leaves out, and a line for each that has no effect here."""

    values: Mapping[str, Any]
    given: frozenset[str]
    remarks: tuple[str, ...]

    def __getitem__(self, path: str) -> Any:
        return self.values[path]


def checked(document: Reader, catalogue: Sequence[Setting]) -> Document:
    """Every setting of the document, each of its type and in its range. A setting that is null is left out, as in what AWS gives back.

    Raises:
        SettingsError: one is unknown, of another type, out of range, or refused here.
    """
    sections = {setting.section: None for setting in catalogue if setting.section}
    tops = {section.partition(".")[0] for section in sections} | {setting.name for setting in catalogue if not setting.section}
    document.only(tops)
    values, given, remarks = {}, set(), []
    for section in ("", *sections):
        reader = document
        for name in filter(None, section.split(".")):
            reader = reader.child(name)
        of_section = [setting for setting in catalogue if setting.section == section]
        if section:
            below = {other.removeprefix(f"{section}.").partition(".")[0] for other in sections if other.startswith(f"{section}.")}
            reader.only([*(setting.name for setting in of_section), *below])
        for setting in of_section:
            values[setting.path] = setting.default
            if reader.has(setting.name):
                values[setting.path] = setting.values.read(reader, setting.name)
                given.add(setting.path)
                _refuse(setting, values[setting.path])
                if setting.effect == "nothing" and values[setting.path] != setting.default:
                    remarks.append(f"$.{setting.path} has no effect here: {setting.note}.")
    return Document(values, frozenset(given), tuple(remarks))


def _refuse(setting: Setting, value: Any) -> None:
    if setting.effect == "only" and value not in setting.allowed:
        allowed = " or ".join(str(item).lower() if isinstance(item, bool) else f"{item!r}" for item in setting.allowed)
        raise SettingsError(f"$.{setting.path}", f"{value!r} is not done by this engine, only {allowed}: {setting.note}")
