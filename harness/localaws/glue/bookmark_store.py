"""Bookmarks on disk: what the runs of a job have read, one file for each job. Scripts, the endpoint and `etl job bookmark` share it.

The state of a job is the list of its committed runs, each with the state of every source (`transformation_ctx`) as it was then. So a
reset drops all of them, a rewind drops those after one, and a pause reads between two.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from localaws.exceptions import LocalAwsError

__all__ = ["FOLDER", "BookmarkStore", "State", "UncommittedRunError", "position"]

FOLDER = "ETL_BOOKMARKS"
State = dict[str, Any]


class UncommittedRunError(LocalAwsError):
    """A bookmark has no committed run of the id that was given."""

    def __init__(self, job: str, run_id: str, committed: Sequence[str]) -> None:
        self.job, self.run_id, self.committed = job, run_id, list(committed)
        super().__init__(f"The bookmark of job {job} has no committed run {run_id}. It has: {', '.join(committed) or '(none)'}")


class BookmarkStore:
    """States of jobs in a folder, one file each, replaced as a whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_environment(cls) -> BookmarkStore:
        """The store of this machine: `$ETL_BOOKMARKS`, or `bookmarks` in the home."""
        given = os.environ.get(FOLDER)
        return cls(Path(given)) if given else cls.of_home(Path(os.environ.get("ETL_HOME", ".local")))

    @classmethod
    def of_home(cls, home: Path) -> BookmarkStore:
        """The store of the home in the folder `home`."""
        return cls(home / "bookmarks")

    def load(self, job: str) -> State:
        """State of a job: `job_name`, `version`, `runs` (run_id, committed_at, sources), oldest first; empty when there is none."""
        try:
            state: State = json.loads(self._file(job).read_text("utf-8"))
        except FileNotFoundError:
            state = {"job_name": job, "version": 0, "runs": []}
        return state

    def save(self, state: State) -> None:
        """Writes the state under the next version, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state["version"] += 1
        target = self._file(state["job_name"])
        draft = target.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(state), "utf-8")
        draft.replace(target)

    def reset(self, job: str, run_id: str | None = None) -> State:
        """Forgets all runs of a job, or those after `run_id`, so that the next run begins where that one ended.

        Raises UncommittedRunError when `run_id` is none of them.
        """
        state = self.load(job)
        state["runs"] = [] if run_id is None else state["runs"][: position(state, run_id) + 1]
        self.save(state)
        return state

    def delete(self, job: str) -> None:
        """Nothing is left of the job's bookmark, as when the job is deleted."""
        self._file(job).unlink(missing_ok=True)

    def _file(self, job: str) -> Path:
        safe = "".join(letter if letter.isalnum() or letter in "-_." else f"%{ord(letter):02x}" for letter in job)
        return self.folder / f"{safe}.json"


def position(state: State, run_id: str) -> int:
    """Where in the state's runs the run is. Raises UncommittedRunError naming those that there are."""
    ids = [run["run_id"] for run in state["runs"]]
    if run_id not in ids:
        raise UncommittedRunError(state["job_name"], run_id, ids)
    return ids.index(run_id)
