"""Errors of the scenario.

ScenarioError
├── PipelineFailedError   a job of a batch did not succeed
├── ServiceLostError      AWS's services stopped answering in the middle of a batch
├── UnknownStepError      the pipeline has no such step
└── UnknownBatchError     the sources have no such batch
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["PipelineFailedError", "ScenarioError", "ServiceLostError", "UnknownBatchError", "UnknownStepError"]


class ScenarioError(Exception):
    """Base of what goes wrong while a batch is run."""


class PipelineFailedError(ScenarioError):
    """A job of a batch did not succeed. What it and the jobs before it committed stays; the retry finds it done."""

    def __init__(self, batch_id: str, step: str, job: str, state: str, reason: str, log: str) -> None:
        self.batch_id, self.step, self.job, self.state, self.reason = batch_id, step, job, state, reason
        super().__init__(
            f"Batch {batch_id}: job {job} (step {step}) ended {state}: {reason}\n"
            f"  its log: {log}\n"
            f"  when it is mended: ./etl run --batch {batch_id} --from-step {step}"
        )


class ServiceLostError(ScenarioError):
    """The services stopped answering. Jobs that were started may still be at work; the retry waits for them."""

    def __init__(self, batch_id: str, step: str, reason: str) -> None:
        super().__init__(
            f"Batch {batch_id}: the endpoint does not answer any more, in step {step}: {reason}\n"
            f"  to start what is down and go on: ./etl run --batch {batch_id} --from-step {step}"
        )


class UnknownStepError(ScenarioError):
    """The pipeline has no step of that name."""

    def __init__(self, step: str, steps: Collection[str]) -> None:
        super().__init__(f"The pipeline has no step {step!r}. Its steps are: {', '.join(steps)}.")


class UnknownBatchError(ScenarioError):
    """The sources have no batch of that name."""

    def __init__(self, batch_id: str, batches: Collection[str]) -> None:
        known = ", ".join(batches) or "none; `./etl source generate` makes them"
        super().__init__(f"The sources have no batch {batch_id!r}. They have: {known}. Give --business-date for a batch of your own.")
