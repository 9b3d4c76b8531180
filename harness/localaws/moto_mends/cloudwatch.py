"""CloudWatch: a new alarm knows nothing yet, and an alarm that is changed stays in its state ("PutMetricAlarm", API reference)."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

__all__ = ["mend"]

_STATE = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history")


def mend(home: Path) -> None:
    """moto begins with OK, and begins again with every change."""
    from moto.cloudwatch import models

    make, put = models.Alarm.__init__, models.CloudWatchBackend.put_metric_alarm
    if getattr(put, "keeps_states", False):
        return

    @functools.wraps(make)
    def made(self: Any, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        self.state_value = "INSUFFICIENT_DATA"

    @functools.wraps(put)
    def kept(self: Any, name: str, *arguments: Any, **named: Any) -> Any:
        former = self.alarms.get(name)
        alarm = put(self, name, *arguments, **named)
        for attribute in _STATE if former is not None else ():
            setattr(alarm, attribute, getattr(former, attribute))
        return alarm

    kept.keeps_states = True  # type: ignore[attr-defined]
    models.Alarm.__init__ = made  # type: ignore[method-assign]
    models.CloudWatchBackend.put_metric_alarm = kept  # type: ignore[method-assign]
