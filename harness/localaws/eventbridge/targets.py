"""What rules and schedules can reach, by the target's ARN. Each is called on the endpoint itself, as any client would."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from localaws.stepfunctions.services import Services

__all__ = ["SERVICES", "Targets", "UnreachableTargetError", "can_reach", "service_of"]

SERVICES = ("lambda", "states", "sns", "sqs", "kinesis", "events", "glue", "logs")
"""By the third part of an ARN. Of Glue, workflows."""


class UnreachableTargetError(Exception):
    """There is nothing here that would take the event."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"targets like {arn} are not reached here; those of {', '.join(SERVICES)} are")


def service_of(arn: str) -> str:
    """The service that an ARN names; empty when it is none."""
    return arn.split(":")[2] if arn.count(":") >= 5 else ""


def can_reach(arn: str) -> bool:
    """Is it of a service that takes what a rule or schedule sends?"""
    return service_of(arn) in SERVICES


class Targets:
    """The targets of one endpoint."""

    def __init__(self, endpoint_url: str, control_plane: Callable[[str], Any]) -> None:
        self.services, self.control_plane = Services(endpoint_url), control_plane

    def reach(self, target: Mapping[str, Any], text: str) -> None:
        """Hand `text` to a target (`Arn`, and what its service needs beside it).

        Raises:
            UnreachableTargetError: no service here takes it.
            ClientError, StatesError: the service refused it.
        """
        arn = str(target["Arn"])
        service, resource = service_of(arn), arn.split(":", 5)[-1]
        own = self.services.client
        if service == "lambda":
            own("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=text.encode())
        elif service == "states":
            own("stepfunctions").start_execution(stateMachineArn=arn, input=text)
        elif service == "sns":
            own("sns").publish(TopicArn=arn, Message=text)
        elif service == "sqs":
            self._send(resource, text, target)
        elif service == "kinesis":
            key = target.get("KinesisParameters", {}).get("PartitionKey") or str(time.time_ns())
            own("kinesis").put_record(StreamName=resource.removeprefix("stream/"), Data=text.encode(), PartitionKey=key)
        elif service == "events":
            given = target.get("EventBridgeParameters", {})
            entry = {"EventBusName": resource.removeprefix("event-bus/"), "Detail": text}
            own("events").put_events(Entries=[{**entry, **{name: given[name] for name in ("DetailType", "Source") if name in given}}])
        elif service == "glue" and resource.startswith("workflow/"):
            own("glue").start_workflow_run(Name=resource.removeprefix("workflow/"))
        elif service == "scheduler" and resource.startswith("aws-sdk:"):
            _, name, action = resource.split(":", 2)
            self.services.call(name, action, json.loads(text or "{}"), sdk=True)
        elif service == "logs":
            self._log(resource.removeprefix("log-group:").removesuffix(":*"), text)
        else:
            raise UnreachableTargetError(arn)

    def _send(self, queue: str, text: str, target: Mapping[str, Any]) -> None:
        sqs = self.services.client("sqs")
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=text, **({"MessageGroupId": group} if group else {}))

    def _log(self, group: str, text: str) -> None:
        logs = self.control_plane("logs")
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName="events")
        logs.put_log_events(logGroupName=group, logStreamName="events", logEvents=[{"timestamp": int(time.time() * 1000), "message": text}])
