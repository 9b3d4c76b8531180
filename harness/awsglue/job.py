"""`Job`: what marks the beginning and the successful end of a job run.

On Glue `commit` saves the bookmarks. Here bookmarks are refused by name; a commit is recorded in the folder of the run
(`$ETL_RUN_FOLDER/commit.json`), so that a run that ended without it can be told from one that ended with it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awsglue._refusal import refuse_unknown
from awsglue.exceptions import NotSupportedError

__all__ = ["Job"]

RUN_FOLDER = "ETL_RUN_FOLDER"


class Job:
    """A job run. As on Glue the state belongs to the process: two `Job` objects are one job."""

    _name: str | None = None
    _run_id: str | None = None

    @classmethod
    def continuation_options(cls) -> list[str]:
        return ["--continuation-option", "continuation-enabled", "continuation-readonly", "continuation-ignore"]

    @classmethod
    def job_bookmark_options(cls) -> list[str]:
        return ["--job-bookmark-option", "job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable"]

    @classmethod
    def job_bookmark_range_options(cls) -> list[str]:
        return ["--job-bookmark-from", "--job-bookmark-to"]

    @classmethod
    def id_params(cls) -> list[str]:
        return ["--JOB_NAME", "--JOB_ID", "--JOB_RUN_ID", "--SECURITY_CONFIGURATION"]

    @classmethod
    def encryption_type_options(cls) -> list[str]:
        return ["--encryption-type", "sse-s3"]

    @classmethod
    def data_lineage_options(cls) -> list[str]:
        return ["--enable-data-lineage"]

    def __init__(self, glue_context_or_spark_session: Any) -> None:
        self._context = glue_context_or_spark_session

    def init(self, job_name: str, args: Mapping[str, Any] = {}) -> None:
        """Begins the run. `args` as `getResolvedOptions` gives them. Raises NotSupportedError when bookmarks are asked for."""
        option = args.get("job_bookmark_option") or "job-bookmark-disable"
        if option != "job-bookmark-disable":
            raise NotSupportedError(f"awsglue.job.Job with {option}", "Run the job with --job-bookmark-option job-bookmark-disable.")
        Job._name, Job._run_id = job_name, args.get("JOB_RUN_ID")

    def isInitialized(self) -> bool:
        return Job._name is not None

    def commit(self) -> None:
        """Ends the run. Without `init` it does nothing, as on Glue."""
        folder = os.environ.get(RUN_FOLDER)
        if Job._name is None or not folder:
            return
        record = {"job_name": Job._name, "job_run_id": Job._run_id, "committed_at": datetime.now(UTC).isoformat()}
        target = Path(folder) / "commit.json"
        temporary = target.with_suffix(".tmp")
        temporary.write_text(json.dumps(record))
        temporary.replace(target)


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
