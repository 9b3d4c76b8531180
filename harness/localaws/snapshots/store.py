"""The snapshots of a home: saved, restored, listed, deleted; and a home made empty.

The databases and the endpoint are stopped for it and started again: what lies on disk is then whole. A snapshot is a folder that gets its
name when all of it is there. Copies share blocks where the file system can (`cp --reflink=auto`).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import re
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from localaws.engines.stack import Event, Stack
from localaws.home import Home
from localaws.snapshots import exchange
from localaws.snapshots.activity import activities
from localaws.snapshots.exceptions import BusyError, SnapshotError, SnapshotExistsError, SnapshotMissingError, SnapshotNameError
from localaws.snapshots.layout import FOLDER, new_part, parts
from localaws.snapshots.objects import carry_records

__all__ = ["Snapshot", "Snapshots"]

_FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WRITERS = ("endpoint", "redshift", "postgres", "mysql", "source-api")
"""Engines that write state. The driver reads only, and keeps what it read: it is stopped where state is replaced."""


@dataclass(frozen=True)
class Snapshot:
    """One snapshot. Its time is in seconds since the epoch, its size in bytes."""

    name: str
    saved_at: float
    size: int
    parts: list[str]


class Snapshots:
    """Those of one home."""

    def __init__(self, home: Home) -> None:
        self.home, self.folder = home, home.root / FOLDER

    def save(self, name: str, replace: bool = False, on_event: Event | None = None) -> Snapshot:
        """Copy the state.

        Raises:
            SnapshotNameError, SnapshotExistsError, BusyError: nothing was done.
        """
        target = self._path(name)
        self._finish_interrupted()
        if target.exists() and not replace:
            raise SnapshotExistsError(name)
        with self._quiet(_WRITERS, on_event):
            draft = self.folder / f".draft-{name}"
            found = parts(self.home)
            _copy((part.live, draft / "parts" / part.name) for part in found)
            carry_records(self.home.s3, draft / "parts" / self.home.s3.name, draft / "parts" / self.home.s3_meta.name)
            size = sum(path.stat().st_size for path in draft.rglob("*") if path.is_file() and not path.is_symlink())
            snapshot = Snapshot(name, time.time(), size, [part.name for part in found])
            (draft / "snapshot.json").write_text(json.dumps({"format": _FORMAT, **snapshot.__dict__}), "utf-8")
            if target.exists():
                target.rename(self.folder / f".former-{name}")
            draft.rename(target)
            self._tidy()
        return snapshot

    def restore(self, name: str, on_event: Event | None = None) -> Snapshot:
        """Put the state back as it was saved; what came since is gone.

        Raises:
            SnapshotMissingError, BusyError: nothing was done.
        """
        self._finish_interrupted()
        snapshot = self._read(name)
        with self._quiet(None, on_event):
            wanted = [new_part(self.home, part) for part in snapshot.parts]
            kept = self._path(name) / "parts"
            _copy((kept / part.name, part.staged) for part in wanted)
            objects, records = (new_part(self.home, each.name).staged for each in (self.home.s3, self.home.s3_meta))
            carry_records(kept / self.home.s3.name, objects, records)
            exchange.begin(self.home, parts(self.home), snapshot.parts)
        return snapshot

    def reset(self, on_event: Event | None = None) -> None:
        """Delete all state but snapshots. The engines stay down; their next start makes new ones.

        Raises:
            BusyError: nothing was done.
        """
        with self._quiet(None, on_event, again=False):
            exchange.begin(self.home, parts(self.home), [])

    def list(self) -> list[Snapshot]:
        """Those that can be restored, the newest first."""
        self._finish_interrupted()
        return [*self._sorted_out()[0]]

    def unreadable(self) -> dict[str, str]:
        """What else lies among the snapshots, by name, and why it is none. It keeps nobody from the others, and can be deleted."""
        return self._sorted_out()[1]

    def delete(self, name: str) -> None:
        """Also what cannot be read. Raises SnapshotMissingError when there is nothing of that name."""
        path = self._path(name)
        self._finish_interrupted()
        if not path.exists():
            raise SnapshotMissingError(name, self.folder)
        with self._locked():
            path.rename(self.folder / f".gone-{name}")
            self._tidy()

    def _sorted_out(self) -> tuple[Sequence[Snapshot], dict[str, str]]:
        found, unreadable = [], {}
        for name in sorted(path.name for path in self.folder.iterdir() if path.name[0] != ".") if self.folder.exists() else []:
            try:
                found.append(self._read(name))
            except SnapshotMissingError as error:
                unreadable[name] = error.reason
            except SnapshotNameError as error:
                unreadable[name] = str(error)
        return sorted(found, key=lambda each: each.saved_at, reverse=True), unreadable

    def _finish_interrupted(self) -> None:
        """Before snapshots are looked at. Whoever holds the lock is at it himself."""
        if self.folder.exists():
            with contextlib.suppress(BusyError), self._locked():
                self._tidy()

    def _tidy(self) -> None:
        """Under the lock: what a kill left is deleted, but the one that was to be replaced has its successor, or is there again."""
        for former in self.folder.glob(".former-*"):
            name = former.name.removeprefix(".former-")
            draft, target = self.folder / f".draft-{name}", self.folder / name
            if not target.exists():
                (draft if draft.exists() else former).rename(target)  # the draft was whole before the former was moved
        for pattern in (".draft-*", ".former-*", ".gone-*"):
            for path in self.folder.glob(pattern):
                exchange.delete(path)

    @contextlib.contextmanager
    def _quiet(self, engines: Iterable[str] | None, on_event: Event | None, again: bool = True) -> Iterator[None]:
        """Nothing is under way and the engines (all) are down and held; afterwards those that ran run again."""
        stack = Stack(self.home)
        chosen = list(engines or stack.engines)
        running: list[str] = []
        try:
            with self._locked():
                exchange.finish(self.home)
                exchange.discard(self.home, self._all_names())
                self._tidy()
                running = [name for name in chosen if stack.engines[name].pid is not None]
                if under_way := activities(self.home, "endpoint" in running):
                    running = []
                    raise BusyError(under_way)
                stack.stop(running, on_event)
                with contextlib.ExitStack() as held:
                    for name in chosen:
                        held.enter_context(stack.engines[name].locked())
                    self._refuse_what_runs_on(stack, chosen)
                    yield
        finally:
            if again and running:
                stack.start(running, on_event)

    def _all_names(self) -> set[str]:
        return {part.name for part in parts(self.home)} | {name for snapshot in self._sorted_out()[0] for name in snapshot.parts}

    def _refuse_what_runs_on(self, stack: Stack, chosen: Iterable[str]) -> None:
        """What was started meanwhile, or an endpoint that was started without `etl up`, would write on."""
        if again := [name for name in chosen if stack.engines[name].pid is not None]:
            raise BusyError(f"engine {name}, which somebody started meanwhile" for name in again)
        lock = self.home.endpoint / "lock"
        if not lock.exists():
            return
        with open(lock, "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError([f"an endpoint of {self.home.root} that `./etl up` did not start"]) from None

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(exchange.locked(self.home))
            except BlockingIOError:
                raise BusyError(["another `etl snapshot` or `etl reset`"]) from None
            yield

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise SnapshotNameError(name)
        return self.folder / name

    def _read(self, name: str) -> Snapshot:
        path = self._path(name) / "snapshot.json"
        if not path.parent.exists():
            raise SnapshotMissingError(name, self.folder)
        try:
            document = json.loads(path.read_text("utf-8"))
            if document.pop("format") != _FORMAT:
                raise SnapshotMissingError(name, self.folder, "another version of this project made it")
            found = Snapshot(**document)
            return Snapshot(found.name, float(found.saved_at), int(found.size), [str(part) for part in found.parts])
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
            raise SnapshotMissingError(name, self.folder, f"{path} cannot be read ({error})") from error


def _copy(pairs: Iterable[tuple[Path, Path]]) -> None:
    """Each first path to its second one, with owners, modes and times."""
    for source, target in pairs:
        target.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["cp", "-a", "--reflink=auto", "--no-target-directory", str(source), str(target)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SnapshotError(f"{source} could not be copied to {target}: {done.stderr.strip()}. Nothing was changed.")
