"""What becomes of a task when rows cannot be applied (DMS guide, "Error handling task settings"). The rows are kept by the target."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

from localaws.dms.settings.task_settings import ErrorPolicies
from localaws.dms.target.base import ApplyError

__all__ = ["STOP_TASK", "SUSPEND_TABLE", "DataErrors", "Verdict"]

_LOG = logging.getLogger(__name__)
_LOGGED = 10
SUSPEND_TABLE, STOP_TASK = "SUSPEND_TABLE", "STOP_TASK"

Verdict = tuple[str, str]
"""SUSPEND_TABLE or STOP_TASK, and why."""


class DataErrors:
    """Counts the rows of each table that were refused, and decides by the policies."""

    def __init__(self, policies: ErrorPolicies) -> None:
        self._policies = policies
        self._counts: Counter[str] = Counter()

    def judged(self, errors: Sequence[ApplyError]) -> dict[tuple[str, str], Verdict]:
        """The tables (schema and name on the source) that do not simply go on."""
        for error in errors[:_LOGGED]:
            _LOG.warning("%s: %s: %s", error.table.source.full_name, error.statement, error.reason)
        if len(errors) > _LOGGED:
            _LOG.warning("and %s more rows that were refused, see awsdms_apply_exceptions", len(errors) - _LOGGED)
        verdicts: dict[tuple[str, str], Verdict] = {}
        for error in errors:
            name = (error.table.source.schema, error.table.source.name)
            self._counts[error.table.source.full_name] += 1
            verdict = self._verdict(error)
            if verdict is not None and (name not in verdicts or verdict[0] == STOP_TASK):
                verdicts[name] = verdict
        return verdicts

    def _verdict(self, error: ApplyError) -> Verdict | None:
        policies, table = self._policies, error.table.source.full_name
        setting = "DataTruncationErrorPolicy" if error.truncated else "DataErrorPolicy"
        policy = policies.truncation if error.truncated else policies.data
        if policy in (SUSPEND_TABLE, STOP_TASK):
            return policy, f"A row of {table} was refused ({error.reason}), and {setting} is {policy}. Mend it, and reload the table."
        if 0 < policies.count <= self._counts[table]:
            reason = f"{self._counts[table]:,} rows of {table} were refused, the last because of: {error.reason}"
            return policies.escalation, f"{reason}. DataErrorEscalationCount is {policies.count:,}: mend them, and reload the table."
        return None
