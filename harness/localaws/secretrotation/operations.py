"""RotateSecret and CancelRotateSecret: moto keeps the settings and the versions, the rotation itself runs in the background.

Answers follow the Secrets Manager API reference, "RotateSecret" and "CancelRotateSecret".
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from localaws.operation import Handler, Request, ServiceContext
from localaws.secretrotation.exceptions import FunctionDeniedError, PreviousRotationError
from localaws.secretrotation.rotations import Rotations, incomplete

__all__ = ["OPERATIONS", "close_service", "open_service"]

_LOG = logging.getLogger("localaws")
_PRINCIPAL = "secretsmanager.amazonaws.com"
_LOOK = 1.0
_rotations: dict[Path, Rotations] = {}
_ended = threading.Event()


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: what is due is rotated from now on."""
    _ended.clear()
    rotations = _rotations[context.home] = Rotations(context)
    while not _ended.wait(_LOOK):
        try:
            rotations.start_due()
        except Exception:  # noqa: BLE001 - one secret's mistake must not silence the others for ever
            _LOG.exception("rotations")


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    _ended.set()
    for rotations in _rotations.values():
        rotations.close()
    _rotations.clear()


def rotate_secret(request: Request) -> dict[str, Any]:
    """RotateSecret: the settings at once, the rotation (or with RotateImmediately off its test) in the background."""
    asked, client = request.parameters, request.control_plane("secretsmanager")
    secret = client.describe_secret(SecretId=asked["SecretId"])
    function = asked.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
    if function:
        _check_function(request, function)
    immediately = asked.get("RotateImmediately", True)
    unfinished = incomplete(secret)
    if unfinished and immediately and function:
        _rotations[request.home].start(secret["ARN"], function, unfinished)
        raise PreviousRotationError
    answer = _bare(client.rotate_secret(**asked))
    if not immediately and secret.get("VersionIdsToStages") and not unfinished:
        _rotations[request.home].start_test(secret["ARN"], function, str(uuid.uuid4()))
    elif "VersionId" in answer:
        _rotations[request.home].start(secret["ARN"], function, answer["VersionId"])
    return answer


def cancel_rotate_secret(request: Request) -> dict[str, Any]:
    """CancelRotateSecret: no more by the calendar, and what runs ends before its next step."""
    client = request.control_plane("secretsmanager")
    answer = _bare(client.cancel_rotate_secret(**request.parameters))
    _rotations[request.home].cancel(answer["ARN"])
    return answer


OPERATIONS: Mapping[str, Handler] = {"CancelRotateSecret": cancel_rotate_secret, "RotateSecret": rotate_secret}


def _bare(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _check_function(request: Request, function: str) -> None:
    """The function is there, and a statement of its policy names Secrets Manager.

    Raises:
        FunctionDeniedError: not so.
    """
    try:
        policy = json.loads(request.control_plane("lambda").get_policy(FunctionName=function)["Policy"])
    except ClientError as error:
        raise FunctionDeniedError from error
    allowed = [statement.get("Principal") or "" for statement in policy["Statement"] if statement.get("Effect") == "Allow"]
    if not any(_PRINCIPAL in json.dumps(principal) for principal in allowed):
        raise FunctionDeniedError
