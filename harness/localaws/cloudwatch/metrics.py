"""Metrics that services publish, under AWS's names. What cannot be published is logged: work does not fail for it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

__all__ = ["of_execution", "of_invocation", "publish"]

_LOG = logging.getLogger("localaws")
_ENDS: Mapping[str, str] = {
    "SUCCEEDED": "ExecutionsSucceeded", "FAILED": "ExecutionsFailed", "ABORTED": "ExecutionsAborted", "TIMED_OUT": "ExecutionsTimedOut",
}  # fmt: skip


def publish(cloudwatch: Any, namespace: str, dimensions: Mapping[str, str], values: Mapping[str, tuple[float, str]]) -> None:
    """Put a value and unit for each metric's name."""
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    data = [{"MetricName": name, "Dimensions": named, "Value": value, "Unit": unit} for name, (value, unit) in values.items()]
    try:
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    except (ClientError, BotoCoreError) as error:
        _LOG.error("metrics of %s were not published: %s", namespace, error)


def of_execution(cloudwatch: Any, execution: Mapping[str, Any]) -> None:
    """When an execution has ended ("Monitoring Step Functions metrics", Developer Guide)."""
    took = (float(execution["stopDate"]) - float(execution["startDate"])) * 1000
    values = {"ExecutionsStarted": (1.0, "Count"), "ExecutionTime": (took, "Milliseconds"), _ENDS[execution["status"]]: (1.0, "Count")}
    publish(cloudwatch, "AWS/States", {"StateMachineArn": execution["stateMachineArn"]}, values)


def of_invocation(cloudwatch: Any, function: str, seconds: float, failed: bool) -> None:
    """After an invocation ("Types of metrics for Lambda functions", Developer Guide)."""
    values = {
        "Invocations": (1.0, "Count"),
        "Errors": (float(failed), "Count"),
        "Duration": (seconds * 1000, "Milliseconds"),
        "Throttles": (0.0, "Count"),
    }
    publish(cloudwatch, "AWS/Lambda", {"FunctionName": function}, values)
