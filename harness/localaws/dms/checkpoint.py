"""What a target keeps of a task: where to read on, and whether everything is loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from localaws.dms.binlog.events import Position

__all__ = ["Checkpoint"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`position`: changes before it are on the target. `settled`: the youngest snapshot that anything was loaded from; up to it changes
    may be on the target already. `loaded`: whether the full load is complete. `suspended`: tables that are left out, and why.
    `cached`: the end of the changes that were made during the load, for a task that stops after them. `reloading`: tables whose load was
    begun anew and is not complete. `reloaded`: tables that were loaded again, up to a position: changes before it are on the target."""

    position: str
    settled: str
    loaded: bool = False
    suspended: Mapping[str, str] = field(default_factory=dict)
    cached: str = ""
    reloading: tuple[str, ...] = ()
    reloaded: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        return cls(**json.loads(text))

    def at(self, position: Position) -> Checkpoint:
        """The same, read on to a position."""
        return replace(self, position=str(position))

    def given_up(self, name: tuple[str, str]) -> Checkpoint:
        """The same, with no load of the table under way."""
        return replace(self, reloading=tuple(table for table in self.reloading if table != ".".join(name)))

    def reloaded_to(self, name: tuple[str, str], position: Position) -> Checkpoint:
        """The same, with the table loaded again up to a position."""
        return replace(self.given_up(name), reloaded={**self.reloaded, ".".join(name): str(position)})

    def pruned(self) -> Checkpoint:
        """Without what no change that is still to come asks for."""
        here = Position.parse(self.position).order
        return replace(self, reloaded={table: end for table, end in self.reloaded.items() if Position.parse(end).order > here})

    @property
    def repeated(self) -> bool:
        """Whether changes that end at the position may be on the target already."""
        return Position.parse(self.position).order <= Position.parse(self.settled).order
