"""Which files and folders of a home are its state.

State is whatever is there except what can be made again, what belongs to the checkout, and what describes processes; so a service that
keeps something new is in the next snapshot without a word here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from localaws.engines.postgres import PostgresEngine
from localaws.home import Home

__all__ = ["FOLDER", "Part", "new_part", "parts"]

FOLDER = "snapshots"
_NOT_STATE = frozenset({FOLDER, "cache", "jars", "dist", "install.lock", "engines"})
_NOT_STATE_OF_ENGINES = frozenset({"state.json", "ports.json", "lock", "engine.log", "temporary", "mariadbd.pid"})
_WITHOUT_STATE = frozenset({"spark", "source-api", "endpoint"})
"""Engines whose folders hold what they make at each start."""
_OUTSIDE = "outside/postgres"


@dataclass(frozen=True)
class Part:
    """One file or folder of the state. A snapshot has it as `parts/<name>`."""

    name: str
    live: Path
    """Where it is when it is in use."""
    staged: Path
    """Where a copy waits to take that place: on the same file system, so that a rename does it."""
    former: Path
    """Where what was there is put."""


def parts(home: Home) -> list[Part]:
    """What there is now."""
    names = [entry.name for entry in _entries(home.root) if entry.name not in _NOT_STATE]
    for engine in _entries(home.engines):
        if engine.is_dir() and engine.name not in _WITHOUT_STATE:
            names += [f"engines/{engine.name}/{entry.name}" for entry in _entries(engine) if entry.name not in _NOT_STATE_OF_ENGINES]
    found = [new_part(home, name) for name in names]
    outside = _outside(home)
    return [*found, new_part(home, _OUTSIDE)] if outside is not None and outside.exists() else found


def new_part(home: Home, name: str) -> Part:
    """The part of that name, whether it is there or not."""
    if name == _OUTSIDE:
        live = PostgresEngine(home).data_folder
        return Part(name, live, live.with_name("data.staged"), live.with_name("data.former"))
    folder = home.root / FOLDER
    return Part(name, home.root / name, folder / ".staged" / name, folder / ".former" / name)


def _outside(home: Home) -> Path | None:
    """PostgreSQL's data where it is outside the home (as root); None where it is inside, or was never made."""
    if not (home.engines / "postgres" / "cluster.id").exists():
        return None
    data = PostgresEngine(home).data_folder
    return None if data.is_relative_to(home.root) else data


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
