"""Alarms of moto's, evaluated every second; who is named in their actions is told of every change, SetAlarmState's too.

Alarms on one metric are evaluated. Those on metric math, percentiles or other alarms stay in INSUFFICIENT_DATA, which is what is known.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localaws.cloudwatch.evaluation import STATISTICS, Datum, Verdict, evaluate
from localaws.eventbridge.bus import emit
from localaws.eventbridge.targets import Targets
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
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread."""
        self._ended.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._ended.wait(1):
            for alarm in _alarms():
                try:
                    self._look(alarm)
                except Exception:  # noqa: BLE001 - one alarm's mistake must not silence the others
                    _LOG.exception("alarm %s", alarm.name)
            self._seen = {name: state for name, state in self._seen.items() if name in {alarm.name for alarm in _alarms()}}

    def _look(self, alarm: Any) -> None:
        evaluated = not alarm.rule and not alarm.metric_data_queries and alarm.statistic in STATISTICS and alarm.period
        verdict = self._verdict(alarm) if evaluated else None
        self._tell_of_change(alarm)
        if verdict is not None and verdict.state is not None and verdict.state != alarm.state_value:
            alarm.update_state(verdict.reason, json.dumps(_reason_data(alarm, verdict)), verdict.state)
            self._tell_of_change(alarm)

    @staticmethod
    def _verdict(alarm: Any) -> Verdict:
        return evaluate(
            _data(alarm),
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
        service = arn.split(":")[2] if arn.count(":") > 4 else ""
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


def _alarms() -> list[Any]:
    from moto.backends import get_backend

    return list(get_backend("cloudwatch")[ACCOUNT_ID][_REGION].alarms.values())


def _data(alarm: Any) -> Iterable[Datum]:
    """The data of the alarm's metric: those with its dimensions and no others, as in CloudWatch."""
    from moto.backends import get_backend

    wanted = {(each.name, each.value) for each in alarm.dimensions}
    longest = int(alarm.period) * int(alarm.evaluation_periods)
    now = datetime.now(UTC)
    for each in list(get_backend("cloudwatch")[ACCOUNT_ID][_REGION].metric_data):
        if (each.namespace, each.name) != (alarm.namespace, alarm.metric_name) or (alarm.unit and each.unit != alarm.unit):
            continue
        at = each.timestamp if each.timestamp.tzinfo else each.timestamp.replace(tzinfo=UTC)
        age = (now - at).total_seconds()
        if age < longest and {(dimension.name, dimension.value) for dimension in each.dimensions} == wanted:
            yield _datum(max(age, 0.0), each)


def _datum(age: float, found: Any) -> Datum:
    if hasattr(found, "sample_count"):
        return Datum(age, found.sum, found.sample_count, found.min, found.max)
    return Datum(age, found.value, 1, found.value, found.value)


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
