"""Errors of Step Functions.

StatesError        a state fails; `error` and `cause` are what Retry and Catch see
Aborted            the execution was stopped
ExecutionTimedOut  the state machine's TimeoutSeconds are over
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["Aborted", "ExecutionTimedOut", "StatesError", "does_not_exist", "not_interpreted"]


class StatesError(Exception):
    """A state's failure, by the name that the Amazon States Language gives it."""

    def __init__(self, error: str, cause: str = "") -> None:
        self.error, self.cause = error, cause
        super().__init__(f"{error}: {cause}")


class Aborted(Exception):
    """Somebody stopped the execution, or a branch beside this one failed."""


class ExecutionTimedOut(Exception):
    """The state machine's time is over."""


def does_not_exist(arn: str) -> AwsError:
    """ExecutionDoesNotExist."""
    return AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def not_interpreted(what: str) -> StatesError:
    """For what the language has and this interpreter does not."""
    return StatesError("States.Runtime", f"{what} is not interpreted by this endpoint; nothing was done.")
