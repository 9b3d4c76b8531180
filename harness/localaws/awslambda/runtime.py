"""The program of an execution environment: reads events line by line, calls the handler, writes what it gave.

Started by `localaws.awslambda.environments` with the function's environment variables. Results go to file descriptor 3; what the
function prints goes to its log. Errors have the shape that AWS's Python runtime gives them.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from localaws.loopback import forget_real_credentials, stay_on_loopback

__all__ = ["Context", "main"]

_RESULTS = 3


class Context:
    """The context object of an invocation ("Using the Lambda context object to retrieve Python function information")."""

    def __init__(self, request_id: str, arn: str, deadline: float) -> None:
        self.aws_request_id, self.invoked_function_arn = request_id, arn
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = self.client_context = None
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Until the time-out."""
        return max(0, int((self._deadline - time.time()) * 1000))


class _LogFormatter(logging.Formatter):
    request_id = ""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z"
        text = f"[{record.levelname}]\t{moment}\t{self.request_id}\t{record.getMessage()}"
        return text + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def main() -> None:
    """Answer events until the input ends."""
    forget_real_credentials()
    os.environ.update(json.loads(os.environ.pop("ETL_ROLE")))
    stay_on_loopback()
    megabytes = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))
    sys.path[:0] = os.environ.pop("ETL_FUNCTION_PATH").split(os.pathsep)
    with contextlib.suppress(ValueError):
        sys.path.remove(os.environ.pop("ETL_HARNESS"))
    formatter, shown = _LogFormatter(), logging.StreamHandler()
    shown.setFormatter(formatter)
    logging.getLogger().addHandler(shown)
    handler, failure = _handler(os.environ["_HANDLER"])
    with os.fdopen(_RESULTS, "w", encoding="utf-8") as results:
        for line in sys.stdin:
            request = json.loads(line)
            formatter.request_id = request["id"]
            answer = _answer(handler, request) if handler is not None else {"error": {**failure, "requestId": request["id"]}}
            sys.stdout.flush()
            sys.stderr.flush()
            results.write(json.dumps(answer) + "\n")
            results.flush()


def _handler(name: str) -> tuple[Callable[[Any, Context], Any] | None, dict[str, Any]]:
    module, _, function = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module.replace("/", ".")), function), {}
    except AttributeError:
        return None, _failed("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module}'", [])
    except ImportError as error:
        return None, _failed("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}", [])
    except SyntaxError as error:
        return None, _failed("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}", [])
    except Exception as error:  # noqa: BLE001 - whatever the module does when it is imported is the function's failure
        return None, _failed(type(error).__name__, str(error), traceback.format_tb(error.__traceback__))


def _answer(handler: Callable[[Any, Context], Any], request: dict[str, Any]) -> dict[str, Any]:
    context = Context(request["id"], request["arn"], request["deadline"])
    try:
        result = handler(request["event"], context)
    except MemoryError:
        return {"memory": True}
    except Exception as error:  # noqa: BLE001 - whatever the handler raises is its answer
        failure = _failed(type(error).__name__, str(error), traceback.format_tb(error.__traceback__)[1:])
        stack = "".join(failure["stackTrace"])
        print(f"[ERROR] {failure['errorType']}: {failure['errorMessage']}\nTraceback (most recent call last):\n{stack}")
        return {"error": {**failure, "requestId": request["id"]}}
    try:
        return {"payload": json.dumps(result)}
    except (TypeError, ValueError) as error:
        return {"error": {**_failed("Runtime.MarshalError", f"Unable to marshal response: {error}", []), "requestId": request["id"]}}


def _failed(kind: str, message: str, stack: list[str]) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": kind, "stackTrace": stack}


if __name__ == "__main__":
    main()
