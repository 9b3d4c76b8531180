"""Run notifier: a Glue job ended badly outside of a batch, which tells people itself.

Event     EventBridge's "Glue Job State Change" with the state FAILED, TIMEOUT or ERROR
Answer    the message's id
Effect    whoever listens to TOPIC_ARN is told the job, the run and the reason
"""

from __future__ import annotations

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger

logger = Logger(service="run-notifier")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell about one run."""
    detail = event["detail"]
    subject = f"Glue job {detail['jobName']}: {detail['state']}"[:100]  # what SNS takes as a subject
    lines = [
        f"Run {detail['jobRunId']} ended as {detail['state']}.",
        detail.get("message") or "Glue gave no reason.",
        "Its log is in /aws-glue/jobs/error under the run's id.",
    ]
    sent = boto3.client("sns").publish(TopicArn=os.environ["TOPIC_ARN"], Subject=subject, Message="\n".join(lines))
    logger.info("told", extra={"job": detail["jobName"], "run": detail["jobRunId"]})
    return {"message_id": sent["MessageId"]}
