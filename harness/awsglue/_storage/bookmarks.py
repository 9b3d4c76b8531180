"""Bookmarks: what a job has read already, by source, kept from one run to the next ("Tracking processed data using job bookmarks").

A run's own reads are added to the job's state (`localaws.glue.bookmark_store`) at `job.commit()` and only then: a run that fails before
reads the same again, and nothing is read twice or left out.

A file is new when its path is not known or it changed since. (Glue keeps the paths of the last 15 minutes only and a moment before that;
here all are kept, so that a file that arrives late with an old time is read too.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from awsglue._storage.files import File
from awsglue.exceptions import BadOptionError
from localaws.glue.bookmark_store import BookmarkStore, State, UncommittedRunError, position

__all__ = ["Bookmarks"]

ENABLE, PAUSE = "job-bookmark-enable", "job-bookmark-pause"


def _sources_at(state: State, run_id: str, where: str) -> dict[str, Any]:
    """What had been read when the run was committed. Raises BadOptionError naming the runs that there are."""
    try:
        sources: dict[str, Any] = state["runs"][position(state, run_id)]["sources"]
    except UncommittedRunError as error:
        what = f"Job bookmark of {state['job_name']}"
        raise BadOptionError(what, f"{where}: no committed run {run_id}", error.committed or ["(no run was committed)"]) from None
    return sources


@dataclass
class Bookmarks:
    """Bookmarks of the run at work. Without one (or with bookmarks disabled) everything is new."""

    job: str = ""
    run_id: str = ""
    option: str = "job-bookmark-disable"
    since: dict[str, Any] = field(default_factory=dict)
    until: dict[str, Any] | None = None
    pending: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def begin(cls, job: str, run_id: str, option: str, first: str | None = None, last: str | None = None) -> Bookmarks:
        """Bookmarks at the start of a run. first, last: a paused run reads what came after the one and up to the other.

        Raises BadOptionError for runs that were never committed.
        """
        if option not in (ENABLE, PAUSE):
            return cls(job, run_id, option)
        state = BookmarkStore.of_environment().load(job)
        if first is None or last is None:
            runs = state["runs"]
            return cls(job, run_id, option, runs[-1]["sources"] if runs else {})
        since = {} if first in ("0", "") else _sources_at(state, first, "job-bookmark-from")
        return cls(job, run_id, option, since, _sources_at(state, last, "job-bookmark-to"))

    @property
    def is_active(self) -> bool:
        return self.option in (ENABLE, PAUSE)

    def new_files(self, context: str, files: Sequence[File]) -> list[File]:
        """The files that earlier runs did not read. They count as read when the run is committed."""
        if not self.is_active or not context:
            return list(files)
        known = self.since.get(context, {}).get("files", {})
        new = [file for file in files if known.get(file.path) != file.modified]
        if self.until is not None:
            wanted = self.until.get(context, {}).get("files", {})
            new = [file for file in new if wanted.get(file.path) == file.modified]
        return new

    def note_files(self, context: str, files: Sequence[File]) -> None:
        """These files were read under the name."""
        if self.is_active and context:
            read = self.pending.setdefault(context, {}).setdefault("files", {})
            read.update({file.path: file.modified for file in files})

    def key_range(self, context: str) -> tuple[list[Any] | None, list[Any] | None]:
        """Values of the key columns after which, and up to which, rows are read; None: no limit."""
        if not self.is_active or not context:
            return None, None
        above = self.since.get(context, {}).get("keys")
        below = self.until.get(context, {}).get("keys") if self.until is not None else None
        return above, below

    def note_keys(self, context: str, values: list[Any]) -> None:
        """Rows up to these values of the key columns were read."""
        if self.is_active and context:
            self.pending.setdefault(context, {})["keys"] = values

    def commit(self, at: str) -> None:
        """Adds this run to the job's state. A paused or disabled run leaves it as it is."""
        if self.option != ENABLE:
            return
        store = BookmarkStore.of_environment()
        state = store.load(self.job)
        before = state["runs"][-1]["sources"] if state["runs"] else {}
        sources = {name: dict(value) for name, value in before.items()}
        for name, read in self.pending.items():
            merged = sources.setdefault(name, {})
            if "files" in read:
                merged["files"] = {**merged.get("files", {}), **read["files"]}
            if "keys" in read:
                merged["keys"] = read["keys"]
        state["runs"].append({"run_id": self.run_id, "committed_at": at, "sources": sources})
        store.save(state)
        self.since, self.pending = sources, {}
