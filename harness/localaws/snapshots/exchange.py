"""New state in the place of the old one, all of it or nothing.

Copies are staged first, which is what takes time; a kill until then changes nothing. Then a mark is written with the names of all
parts, and each is moved into its place. A kill after the mark is finished by whoever comes next: what was moved is not moved again.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from localaws.home import Home
from localaws.snapshots.layout import FOLDER, Part, new_part

__all__ = ["begin", "delete", "discard", "finish", "finish_interrupted", "locked"]


def begin(home: Home, present: Iterable[Part], wanted: Iterable[str]) -> None:
    """Put the staged parts `wanted` in the place of those that are `present`, which go away when they are not wanted."""
    names = {part.name for part in present}
    new = sorted(wanted)
    _write(_mark(home), {"staged": new, "gone": sorted(names - set(new))})
    finish(home)


def finish(home: Home) -> bool:
    """Go on with what was begun. False when nothing was."""
    mark = _mark(home)
    if not mark.exists():
        return False
    document = json.loads(mark.read_text("utf-8"))
    for part in (new_part(home, name) for name in document["staged"]):
        if part.staged.exists():  # else it is in its place already
            _put_away(part)
            part.live.parent.mkdir(parents=True, exist_ok=True)
            _move(part.staged, part.live)
    for part in (new_part(home, name) for name in document["gone"]):
        _put_away(part)
    mark.unlink()
    discard(home, [*document["staged"], *document["gone"]])
    return True


def finish_interrupted(home: Home) -> None:
    """Before a home's engines start: finish what a kill left, or wait for whoever is at it."""
    if _mark(home).exists():
        with locked(home, wait=True):
            finish(home)


@contextlib.contextmanager
def locked(home: Home, wait: bool = False) -> Iterator[None]:
    """One at a time saves, restores, resets. Raises BlockingIOError when another does and it is not to be waited for."""
    home.make()
    folder = home.root / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    with open(folder / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def discard(home: Home, names: Iterable[str]) -> None:
    """Delete staged copies and former state. Never while an exchange is marked."""
    for part in (new_part(home, name) for name in names):
        for path in (part.staged, part.former):
            delete(path)
    for name in (".staged", ".former"):
        delete(home.root / FOLDER / name)


def delete(path: Path) -> None:
    """A file or folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _put_away(part: Part) -> None:
    if part.live.exists() or part.live.is_symlink():
        part.former.parent.mkdir(parents=True, exist_ok=True)
        delete(part.former)
        _move(part.live, part.former)


def _move(source: Path, target: Path) -> None:
    os.rename(source, target)


def _mark(home: Home) -> Path:
    return home.root / FOLDER / ".exchange.json"


def _write(path: Path, document: object) -> None:
    draft = path.with_suffix(".draft")
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
