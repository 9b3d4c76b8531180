"""API trigger: start a batch of the pipeline, once.

Event     {"batch_id": "1998-06-15", "business_date": "1998-06-15"}, the same as the body of an API call, or EventBridge's
          scheduled event, which stands for the batch of its day
Answer    202 with the execution, the one that runs already if there is one; 400 when the request is not one; 409 when it has ended
Effect    an execution of STATE_MACHINE_ARN, named after the batch and the attempt, so that a repeated call starts nothing
"""

from __future__ import annotations

import json
import os
import re
from datetime import date
from typing import Any

import boto3
from aws_lambda_powertools import Logger

logger = Logger(service="api-trigger")

_BATCH = re.compile(r"(\d{4}-\d{2}-\d{2})(-[a-z0-9]{1,20})?")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Start the batch that the event names."""
    try:
        batch_id, business_date, attempt = parse(asked_for(event))
    except (ValueError, TypeError, KeyError) as error:
        return answer(400, {"error": str(error)})
    states = boto3.client("stepfunctions")
    try:
        execution = states.start_execution(
            stateMachineArn=os.environ["STATE_MACHINE_ARN"],
            name=f"{batch_id}.{attempt}",
            input=json.dumps({"batch_id": batch_id, "business_date": business_date}),
        )
    except states.exceptions.ExecutionAlreadyExists:
        return answer(409, {"error": f"Attempt {attempt} of batch {batch_id} has ended; give another attempt to run it again."})
    logger.info("started", extra={"batch_id": batch_id, "execution": execution["executionArn"]})
    return answer(202, {"execution": execution["executionArn"]})


def asked_for(event: dict[str, Any]) -> Any:
    """What the event asks for, whichever way it came."""
    if event.get("source") == "aws.events":
        return {"batch_id": str(event["time"])[:10]}
    return json.loads(event["body"]) if "body" in event else event


def parse(asked: Any) -> tuple[str, str, int]:
    """Batch, business date and attempt. Raises ValueError with what is wrong."""
    if not isinstance(asked, dict):
        raise ValueError("The request is an object with batch_id and business_date.")
    batch_id, attempt = str(asked.get("batch_id", "")), asked.get("attempt", 1)
    found = _BATCH.fullmatch(batch_id)
    if not found:
        raise ValueError(f"batch_id is YYYY-MM-DD, with a suffix for a backfill such as 1998-06-15-late: {batch_id!r}")
    business_date = str(asked.get("business_date") or found[1])
    if business_date != found[1]:
        raise ValueError(f"batch_id begins with its business_date: {batch_id!r} and {business_date!r}")
    date.fromisoformat(business_date)
    if not isinstance(attempt, int) or isinstance(attempt, bool) or attempt < 1:
        raise ValueError(f"attempt is a whole number from 1: {attempt!r}")
    return batch_id, business_date, attempt


def answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """As an API's integration expects it."""
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
