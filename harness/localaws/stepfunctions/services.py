"""Calls of services as tasks make them: any operation of any service that botocore knows, sent to the endpoint itself.

Names of parameters and of what comes back begin with a capital, whatever the service's own API has ("AWS SDK service
integrations", Developer Guide).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.model import OperationModel, Shape

from localaws.bootstrap import client
from localaws.stepfunctions.exceptions import StatesError

__all__ = ["Services"]

_NAMES: Mapping[str, str] = {
    "cloudwatchlogs": "logs", "eventbridge": "events", "emrserverless": "emr-serverless", "redshiftdata": "redshift-data",
    "redshiftserverless": "redshift-serverless", "sfn": "stepfunctions", "states": "stepfunctions", "elasticmapreduce": "emr",
    "databasemigration": "dms", "lakeformation": "lakeformation", "dynamodbstreams": "dynamodbstreams",
}  # fmt: skip
"""Names in resources, where botocore's are others."""
_PREFIXES: Mapping[str, str] = {
    "athena": "Athena", "dynamodb": "DynamoDB", "emr-serverless": "EMRServerless", "events": "EventBridge", "glue": "Glue",
    "lambda": "Lambda", "redshift-data": "RedshiftData", "s3": "S3", "secretsmanager": "SecretsManager", "sns": "SNS", "sqs": "SQS",
    "stepfunctions": "StepFunctions",
}  # fmt: skip
_SDK_PREFIXES: Mapping[str, str] = {"dynamodb": "DynamoDb", "sns": "Sns", "sqs": "Sqs", "stepfunctions": "Sfn"}


class Services:
    """Clients of the endpoint, one for each service."""

    def __init__(self, endpoint_url: str, credentials: Mapping[str, str] | None = None) -> None:
        """`credentials` are variables of an environment; the endpoint's own without them."""
        self.endpoint_url, self.credentials = endpoint_url, credentials or {}
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """boto3's client of a service by botocore's name."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = client(service, self.endpoint_url, credentials=self.credentials)
            return self._clients[service]

    def operation(self, service: str, action: str) -> tuple[str, str, OperationModel]:
        """botocore's name of the service, that of the operation, and its model.

        Raises:
            StatesError: there is no such service or operation.
        """
        name = _NAMES.get(service, service)
        try:
            model = self.client(name).meta.service_model
        except (BotoCoreError, ValueError) as error:
            raise StatesError("States.Runtime", f"There is no service {service!r}: {error}") from error
        operation = action[:1].upper() + action[1:]
        if operation not in model.operation_names:
            raise StatesError("States.Runtime", f"The service {service} has no operation {operation}.")
        return name, operation, model.operation_model(operation)

    def call(self, service: str, action: str, parameters: Mapping[str, Any], sdk: bool = False) -> dict[str, Any]:
        """Call `action` (`startJobRun`) of a service as it is called in a resource. What it answers, as JSON.

        Raises:
            StatesError: `Glue.EntityNotFoundException` and so on.
        """
        name, operation, shapes = self.operation(service, action)
        of = self.client(name)
        prefix = (_SDK_PREFIXES.get(name) if sdk else None) or _PREFIXES.get(name, service[:1].upper() + service[1:])
        try:
            answer = getattr(of, xform_name(operation))(**_given(parameters, shapes.input_shape))
        except ClientError as error:
            raise StatesError(f"{prefix}.{_exception(error)}", _cause(error, prefix)) from error
        except ParamValidationError as error:
            raise StatesError("States.Runtime", f"The parameters of {service}:{action} are not valid: {error}") from error
        except BotoCoreError as error:
            raise StatesError(f"{prefix}.SdkClientException", str(error)) from error
        answer.pop("ResponseMetadata", None)
        found: dict[str, Any] = _capitals(answer, shapes.output_shape)
        return found


def _exception(error: ClientError) -> str:
    code = str(error.response["Error"]["Code"]).rsplit("#", 1)[-1]
    return code if code.endswith(("Exception", "Error", "Fault")) else f"{code}Exception"


def _cause(error: ClientError, prefix: str) -> str:
    about = error.response.get("ResponseMetadata", {})
    message = error.response["Error"].get("Message", "")
    return f"{message} (Service: {prefix}, Status Code: {about.get('HTTPStatusCode')}, Request ID: {about.get('RequestId')})"


def _given(value: Any, shape: Shape | None) -> Any:
    """Parameters under the names that the operation's own model has."""
    kind = getattr(shape, "type_name", None)
    if kind == "structure" and isinstance(value, Mapping):
        members = {name[:1].upper() + name[1:]: name for name in shape.members}  # type: ignore[union-attr]
        named = {members.get(name[:1].upper() + name[1:], name): item for name, item in value.items()}
        return {name: _given(item, shape.members.get(name)) for name, item in named.items()}  # type: ignore[union-attr]
    if kind == "list" and isinstance(value, list):
        return [_given(item, shape.member) for item in value]  # type: ignore[union-attr]
    if kind == "map" and isinstance(value, Mapping):
        return {name: _given(item, shape.value) for name, item in value.items()}  # type: ignore[union-attr]
    if kind == "string" and isinstance(value, dict | list):
        return json.dumps(value)
    if kind == "blob" and isinstance(value, dict | list | int | float | str):
        return value.encode() if isinstance(value, str) else json.dumps(value).encode()
    return value


def _capitals(value: Any, shape: Shape | None) -> Any:
    """An answer as JSON, the names of structures with a capital."""
    kind = getattr(shape, "type_name", None)
    if isinstance(value, Mapping):
        if kind == "structure":
            return {name[:1].upper() + name[1:]: _capitals(item, shape.members.get(name)) for name, item in value.items()}  # type: ignore[union-attr]
        return {name: _capitals(item, getattr(shape, "value", None)) for name, item in value.items()}
    if isinstance(value, list):
        return [_capitals(item, getattr(shape, "member", None)) for item in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return float(value)
    if hasattr(value, "read"):
        value = value.read()
    return value.decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else value
