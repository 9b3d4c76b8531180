"""Bookmarks of jobs: GetJobBookmark, ResetJobBookmark, and DeleteJob, with which a job's bookmark goes.

Answers follow the Glue API reference, "Jobs" (JobBookmarkEntry), and "Tracking processed data using job bookmarks".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from localaws.errors import AwsError
from localaws.glue.bookmark_store import BookmarkStore, State, UncommittedRunError, position
from localaws.operation import Handler, Request

__all__ = ["OPERATIONS"]


def get_job_bookmark(request: Request) -> dict[str, Any]:
    """What the job had read after its last committed run, or after the run `RunId`.

    Raises:
        AwsError: EntityNotFoundException when no run of the job was ever committed, or the run was not.
    """
    state = _state(request)
    run_id = request.parameters.get("RunId")
    if not run_id:
        return {"JobBookmarkEntry": _entry(state, len(state["runs"]))}
    try:
        return {"JobBookmarkEntry": _entry(state, position(state, run_id) + 1)}
    except UncommittedRunError as error:
        raise AwsError("EntityNotFoundException", str(error)) from error


def reset_job_bookmark(request: Request) -> dict[str, Any]:
    """Forgets all runs of the job, or those after the run `RunId`.

    Raises:
        AwsError: EntityNotFoundException when no run of the job was ever committed, or the run was not.
    """
    state = _state(request)
    try:
        state = _store(request).reset(state["job_name"], request.parameters.get("RunId") or None)
    except UncommittedRunError as error:
        raise AwsError("EntityNotFoundException", str(error)) from error
    return {"JobBookmarkEntry": _entry(state, len(state["runs"]))}


def delete_job(request: Request) -> dict[str, Any]:
    """DeleteJob, and the job's bookmark with it: a job that is made later under the name begins anew."""
    answer: dict[str, Any] = request.control_plane("glue").delete_job(**request.parameters)
    _store(request).delete(request.parameters["JobName"])
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


OPERATIONS: Mapping[str, Handler] = {
    "GetJobBookmark": get_job_bookmark,
    "ResetJobBookmark": reset_job_bookmark,
    "DeleteJob": delete_job,
}


def _store(request: Request) -> BookmarkStore:
    return BookmarkStore.of_home(request.home)


def _state(request: Request) -> State:
    name = request.parameters.get("JobName", "")
    state = _store(request).load(name)
    if not state["version"]:
        raise AwsError("EntityNotFoundException", f"Continuation for job {name} not found")
    return state


def _entry(state: State, runs: int) -> dict[str, Any]:
    """JobBookmarkEntry after the first `runs` runs of the state."""
    kept = state["runs"][:runs]
    entry: dict[str, Any] = {"JobName": state["job_name"], "Version": state["version"], "Run": runs, "Attempt": 0}
    if kept:
        attempt = re.search(r"_attempt_(\d+)$", kept[-1]["run_id"])
        entry |= {"RunId": kept[-1]["run_id"], "Attempt": int(attempt[1]) if attempt else 0}
    if runs > 1:
        entry["PreviousRunId"] = kept[-2]["run_id"]
    return {**entry, "JobBookmark": json.dumps(kept[-1]["sources"] if kept else {}, sort_keys=True)}
