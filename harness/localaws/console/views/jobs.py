"""Glue jobs, their runs, and what a run printed. Spark job runs of EMR Serverless are listed below them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from localaws.console.exceptions import PageNotFoundError
from localaws.console.sources import Page, Query, Sources
from localaws.glue.run_store import JobRun, RunStore
from localaws.records import Records

__all__ = ["job", "jobs", "recent_runs", "run"]

_TAIL = 64 * 1024
_MOST = 200


def jobs(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """Every job with its last run, then the last runs of all, EMR Serverless's apart."""
    found = sources.listed("glue", "get_jobs", "Jobs")
    runs = recent_runs(sources, None)
    last: dict[str, JobRun] = {}
    for each in runs:
        last.setdefault(each.job_name, each)
    spark = sorted(Records(sources.home / "emr-serverless" / "runs").all(), key=lambda each: float(each["createdAt"]), reverse=True)
    return Page("jobs.html.j2", "Jobs", {"jobs": found, "last": last, "runs": runs[:50], "spark": spark[:50]})


def job(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """A job's definition and runs."""
    found = sources.client("glue").get_job(JobName=parts["job"])["Job"]
    return Page("job.html.j2", parts["job"], {"job": found, "runs": recent_runs(sources, parts["job"])[:_MOST]})


def run(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """One run: state, error, arguments, and the end of what it printed."""
    store = RunStore(sources.home / "runs")
    found = store.get(parts["run"])
    if found is None or found.job_name != parts["job"]:
        raise PageNotFoundError(f"run {parts['run']!r} of the job {parts['job']!r}")
    folder = store.folder_of(found.run_id)
    logs = [(title, *_tail(folder / name)) for title, name in (("Output", "output.log"), ("Error log", "error.log"))]
    attempts = [each for each in store.all(found.job_name) if each.run_id.split("_attempt_")[0] == found.run_id.split("_attempt_")[0]]
    return Page("run.html.j2", f"Run of {found.job_name}", {"run": found, "answer": found.as_answer(), "logs": logs, "attempts": attempts})


def recent_runs(sources: Sources, job_name: str | None) -> list[JobRun]:
    """The runs (of one job), the newest first."""
    return RunStore(sources.home / "runs").all(job_name)


def _tail(path: Path) -> tuple[str, bool]:
    """The end of a file, and whether something before it was left out."""
    if not path.exists():
        return "", False
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        return file.read().decode("utf-8", "replace"), size > _TAIL
