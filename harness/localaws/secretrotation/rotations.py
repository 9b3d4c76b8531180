"""Rotations of one home: one at a time for each secret, in the background, told by events as Secrets Manager tells them.

A rotation that failed leaves AWSCURRENT where it was and its own version AWSPENDING; the next one goes on with that version ("Rotation by
Lambda function"). It is begun again when somebody asks or the next date comes; AWS also tries again by itself within a day.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
_PATIENCE = 10.0
_Work = Callable[[threading.Event], None]
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
        self._following: dict[str, _Work] = {}
        self._futures: set[Future[None]] = set()
        self._closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """Begins nothing more, also no step; the steps that run are waited for, for a while."""
        with self._lock:
            self._closed = True
            self._following.clear()
            for cancelled in self._running.values():
                cancelled.set()
            running = set(self._futures)
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait(running, _PATIENCE)

    def start(self, arn: str, function: str, token: str) -> None:
        """Rotate in the background: at once, or when what runs for this secret has ended."""
        self._begin(arn, partial(self._rotate, arn, function, token))

    def start_test(self, arn: str, function: str, token: str) -> None:
        """Call the step testSecret alone, with the value that is current ("RotateImmediately", RotateSecret)."""
        self._begin(arn, lambda _: self._test(arn, function, token))

    def start_due(self) -> None:
        """Begin every rotation whose date has come."""
        now = datetime.now(UTC).timestamp()
        for secret in _kept():
            if secret.rotation_enabled and not secret.is_deleted() and (secret.next_rotation_date or now + 1) <= now:
                self._begin(secret.arn, partial(self._rotate_due, secret), follow=False)  # the clock looks again

    def cancel(self, arn: str) -> None:
        """The rotation that runs ends before its next step, and none follows it."""
        with self._lock:
            self._following.pop(arn, None)
            if arn in self._running:
                self._running[arn].set()

    def _rotate_due(self, secret: Any, cancelled: threading.Event) -> None:
        """Asking moto sets the next date, which a failure waits for. A rotation that did not come to its end is gone on with."""
        unfinished = incomplete(self.client.describe_secret(SecretId=secret.arn))
        answer = self.client.rotate_secret(SecretId=secret.arn, RotateImmediately=unfinished is None)
        if token := unfinished or answer.get("VersionId"):
            self._rotate(secret.arn, secret.rotation_lambda_arn, token, cancelled)

    def _begin(self, arn: str, work: _Work, follow: bool = True) -> None:
        with self._lock:
            if arn not in self._running:
                self._submit(arn, work)
            elif follow and not self._closed:
                # It may have told that it ended, and not be gone yet.
                self._following[arn] = work

    def _submit(self, arn: str, work: _Work) -> None:
        """Under the lock."""
        if self._closed:
            return
        cancelled = self._running[arn] = threading.Event()
        future = self._pool.submit(self._run, arn, work, cancelled)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)

    def _run(self, arn: str, work: _Work, cancelled: threading.Event) -> None:
        try:
            work(cancelled)
        except Exception:  # noqa: BLE001 - nobody waits for it who could be told
            _LOG.exception("rotation of %s", arn)
        finally:
            with self._lock:
                del self._running[arn]
                if following := self._following.pop(arn, None):
                    self._submit(arn, following)

    def _rotate(self, arn: str, function: str, token: str, cancelled: threading.Event) -> None:
        if self._is_current(arn, token):
            return  # asked for while it ran, and it came to its end
        with self._told("Rotation", arn, token):
            for step in _STEPS:
                if cancelled.is_set() and not self._closed:
                    raise RotationFailedError(step, "the rotation was cancelled before it")
                self._call(function, step, arn, token)
            if not self._is_current(arn, token):
                raise RotationFailedError("finishSecret", f"the function did not move AWSCURRENT to the version {token}")

    def _is_current(self, arn: str, token: str) -> bool:
        return "AWSCURRENT" in self.client.describe_secret(SecretId=arn).get("VersionIdsToStages", {}).get(token, [])

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
        if self._closed:
            raise RotationFailedError(step, "the endpoint was stopped before it")
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
