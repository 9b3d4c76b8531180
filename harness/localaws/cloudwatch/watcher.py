"""Alarms of moto's, evaluated every second; who is named in their actions is told of every change, SetAlarmState's too.

Alarms on one metric are evaluated. Those on metric math, percentiles or other alarms stay in INSUFFICIENT_DATA, which is what is known.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localaws.cloudwatch.evaluation import COMPARISONS, STATISTICS, Verdict, evaluate
from localaws.cloudwatch.recent import Recent
from localaws.eventbridge.bus import emit
from localaws.eventbridge.targets import Targets, service_of
from localaws.every import Every
from localaws.moto_app import ACCOUNT_ID

__all__ = ["Watcher"]

_LOG = logging.getLogger("localaws")
_REGION = "us-east-1"
_ACTIONS = {"ALARM": "alarm_actions", "OK": "ok_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}
_TELLS = ("sns", "lambda")


class Watcher:
    """The alarms of one home, one region."""

    def __init__(self, home: Path, endpoint_url: str, control_plane: Callable[[str], Any]) -> None:
        self.home, self.targets = home, Targets(endpoint_url, control_plane)
        self._seen: dict[str, str] = {}
        self._failed: dict[str, str] = {}
        self._recent = Recent()
        self._every = Every("alarms", 1, self._look_at_all)

    def close(self) -> None:
        """Ends the thread."""
        self._every.close()

    def _look_at_all(self) -> None:
        back_end = _back_end()
        alarms = dict(back_end.alarms)
        self._recent.take(back_end.metric_data)
        for name, alarm in alarms.items():
            try:
                self._look(alarm)
                self._failed.pop(name, None)
            except Exception as error:  # noqa: BLE001 - one alarm's mistake must not silence the others
                if self._failed.get(name) != (text := repr(error)):  # once, not every second
                    _LOG.exception("the alarm %s could not be looked at", name)
                self._failed[name] = text
        for noted in (self._seen, self._failed):
            for gone in noted.keys() - alarms.keys():
                del noted[gone]

    def _look(self, alarm: Any) -> None:
        self._tell_of_change(alarm)
        evaluated = not alarm.rule and not alarm.metric_data_queries and alarm.statistic in STATISTICS and alarm.period
        verdict = self._verdict(alarm) if evaluated and alarm.comparison_operator in COMPARISONS else None
        if verdict is not None and verdict.state is not None and verdict.state != alarm.state_value:
            alarm.update_state(verdict.reason, json.dumps(_reason_data(alarm, verdict)), verdict.state)
            self._tell_of_change(alarm)

    def _verdict(self, alarm: Any) -> Verdict:
        dimensions = {(each.name, each.value) for each in alarm.dimensions}
        longest = int(alarm.period) * int(alarm.evaluation_periods)
        return evaluate(
            self._recent.data(alarm.namespace, alarm.metric_name, dimensions, longest, alarm.unit),
            alarm.statistic,
            int(alarm.period),
            int(alarm.evaluation_periods),
            int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
            alarm.comparison_operator,
            float(alarm.threshold),
            alarm.treat_missing_data or "missing",
        )

    def _tell_of_change(self, alarm: Any) -> None:
        before = self._seen.setdefault(alarm.name, alarm.state_value)
        now = alarm.state_value
        if before == now:
            return
        self._seen[alarm.name] = now
        state = {"value": now, "reason": alarm.state_reason, "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds")}
        detail = {"alarmName": alarm.name, "state": state, "previousState": {"value": before}}
        emit(self.home, "aws.cloudwatch", "CloudWatch Alarm State Change", detail, (alarm.alarm_arn,))
        for arn in getattr(alarm, _ACTIONS[now]) if alarm.actions_enabled else ():
            try:
                self._act(arn, alarm, before, detail)
            except Exception as error:  # noqa: BLE001 - one action's failure must not keep the others from theirs
                _LOG.error("the alarm %s did not reach %s: %s", alarm.name, arn, error)

    def _act(self, arn: str, alarm: Any, before: str, detail: Mapping[str, Any]) -> None:
        service = service_of(arn)
        if service not in _TELLS:
            _LOG.error("the alarm %s: actions like %s are not taken here; those of %s are", alarm.name, arn, ", ".join(_TELLS))
        elif service == "sns":
            subject = f'{alarm.state_value}: "{alarm.name}" in US East (N. Virginia)'
            text = json.dumps(_message(alarm, before))
            self.targets.services.client("sns").publish(TopicArn=arn, Message=text, Subject=subject[:100])
        else:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            event = {"source": "aws.cloudwatch", "alarmArn": alarm.alarm_arn, "accountId": ACCOUNT_ID, "time": now, "region": _REGION}
            self.targets.reach({"Arn": arn}, json.dumps({**event, "alarmData": detail}))


def _back_end() -> Any:
    from moto.backends import get_backend

    return get_backend("cloudwatch")[ACCOUNT_ID][_REGION]


def _reason_data(alarm: Any, verdict: Verdict) -> dict[str, Any]:
    return {
        "version": "1.0",
        "queryDate": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "statistic": alarm.statistic,
        "period": int(alarm.period),
        "recentDatapoints": [value for value in verdict.values if value is not None],
        "threshold": float(alarm.threshold),
    }


def _message(alarm: Any, before: str) -> dict[str, Any]:
    """What a topic gets, as CloudWatch words it."""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": ACCOUNT_ID,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
        "Region": "US East (N. Virginia)",
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "Statistic",
            "Statistic": (alarm.statistic or "").upper(),
            "Unit": alarm.unit,
            "Dimensions": [{"name": each.name, "value": each.value} for each in alarm.dimensions],
            "Period": alarm.period,
            "EvaluationPeriods": alarm.evaluation_periods,
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": alarm.threshold,
            "TreatMissingData": alarm.treat_missing_data or "missing",
        },
    }
