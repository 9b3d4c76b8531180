"""The runner of `deployment/pipeline.json`: starts a batch's jobs by the Glue API, in order, and waits for each.

It talks boto3 only, so that it runs the same jobs on AWS. Branches of a step run at the same time; when one fails, the others
are waited for, and no later step starts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from scenario.exceptions import PipelineFailedError, ServiceLostError, UnknownStepError

__all__ = ["Branch", "JobRun", "Pipeline", "Progress", "Step"]

Progress = Callable[[str, str, str], None]
"""A job, how it stands (started, succeeded, failed), a detail."""

_ENDED = {"SUCCEEDED", "FAILED", "ERROR", "STOPPED", "TIMEOUT", "EXPIRED"}
_PAUSE = 0.1


@dataclass(frozen=True)
class Branch:
    """One job of a step. takes_batch: whether it is given the batch and its business date."""

    job: str
    arguments: Mapping[str, str]
    takes_batch: bool


@dataclass(frozen=True)
class Step:
    """Jobs that may run at the same time."""

    name: str
    branches: Sequence[Branch]


@dataclass(frozen=True)
class JobRun:
    """A job run that succeeded. seconds: its execution time as Glue reports it, whole seconds."""

    job: str
    run_id: str
    seconds: float


@dataclass(frozen=True)
class Pipeline:
    """The steps of a batch, and how to start and watch them. log_of: where a person finds a run's log."""

    steps: Sequence[Step]
    glue: Any
    log_of: Callable[[str], str]

    @classmethod
    def load(cls, path: Path, glue: Any, log_of: Callable[[str], str]) -> Pipeline:
        """The pipeline that a deployment file declares."""
        declared = json.loads(path.read_text(encoding="utf-8"))
        return cls([_step(step) for step in declared["steps"]], glue, log_of)

    def run(self, batch_id: str, business_date: date, progress: Progress, from_step: str | None = None) -> list[JobRun]:
        """Run the batch, from `from_step` on when it is given. Raises UnknownStepError, PipelineFailedError, ServiceLostError."""
        names = [step.name for step in self.steps]
        if from_step is not None and from_step not in names:
            raise UnknownStepError(from_step, names)
        chosen = self.steps[names.index(from_step) :] if from_step else self.steps
        finished: list[JobRun] = []
        for step in chosen:
            try:
                finished += self._run_step(step, batch_id, business_date, progress)
            except (ConnectionError, HTTPClientError) as error:
                raise ServiceLostError(batch_id, step.name, str(error)) from error
        return finished

    def _run_step(self, step: Step, batch_id: str, business_date: date, progress: Progress) -> list[JobRun]:
        started: dict[str, Branch] = {}
        failures: list[PipelineFailedError] = []
        for branch in step.branches:
            try:
                started[self._start(branch, batch_id, business_date)] = branch
                progress(_label(branch), "started", "")
            except ClientError as error:
                reason = error.response["Error"]["Message"]
                failures.append(PipelineFailedError(batch_id, step.name, branch.job, "without starting", reason, "none, it did not start"))
                progress(_label(branch), "failed", reason)
        finished = []
        while started:
            for run_id, branch in list(started.items()):
                run = self.glue.get_job_run(JobName=branch.job, RunId=run_id)["JobRun"]
                if run["JobRunState"] not in _ENDED:
                    continue
                del started[run_id]
                if run["JobRunState"] == "SUCCEEDED":
                    took = (run["CompletedOn"] - run["StartedOn"]).total_seconds()
                    finished.append(JobRun(branch.job, run_id, took))
                    progress(_label(branch), "succeeded", f"{took:.1f} s")
                else:
                    reason = run.get("ErrorMessage") or "it gave no reason"
                    failures.append(PipelineFailedError(batch_id, step.name, branch.job, run["JobRunState"], reason, self.log_of(run_id)))
                    progress(_label(branch), "failed", reason)
            time.sleep(_PAUSE if started else 0)
        if failures:
            raise failures[0]
        return finished

    def _start(self, branch: Branch, batch_id: str, business_date: date) -> str:
        batch = {"--batch_id": batch_id, "--business_date": business_date.isoformat()} if branch.takes_batch else {}
        run_id: str = self.glue.start_job_run(JobName=branch.job, Arguments={**batch, **branch.arguments})["JobRunId"]
        return run_id


def _step(declared: Mapping[str, Any]) -> Step:
    branches = [Branch(branch["job"], branch.get("arguments", {}), branch.get("batch", True)) for branch in declared["branches"]]
    return Step(declared["name"], branches)


def _label(branch: Branch) -> str:
    return " ".join([branch.job, *branch.arguments.values()])
