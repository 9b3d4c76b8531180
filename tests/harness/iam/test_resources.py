"""Which resource a request is about: the one that its policies are asked about, also where parameters name several."""

from __future__ import annotations

from typing import Any

import pytest

from localaws.iam.resources import resources

AREA = "us-east-1:123456789012"
MACHINE, TOPIC, QUEUE = f"arn:aws:states:{AREA}:stateMachine:load", f"arn:aws:sns:{AREA}:news", f"arn:aws:sqs:{AREA}:news"
TRAIL, TASK = f"arn:aws:cloudtrail:{AREA}:trail/audit", f"arn:aws:dms:{AREA}:task:T1"
CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("stepfunctions", "StartExecution", {"name": "night-1", "stateMachineArn": MACHINE}, MACHINE),
    ("stepfunctions", "UpdateStateMachine", {"roleArn": "arn:aws:iam::123456789012:role/r", "stateMachineArn": MACHINE}, MACHINE),
    ("stepfunctions", "CreateStateMachine", {"name": "load"}, MACHINE),
    ("sns", "Subscribe", {"Endpoint": QUEUE, "Protocol": "sqs", "TopicArn": TOPIC}, TOPIC),
    ("sns", "CreateTopic", {"Name": "news"}, TOPIC),
    ("sns", "Publish", {"PhoneNumber": "+1"}, "*"),
    ("cloudtrail", "DeleteTrail", {"Name": "audit"}, TRAIL),
    ("cloudtrail", "GetTrailStatus", {"Name": TRAIL}, TRAIL),
    ("cloudtrail", "UpdateTrail", {"CloudWatchLogsLogGroupArn": f"arn:aws:logs:{AREA}:log-group:a:*", "Name": "audit"}, TRAIL),
    ("cloudtrail", "PutEventSelectors", {"TrailName": "audit"}, TRAIL),
    ("lambda", "Invoke", {"FunctionName": "f", "Qualifier": "live"}, f"arn:aws:lambda:{AREA}:function:f:live"),
    ("lambda", "Invoke", {"FunctionName": f"arn:aws:lambda:{AREA}:function:f:live"}, f"arn:aws:lambda:{AREA}:function:f:live"),
    ("lambda", "Invoke", {"FunctionName": "123456789012:function:f"}, f"arn:aws:lambda:{AREA}:function:f"),
    ("lambda", "GetFunction", {"FunctionName": "f", "Qualifier": "live"}, f"arn:aws:lambda:{AREA}:function:f"),
    ("scheduler", "GetSchedule", {"GroupName": "nightly", "Name": "s"}, f"arn:aws:scheduler:{AREA}:schedule/nightly/s"),
    (
        "scheduler",
        "CreateSchedule",
        {"Name": "s", "KmsKeyArn": f"arn:aws:kms:{AREA}:key/k"},
        f"arn:aws:scheduler:{AREA}:schedule/default/s",
    ),
    ("scheduler", "DeleteScheduleGroup", {"Name": "nightly"}, f"arn:aws:scheduler:{AREA}:schedule-group/nightly"),
    ("dms", "ModifyReplicationTask", {"ReplicationTaskIdentifier": "new-name", "ReplicationTaskArn": TASK}, TASK),
    ("dms", "MoveReplicationTask", {"TargetReplicationInstanceArn": f"arn:aws:dms:{AREA}:rep:R", "ReplicationTaskArn": TASK}, TASK),
]


@pytest.mark.parametrize(("service", "operation", "asked", "arn"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_a_request_is_about_the_resource_that_it_changes(service: str, operation: str, asked: dict[str, Any], arn: str) -> None:
    assert [found for _, found in resources(service, operation, asked, "us-east-1")] == [arn]
