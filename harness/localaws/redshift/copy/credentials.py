"""How COPY and UNLOAD say who they are: a role, or access keys, in both spellings (Redshift guide, "Authorization parameters").

Here they are checked for their shape only. What a statement holds of keys is never kept (`localaws.redshift.masking`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Protocol

from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError
from localaws.redshift.lexer import Cursor, unquote

__all__ = ["CREDENTIALS", "CREDENTIAL_OPTIONS", "check_credentials", "read_role"]

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+(,arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+)*")
_KEYS = "keys"
_PARTS = frozenset(("aws_access_key_id", "aws_secret_access_key", "token"))


class _Command(Protocol):
    role: str


def check_credentials(statement: str, role: str, seen: Collection[str]) -> None:
    """Some are given, and once.

    Raises:
        RefusedByRedshiftError: none, or several that contradict each other.
    """
    if not role:
        raise RefusedByRedshiftError(f"{statement} needs credentials: IAM_ROLE 'arn:aws:iam::<account>:role/<name>' or IAM_ROLE default")
    has_keys = {"ACCESS_KEY_ID", "SECRET_ACCESS_KEY"} & set(seen)
    if len(has_keys) == 1 or ("SESSION_TOKEN" in seen and not has_keys):
        raise RefusedByRedshiftError("ACCESS_KEY_ID and SECRET_ACCESS_KEY must be given together")
    if bool(has_keys) + ("IAM_ROLE" in seen) + ("CREDENTIALS" in seen) > 1:
        raise RefusedByRedshiftError("conflicting or redundant options: IAM_ROLE, CREDENTIALS and ACCESS_KEY_ID exclude each other")


def read_role(cursor: Cursor) -> str:
    """What follows IAM_ROLE, checked for its shape."""
    token = cursor.take()
    return "default" if token.key == "DEFAULT" else _checked(unquote(token))


def _role(command: _Command, cursor: Cursor) -> None:
    command.role = read_role(cursor)


def _checked(role: str) -> str:
    if role != "default" and not _ROLE.fullmatch(role):
        raise RefusedByRedshiftError(f"Invalid IAM role ARN '{role}': arn:aws:iam::<account>:role/<name> is its shape")
    return role


def _credentials(command: _Command, cursor: Cursor) -> None:
    cursor.accept("AS")
    parts = dict(part.partition("=")[::2] for part in unquote(cursor.take()).split(";") if part)
    if "master_symmetric_key" in parts:
        raise NotSupportedHereError("Client-side encryption (master_symmetric_key)")
    if set(parts) == {"aws_iam_role"}:
        command.role = _checked(parts["aws_iam_role"])
    elif set(parts) in (_PARTS, _PARTS - {"token"}) and all(parts.values()):
        command.role = _KEYS
    else:
        raise RefusedByRedshiftError(
            "Invalid credentials. Must be of the format: credentials 'aws_iam_role=...' or "
            "'aws_access_key_id=...;aws_secret_access_key=...[;token=...]'"
        )


def _key(command: _Command, cursor: Cursor) -> None:
    cursor.accept("AS")
    if not unquote(cursor.take()):
        raise RefusedByRedshiftError("An access key, its secret or its token is empty")
    command.role = _KEYS


CREDENTIAL_OPTIONS: dict[str, Callable[[_Command, Cursor], None]] = {
    "IAM_ROLE": _role,
    "CREDENTIALS": _credentials,
    "ACCESS_KEY_ID": _key,
    "SECRET_ACCESS_KEY": _key,
    "SESSION_TOKEN": _key,
}
CREDENTIALS = frozenset(CREDENTIAL_OPTIONS)
