"""Landing validator: a sender's manifest has arrived; is every file that it names there, and of the size that it says?

Event     S3's "Object Created" by EventBridge, for a key that ends with manifest.json
Answer    the batch's folder and the problems found; none when it is complete
Effect    whoever listens to TOPIC_ARN is told about an incomplete delivery before a batch is run on it
"""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

logger = Logger(service="landing-validator")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Check one delivery."""
    bucket, key = event["detail"]["bucket"]["name"], event["detail"]["object"]["key"]
    folder = key.rpartition("/")[0] + "/"
    problems = check(boto3.client("s3"), bucket, key, folder)
    if problems:
        logger.warning("incomplete delivery", extra={"folder": folder, "problems": problems})
        text = f"s3://{bucket}/{folder} is not complete:\n" + "\n".join(problems) + "\nHave the sender deliver it again, the manifest last."
        boto3.client("sns").publish(TopicArn=os.environ["TOPIC_ARN"], Subject="Incomplete delivery", Message=text)
    return {"folder": folder, "problems": problems}


def check(s3: Any, bucket: str, key: str, folder: str) -> list[str]:
    """What is wrong with a delivery, a line each."""
    try:
        files = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["files"]
        expected = {str(file["name"]): int(file["bytes"]) for file in files}
    except (ValueError, KeyError, TypeError) as error:
        return [f"manifest.json cannot be read: {error!r}"]
    return [problem for name, size in expected.items() if (problem := check_file(s3, bucket, folder + name, size))]


def check_file(s3: Any, bucket: str, key: str, size: int) -> str | None:
    """What is wrong with one file, None when nothing is."""
    try:
        found = s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return f"{key} is missing"
        raise
    return None if found == size else f"{key} has {found} bytes, and its manifest says {size}"
