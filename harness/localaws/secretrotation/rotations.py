"""Rotations of one home: one at a time for each secret, in the background, told by events as Secrets Manager tells them.

A rotation that failed leaves AWSCURRENT where it was and its own version AWSPENDING; the next one goes on with that version ("Rotation by
Lambda function"). It is begun again when somebody asks or the next date comes; AWS also tries again by itself within a day.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

from localaws.awslambda.functions import find_function
from localaws.awslambda.operations import invocations_of
from localaws.cloudtrail.operations import history_of
from localaws.cloudtrail.records import service_event
from localaws.eventbridge.bus import emit
from localaws.moto_app import ACCOUNT_ID
from localaws.operation import Request, ServiceContext
from localaws.secretrotation.exceptions import RotationFailedError

__all__ = ["Rotations", "incomplete"]

_LOG = logging.getLogger("localaws")
_REGION = "us-east-1"
_AT_ONCE = 4
_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def incomplete(described: dict[str, Any]) -> str | None:
    """The version of a rotation that has not come to its end, of what DescribeSecret tells."""
    stages = described.get("VersionIdsToStages", {}).items()
    return next((version for version, labels in stages if "AWSPENDING" in labels and "AWSCURRENT" not in labels), None)


class Rotations:
    """What rotates now."""

    def __init__(self, context: Request | ServiceContext) -> None:
        self.context, self.client = context, context.control_plane("secretsmanager")
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rotation")
        self._running: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Begins nothing more; a step that runs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def start(self, arn: str, function: str, token: str) -> None:
        """Rotate in the background, unless it is being done."""
        self._begin(arn, partial(self._rotate, arn, function, token))

    def start_test(self, arn: str, function: str, token: str) -> None:
        """Call the step testSecret alone, with the value that is current ("RotateImmediately", RotateSecret)."""
        self._begin(arn, lambda _: self._test(arn, function, token))

    def start_due(self) -> None:
        """Begin every rotation whose date has come."""
        now = datetime.now(UTC).timestamp()
        for secret in _kept():
            if secret.rotation_enabled and not secret.is_deleted() and (secret.next_rotation_date or now + 1) <= now:
                self._begin(secret.arn, partial(self._rotate_due, secret))

    def cancel(self, arn: str) -> None:
        """The rotation that runs ends before its next step."""
        with self._lock:
            if arn in self._running:
                self._running[arn].set()

    def _rotate_due(self, secret: Any, cancelled: threading.Event) -> None:
        """Asking moto sets the next date, which a failure waits for. A rotation that did not come to its end is gone on with."""
        unfinished = incomplete(self.client.describe_secret(SecretId=secret.arn))
        answer = self.client.rotate_secret(SecretId=secret.arn, RotateImmediately=unfinished is None)
        if token := unfinished or answer.get("VersionId"):
            self._rotate(secret.arn, secret.rotation_lambda_arn, token, cancelled)

    def _begin(self, arn: str, work: Callable[[threading.Event], None]) -> None:
        with self._lock:
            if arn in self._running:
                return
            cancelled = self._running[arn] = threading.Event()
        self._pool.submit(self._run, arn, work, cancelled)

    def _run(self, arn: str, work: Callable[[threading.Event], None], cancelled: threading.Event) -> None:
        try:
            work(cancelled)
        except Exception:  # noqa: BLE001 - nobody waits for it who could be told
            _LOG.exception("rotation of %s", arn)
        finally:
            with self._lock:
                self._running.pop(arn, None)

    def _rotate(self, arn: str, function: str, token: str, cancelled: threading.Event) -> None:
        with self._told("Rotation", arn, token):
            for step in _STEPS:
                if cancelled.is_set():
                    raise RotationFailedError(step, "the rotation was cancelled before it")
                self._call(function, step, arn, token)
            if "AWSCURRENT" not in self.client.describe_secret(SecretId=arn)["VersionIdsToStages"].get(token, []):
                raise RotationFailedError("finishSecret", f"the function did not move AWSCURRENT to the version {token}")

    def _test(self, arn: str, function: str, token: str) -> None:
        with self._told("TestRotation", arn, token):
            current = self.client.get_secret_value(SecretId=arn)
            value = {name: current[name] for name in ("SecretString", "SecretBinary") if name in current}
            self.client.put_secret_value(SecretId=arn, ClientRequestToken=token, VersionStages=["AWSPENDING"], **value)
            try:
                self._call(function, "testSecret", arn, token)
            finally:
                self.client.update_secret_version_stage(SecretId=arn, VersionStage="AWSPENDING", RemoveFromVersionId=token)

    def _call(self, function: str, step: str, arn: str, token: str) -> None:
        found = find_function(self.context.home, _REGION, function, None)
        event = {"Step": step, "SecretId": arn, "ClientRequestToken": token}
        outcome = invocations_of(self.context).invoke(found, json.dumps(event), _REGION)
        if outcome.failed:
            raise RotationFailedError(step, str(json.loads(outcome.payload).get("errorMessage", outcome.payload)))

    @contextmanager
    def _told(self, kind: str, arn: str, token: str) -> Iterator[None]:
        """Started, and Succeeded or Failed: in the event history and on the default bus ("Log events with CloudTrail", User Guide)."""
        self._tell(f"{kind}Started", arn, token)
        try:
            yield
        except Exception as error:
            _LOG.error("%s of %s failed: %s", kind, arn, error)
            self._tell(f"{kind}Failed", arn, token, str(error))
            raise
        self._tell(f"{kind}Succeeded", arn, token)

    def _tell(self, name: str, arn: str, token: str, reason: str = "") -> None:
        about = {"SecretId": arn, "ClientRequestToken": token} | ({"errorMessage": reason} if reason else {})
        record = service_event("secretsmanager", name, arn, about)
        history_of(self.context.home).keep(record)
        emit(self.context.home, "aws.secretsmanager", "AWS Service Event via CloudTrail", record, (arn,))


def _kept() -> list[Any]:
    """moto's own secrets: a list of them through its API would take a call for each."""
    from moto.backends import get_backend

    secrets = list(get_backend("secretsmanager")[ACCOUNT_ID][_REGION].secrets.values())
    return [secret for secret in secrets if hasattr(secret, "rotation_enabled")]  # a replica of another region's has none
