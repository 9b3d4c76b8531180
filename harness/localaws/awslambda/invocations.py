"""Invocations: waited for or not, with their lines in the function's log group."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from localaws.awslambda.environments import Environments, Outcome
from localaws.awslambda.functions import Function
from localaws.cloudwatch.metrics import of_invocation
from localaws.errors import AwsError

__all__ = ["Invocations"]

_LOG = logging.getLogger("localaws")
_AT_ONCE = 16
_RETRY_SECONDS = 1.0
"""Before an asynchronous invocation is made again; on AWS a minute, then two."""


class Invocations:
    """The invocations of one home."""

    def __init__(self, home: Path, endpoint_url: str, control_plane: Callable[[str], Any]) -> None:
        self.home, self.client = home, control_plane
        self.environments = Environments(home, endpoint_url)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="lambda")
        self._closed = threading.Event()
        self._streams: set[tuple[str, str]] = set()

    def invoke(self, function: Function, event: str, region: str, request_id: str | None = None) -> Outcome:
        """Run the function on an event and wait for it."""
        request_id = request_id or str(uuid.uuid4())
        outcome = self.environments.invoke(function, event, request_id, region)
        self._log(function, outcome, request_id)
        of_invocation(self.client("cloudwatch"), function.name, outcome.seconds, outcome.failed)
        return outcome

    def invoke_later(self, find: Callable[[], Function], event: str, region: str) -> str:
        """Run it in the background, again when it fails. Returns the request's id."""
        request_id = str(uuid.uuid4())

        def work() -> None:
            try:
                function = find()
                for attempt in range(function.retries + 1):
                    if not self.invoke(function, event, region, request_id).failed:
                        return
                    if attempt < function.retries and self._closed.wait(_RETRY_SECONDS * (attempt + 1)):
                        return
            except AwsError as error:
                _LOG.warning("an asynchronous invocation was dropped: %s", error)
            except Exception:  # noqa: BLE001 - nobody waits for it who could be told
                _LOG.exception("invocation %s", request_id)

        self._pool.submit(work)
        return request_id

    def close(self) -> None:
        """At an orderly end of the endpoint."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.environments.close()

    def _log(self, function: Function, outcome: Outcome, request_id: str) -> None:
        """START, what was printed, END and REPORT in the environment's stream."""
        milliseconds = outcome.seconds * 1000
        report = (
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\tBilled Duration: {math.ceil(milliseconds)} ms\t"
            f"Memory Size: {function.memory} MB"
        )
        lines = [
            f"START RequestId: {request_id} Version: {function.version}",
            *outcome.log.splitlines(),
            f"END RequestId: {request_id}",
            report,
        ]
        logs = self.client("logs")
        if (function.log_group, outcome.stream) not in self._streams:
            for create in (
                lambda: logs.create_log_group(logGroupName=function.log_group),
                lambda: logs.create_log_stream(logGroupName=function.log_group, logStreamName=outcome.stream),
            ):
                with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                    create()
            self._streams.add((function.log_group, outcome.stream))
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        logs.put_log_events(logGroupName=function.log_group, logStreamName=outcome.stream, logEvents=events)
