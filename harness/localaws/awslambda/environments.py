"""Execution environments: a process for each, kept warm for the next event of the same function, as Lambda does.

An environment takes one event at a time; events that come meanwhile get another one. One that timed out, ended or ran out of memory
is thrown away. What is idle for minutes is ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localaws.awslambda.functions import Function
from localaws.iam.service_roles import role_environment

__all__ = ["Environments", "Outcome"]

_IDLE_SECONDS = 300.0
_HARNESS = Path(__file__).resolve().parents[2]
_INHERITED = ("PATH", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended: a payload, and whether it is an error's; what was printed; seconds and megabytes."""

    payload: str
    failed: bool
    log: str
    seconds: float
    stream: str


@dataclass
class _Environment:
    function: Function
    stream: str
    log: Path
    process: subprocess.Popen[str]
    results: Any
    read: int = 0
    idle_since: float = field(default_factory=time.monotonic)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.results.close()
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()

    def printed(self) -> str:
        """What was printed since this was asked last."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            file.seek(self.read)
            text = file.read()
            self.read = file.tell()
        return text


class Environments:
    """The environments of one home."""

    def __init__(self, home: Path, endpoint_url: str) -> None:
        self.home, self.endpoint_url = home, endpoint_url
        self._idle: list[_Environment] = []
        self._lock = threading.Lock()

    def invoke(self, function: Function, event: str, request_id: str, region: str) -> Outcome:
        """Run the handler on one event (JSON) and wait for its end."""
        environment = self._take(function, region)
        begun = time.monotonic()
        request = {"id": request_id, "event": json.loads(event), "arn": function.arn, "deadline": time.time() + function.timeout}
        answer = self._asked(environment, json.dumps(request), begun + function.timeout)
        seconds = time.monotonic() - begun
        payload, failed, keep = _told(answer, environment, request_id)
        if not keep:
            environment.end()
        log = environment.printed()
        if keep:
            environment.idle_since = time.monotonic()
            with self._lock:
                self._idle.append(environment)
        return Outcome(payload, failed, log, seconds, environment.stream)

    def close(self) -> None:
        """End those that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for environment in idle:
            environment.end()

    def _take(self, function: Function, region: str) -> _Environment:
        now = time.monotonic()
        with self._lock:
            old = [each for each in self._idle if each.function.identity != function.identity and each.function.arn == function.arn]
            old += [each for each in self._idle if now - each.idle_since > _IDLE_SECONDS and each not in old]
            found = next((each for each in self._idle if each.function.identity == function.identity and each not in old), None)
            self._idle = [each for each in self._idle if each not in old and each is not found]
        for each in old:
            each.end()
        return found if found is not None else self._start(function, region)

    def _start(self, function: Function, region: str) -> _Environment:
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
        log = self.home / "lambda" / "logs" / f"{uuid.uuid4().hex}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        read_end, write_end = os.pipe()
        command = [sys.executable, "-c", f"import os; os.dup2({write_end}, 3); from localaws.awslambda.runtime import main; main()"]
        with open(log, "ab") as output:
            process = subprocess.Popen(
                command, env=self._variables(function, region, stream), cwd=function.paths[0], stdin=subprocess.PIPE, stdout=output,
                stderr=subprocess.STDOUT, pass_fds=(write_end,), text=True, start_new_session=True,
            )  # fmt: skip
        os.close(write_end)
        return _Environment(function, stream, log, process, os.fdopen(read_end, "r", encoding="utf-8"))

    def _variables(self, function: Function, region: str, stream: str) -> dict[str, str]:
        """The environment: nothing of the endpoint's but the paths of programs, then the function's own, then Lambda's."""
        return {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            **dict(function.variables),
            "ETL_ROLE": json.dumps(dict(role_environment(self.home, function.role, function.name))),
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "LAMBDA_TASK_ROOT": str(function.paths[0]),
            "PYTHONPATH": str(_HARNESS),
            "PYTHONUNBUFFERED": "1",
            "TZ": "UTC",
            "_HANDLER": function.handler,
            "ETL_FUNCTION_PATH": os.pathsep.join(map(str, function.paths)),
            "ETL_HARNESS": str(_HARNESS),
        }

    def _asked(self, environment: _Environment, request: str, deadline: float) -> str | None:
        """The answer's line; empty when the process ended, None when its time was over."""
        assert environment.process.stdin is not None
        try:
            environment.process.stdin.write(request + "\n")
            environment.process.stdin.flush()
        except BrokenPipeError:
            return ""
        descriptor = environment.results.fileno()
        os.set_blocking(descriptor, False)
        chunks: list[bytes] = []
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([descriptor], [], [], left)[0]:
                break
            chunk = os.read(descriptor, 1 << 16)
            chunks.append(chunk)
            if not chunk or chunk.endswith(b"\n"):
                return b"".join(chunks).decode() if chunk else ""
        return None


def _told(answer: str | None, environment: _Environment, request_id: str) -> tuple[str, bool, bool]:
    """Payload, whether it is an error, and whether the environment can be used again."""
    if answer is None:
        text = f"Task timed out after {environment.function.timeout:.2f} seconds"
        return json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": f"RequestId: {request_id} Error: {text}"}), True, False
    if not answer:
        code = environment.process.wait()
        ended = f"exit status {code}" if code >= 0 else f"signal: {signal.Signals(-code).name}"
        message = f"RequestId: {request_id} Error: Runtime exited with error: {ended}"
        return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": message}), True, False
    document = json.loads(answer)
    if document.get("memory"):
        message = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
        return json.dumps({"errorType": "Runtime.OutOfMemory", "errorMessage": message}), True, False
    if "error" in document:
        return json.dumps(document["error"]), True, True
    return str(document["payload"]), False, True
