"""`Job`: what marks the beginning and the successful end of a job run, and with them the job's bookmarks.

A commit is recorded in the folder of the run (`$ETL_RUN_FOLDER/commit.json`), so that a run that ended without it can be told from one
that ended with it, and the bookmarks of what was read are saved.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from awsglue._refusal import refuse_unknown
from awsglue._storage.bookmarks import Bookmarks

__all__ = ["Job"]

RUN_FOLDER = "ETL_RUN_FOLDER"


class Job:
    """A job run. As on Glue the state belongs to the process: two `Job` objects are one job."""

    _name: str | None = None
    _run_id: str | None = None
    _bookmarks = Bookmarks()

    @classmethod
    def continuation_options(cls):
        return ["--continuation-option", "continuation-enabled", "continuation-readonly", "continuation-ignore"]

    @classmethod
    def job_bookmark_options(cls):
        return ["--job-bookmark-option", "job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable"]

    @classmethod
    def job_bookmark_range_options(cls):
        return ["--job-bookmark-from", "--job-bookmark-to"]

    @classmethod
    def id_params(cls):
        return ["--JOB_NAME", "--JOB_ID", "--JOB_RUN_ID", "--SECURITY_CONFIGURATION"]

    @classmethod
    def encryption_type_options(cls):
        return ["--encryption-type", "sse-s3"]

    @classmethod
    def data_lineage_options(cls):
        return ["--enable-data-lineage"]

    def __init__(self, glue_context_or_spark_session):
        from pyspark.sql import SparkSession, SQLContext

        if not isinstance(glue_context_or_spark_session, SparkSession | SQLContext):
            kind = type(glue_context_or_spark_session)
            raise Exception(f"cannot init Job instance given input parameter type: {kind}. Give the GlueContext or the SparkSession")
        self._context = glue_context_or_spark_session

    def init(self, job_name, args={}):  # noqa: B006 the API's default; never changed
        """Begins the run. `args` as `getResolvedOptions` gives them: the bookmark option and range, and the run's id, are among them.

        Raises BadOptionError when a bookmark's range names runs that were never committed.
        """
        option = args.get("job_bookmark_option") or "job-bookmark-disable"
        run_id = args.get("JOB_RUN_ID") or f"jr_{uuid4().hex}"
        Job._bookmarks = Bookmarks.begin(job_name, run_id, option, args.get("job_bookmark_from"), args.get("job_bookmark_to"))
        Job._name, Job._run_id = job_name, args.get("JOB_RUN_ID")

    def isInitialized(self):
        return Job._name is not None

    def commit(self):
        """Ends the run: what it read is never read again where bookmarks are enabled. Without `init` it does nothing, as on Glue."""
        if Job._name is None:
            return
        now = datetime.now(UTC).isoformat()
        Job._bookmarks.commit(now)
        folder = os.environ.get(RUN_FOLDER)
        if folder:
            record = {"job_name": Job._name, "job_run_id": Job._run_id, "committed_at": now}
            target = Path(folder) / "commit.json"
            temporary = target.with_suffix(".tmp")
            temporary.write_text(json.dumps(record))
            temporary.replace(target)


def current_bookmarks() -> Bookmarks:
    """Bookmarks of the run of this process."""
    return Job._bookmarks


def __getattr__(name: str) -> Any:
    return refuse_unknown(__name__, name)
