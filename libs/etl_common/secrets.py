"""Credentials from AWS Secrets Manager: never in an argument, never in a log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from etl_common.exceptions import SecretError

__all__ = ["Secret", "read_secret"]


class Secret(Mapping[str, str]):
    """A secret's fields. Its representation shows their names only."""

    def __init__(self, name: str, fields: Mapping[str, str]) -> None:
        self._name, self._fields = name, dict(fields)

    def __getitem__(self, field: str) -> str:
        if field not in self._fields:
            raise SecretError(self._name, f"has no field {field}, only {', '.join(sorted(self._fields))}")
        return str(self._fields[field])

    def __iter__(self) -> Any:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Secret({self._name!r}, fields={sorted(self._fields)})"


def read_secret(client: Any, secret_id: str) -> Secret:
    """The JSON secret's fields. client: boto3's secretsmanager. Raises SecretError when it is not there or no JSON object."""
    try:
        text = client.get_secret_value(SecretId=secret_id)["SecretString"]
    except ClientError as error:
        raise SecretError(secret_id, f"cannot be read: {error.response['Error']['Code']}") from error
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise SecretError(secret_id, "is not a JSON object")
    return Secret(secret_id, fields)
