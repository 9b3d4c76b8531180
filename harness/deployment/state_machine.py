"""`pipelines/wholesale_batch.asl.json`: the state machine of a batch, generated from `deployment/pipeline.json`.

The order of the jobs is said there once; what this adds is what only an orchestrator has: retries of what passes by itself, the
crawl of what landed, and what is noted and told when a batch is published or fails. A test holds the file fresh.

`${topic_arn}` and `${state_table}` in the text are put in by whoever deploys it, as Terraform's `templatefile` and Python's
`string.Template` both do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deployment.jobs import CHECKOUT

__all__ = ["PIPELINE_FILE", "STATE_MACHINE_FILE", "describe_state_machine", "state_machine_json"]

PIPELINE_FILE = CHECKOUT / "deployment" / "pipeline.json"
STATE_MACHINE_FILE = CHECKOUT / "pipelines" / "wholesale_batch.asl.json"

State = dict[str, Any]
States = dict[str, State]

# What Glue may answer to a start that will be taken later. A job that failed is not among them: its data would not be better.
_PASSING = [
    "Glue.ConcurrentRunsExceededException",
    "Glue.InternalServiceException",
    "Glue.OperationTimeoutException",
    "Glue.ResourceNumberLimitExceededException",
    "Glue.ThrottlingException",
]
_RETRY = [
    {
        "ErrorEquals": _PASSING,
        "IntervalSeconds": 10,
        "BackoffRate": 2.0,
        "MaxAttempts": 6,
        "MaxDelaySeconds": 120,
        "JitterStrategy": "FULL",
    }
]
_CATCH = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "note_failure"}]


def state_machine_json(pipeline: Path = PIPELINE_FILE) -> str:
    """The file's text."""
    return json.dumps(describe_state_machine(json.loads(pipeline.read_text("utf-8"))), indent=2, ensure_ascii=False) + "\n"


def describe_state_machine(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """The definition in Amazon States Language; its input is what `pipeline["arguments"]` names."""
    crawl = pipeline.get("crawl", {})
    steps = [step["name"] for step in pipeline["steps"]]
    states: States = {}
    for step, following in zip(pipeline["steps"], [*steps[1:], "publish"], strict=True):
        crawlers = crawl["crawlers"] if crawl.get("after") == step["name"] else []
        after = _crawl_names(crawlers)[0] if crawlers else following
        states[step["name"]] = _step(step, pipeline["arguments"], after)
        states |= _crawls(crawlers, following)
    return {
        "Comment": pipeline["description"],
        "StartAt": steps[0],
        "TimeoutSeconds": 6 * 3600,
        "States": states | _published() | _failed(),
    }


def _step(step: Mapping[str, Any], arguments: Sequence[str], following: str) -> State:
    branches = [_job(branch, arguments) for branch in step["branches"]]
    if len(branches) == 1:
        return branches[0] | {"Catch": _CATCH, "Next": following}
    return {
        "Type": "Parallel",
        "Branches": [
            {"StartAt": branch["job"], "States": {branch["job"]: state | {"End": True}}}
            for branch, state in zip(step["branches"], branches, strict=True)
        ],
        "ResultPath": None,
        "Catch": _CATCH,
        "Next": following,
    }


def _job(branch: Mapping[str, Any], arguments: Sequence[str]) -> State:
    batch = {f"--{name}.$": f"$.{name}" for name in arguments} if branch.get("batch", True) else {}
    parameters: dict[str, Any] = {"JobName": branch["job"]}
    if given := {**batch, **branch.get("arguments", {})}:
        parameters["Arguments"] = given
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Parameters": parameters,
        "ResultPath": None,
        "Retry": _RETRY,
    }


def _crawl_names(crawlers: Sequence[str]) -> list[str]:
    return [f"crawl_{name}" for name in crawlers]


def _crawls(crawlers: Sequence[str], following: str) -> States:
    """Each crawler after the other: start it, or find it running, and look until it is ready."""
    states: States = {}
    names = _crawl_names(crawlers)
    for crawler, name, after in zip(crawlers, names, [*names, following][1:], strict=True):
        running = {"ErrorEquals": ["Glue.CrawlerRunningException"], "ResultPath": None, "Next": f"wait_for_{crawler}"}
        states[name] = _task("aws-sdk:glue:startCrawler", {"Name": crawler}, f"wait_for_{crawler}") | {"Catch": [running, *_CATCH]}
        states[f"wait_for_{crawler}"] = {"Type": "Wait", "Seconds": 5, "Next": f"look_at_{crawler}"}
        states[f"look_at_{crawler}"] = _task("aws-sdk:glue:getCrawler", {"Name": crawler}, f"is_{crawler}_done") | {
            "ResultSelector": {"State.$": "$.Crawler.State", "Status.$": "$.Crawler.LastCrawl.Status"},
            "ResultPath": "$.crawl",
            "Catch": _CATCH,
        }
        failed = {"Variable": "$.crawl.Status", "StringEquals": "FAILED"}
        ready = {"Variable": "$.crawl.State", "StringEquals": "READY"}
        states[f"is_{crawler}_done"] = {
            "Type": "Choice",
            "Choices": [{"And": [ready, failed], "Next": f"{crawler}_failed"}, {**ready, "Next": after}],
            "Default": f"wait_for_{crawler}",
        }
        error = {"Error": "CrawlFailed", "Cause": f"The crawler {crawler} failed; its log group is /aws-glue/crawlers."}
        states[f"{crawler}_failed"] = {"Type": "Pass", "Result": error, "ResultPath": "$.error", "Next": "note_failure"}
    return states


def _published() -> States:
    item = {
        "pk": {"S": "published"},
        "sk": {"S": "warehouse"},
        "batch_id": {"S.$": "$.batch_id"},
        "business_date": {"S.$": "$.business_date"},
        "execution": {"S.$": "$$.Execution.Name"},
    }
    return {
        "publish": _task("dynamodb:putItem", {"TableName": "${state_table}", "Item": item}, "notify") | {"Catch": _CATCH},
        "notify": _notify("Batch {} is published", "States.Format('Batch {} of {} is in the warehouse.', $.batch_id, $.business_date)")
        | {"End": True},
    }


def _failed() -> States:
    """Compensation. Jobs keep nothing half done, so what is left is to say so: in the table for programs, to the topic for people."""
    update = {
        "TableName": "${state_table}",
        "Key": {"pk": {"S": "failed"}, "sk": {"S.$": "$.batch_id"}},
        "UpdateExpression": "SET #error = :error, #cause = :cause, execution = :execution",
        "ExpressionAttributeNames": {"#error": "error", "#cause": "cause"},
        "ExpressionAttributeValues": {
            ":error": {"S.$": "$.error.Error"},
            ":cause": {"S.$": "$.error.Cause"},
            ":execution": {"S.$": "$$.Execution.Name"},
        },
    }
    told = {"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "failed"}
    message = "States.Format('Batch {} failed: {}. Mend what it names and start the same batch again.', $.batch_id, $.error.Cause)"
    return {
        "note_failure": _task("dynamodb:updateItem", update, "notify_failure") | {"Catch": [{**told, "Next": "notify_failure"}]},
        "notify_failure": _notify("Batch {} failed", message) | {"Next": "failed", "Catch": [told]},
        "failed": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
    }


def _notify(subject: str, message: str) -> State:
    parameters = {"TopicArn": "${topic_arn}", "Subject.$": f"States.Format('{subject}', $.batch_id)", "Message.$": message}
    return {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": parameters, "ResultPath": None}


def _task(action: str, parameters: Mapping[str, Any], following: str) -> State:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{action}", "Parameters": parameters, "ResultPath": None, "Next": following}
