"""RotateSecret and CancelRotateSecret: moto keeps the settings and the versions, the rotation itself runs in the background.

Answers follow the Secrets Manager API reference, "RotateSecret" and "CancelRotateSecret".
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localaws.every import Every
from localaws.iam.back_ends import resource_policy
from localaws.iam.evaluation import Access, Policies, decide
from localaws.iam.identities import everything
from localaws.iam.policies import Principals, parse_policy
from localaws.moto_app import ACCOUNT_ID
from localaws.operation import Handler, Request, ServiceContext
from localaws.secretrotation.exceptions import FunctionDeniedError, PreviousRotationError
from localaws.secretrotation.rotations import Rotations, incomplete

__all__ = ["OPERATIONS", "close_service", "open_service"]

_PRINCIPAL = "secretsmanager.amazonaws.com"
_LOOK = 1.0
_rotations: dict[Path, Rotations] = {}
_clocks: list[Every] = []
_lock = threading.Lock()


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: what is due is rotated from now on."""
    _clocks.append(Every("rotations of secrets", _LOOK, _of(context).start_due))


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    for clock in _clocks:
        clock.close()
    _clocks.clear()
    with _lock:
        everything = list(_rotations.values())
        _rotations.clear()
    for rotations in everything:
        rotations.close()


def _of(context: Request | ServiceContext) -> Rotations:
    with _lock:
        if context.home not in _rotations:
            _rotations[context.home] = Rotations(context)
        return _rotations[context.home]


def rotate_secret(request: Request) -> dict[str, Any]:
    """RotateSecret: the settings at once, the rotation (or with RotateImmediately off its test) in the background."""
    asked, client = request.parameters, request.control_plane("secretsmanager")
    secret = client.describe_secret(SecretId=asked["SecretId"])
    function = asked.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
    if function:
        _check_function(function, secret["ARN"])
    immediately = asked.get("RotateImmediately", True)
    unfinished, asked_again = incomplete(secret), asked.get("ClientRequestToken") in secret.get("VersionIdsToStages", {})
    if unfinished and immediately and function and not asked_again:
        _of(request).start(secret["ARN"], function, unfinished)
        raise PreviousRotationError
    answer = _bare(client.rotate_secret(**asked))
    if asked_again:
        if unfinished and asked["ClientRequestToken"] == unfinished:
            _of(request).start(secret["ARN"], function, unfinished)
    elif not immediately and secret.get("VersionIdsToStages") and not unfinished:
        _of(request).start_test(secret["ARN"], function, str(uuid.uuid4()))
    elif "VersionId" in answer:
        _of(request).start(secret["ARN"], function, answer["VersionId"])
    return answer


def cancel_rotate_secret(request: Request) -> dict[str, Any]:
    """CancelRotateSecret: no more by the calendar, and what runs ends before its next step."""
    client = request.control_plane("secretsmanager")
    answer = _bare(client.cancel_rotate_secret(**request.parameters))
    _of(request).cancel(answer["ARN"])
    return answer


OPERATIONS: Mapping[str, Handler] = {"CancelRotateSecret": cancel_rotate_secret, "RotateSecret": rotate_secret}


def _bare(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _check_function(function: str, secret: str) -> None:
    """The function's policy lets Secrets Manager call it for this secret.

    Raises:
        FunctionDeniedError: not so, or there is no such function.
    """
    text = resource_policy("lambda", function)
    # A service says for whom it calls, in the names that conditions against the confused deputy have.
    access = Access("lambda:InvokeFunction", function, {"aws:sourcearn": secret, "aws:sourceaccount": ACCOUNT_ID})
    caller = Principals("", services=frozenset({_PRINCIPAL}))
    policies = Policies([everything()], resource=[parse_policy(text)] if text else [], must_name=True)
    if not decide(access, caller, policies).allowed:
        raise FunctionDeniedError
