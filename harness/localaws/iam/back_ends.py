"""What only moto knows: policies of resources, and the ARNs of keys behind aliases, of secrets with the letters that their names end
in, of identities with a path.

Something that does not exist gets the ARN that it would have, so that a denial does not tell what exists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from localaws.iam.callers import iam_back_end
from localaws.moto_app import ACCOUNT_ID

__all__ = [
    "bucket_of",
    "key_arn",
    "matching_secrets",
    "named_arn",
    "partition_key_of",
    "resource_policy",
    "rotation_function_of",
    "secret_arn",
    "secret_key_of",
]


_FUNCTION_URL: Mapping[str, str] = {"FunctionUrlAuthType": "StringEquals", "InvokedViaFunctionUrl": "Bool"}
"""Parameters of AddPermission that are conditions."""


def bucket_of(name: str) -> Any:
    """moto's bucket, None when there is none of that name."""
    return _back_end("s3", "aws").buckets.get(name)


def key_arn(name: str, region: str) -> str:
    """The ARN of a key that is given by id, ARN or alias."""
    key = _key(name, region)
    if key is not None:
        return str(key.arn)
    return name if name.startswith("arn:") else f"arn:aws:kms:{region}:{ACCOUNT_ID}:{name if '/' in name else f'key/{name}'}"


def resource_policy(service: str, arn: str) -> str | None:
    """The policy that a bucket, key, queue, topic, function or secret has itself; None when it has none, or is not there."""
    parts = arn.split(":")
    reader = _POLICIES.get(service) if len(parts) > 5 and parts[2] == service else None
    text = reader(arn, parts[3]) if reader is not None else None
    return text.decode() if isinstance(text, bytes) else text


def secret_arn(name: str, region: str) -> str:
    """The ARN of a secret that is given by name or by an ARN, also one without its last letters."""
    found = _secret(name, region)
    if found is not None:
        return str(found.arn)
    return name if name.startswith("arn:") else f"arn:aws:secretsmanager:{region}:{ACCOUNT_ID}:secret:{name}-??????"


def secret_key_of(name: str, region: str) -> str | None:
    """The key of its own that a secret is encrypted with."""
    found = _secret(name, region)
    return getattr(found, "kms_key_id", None) if found is not None else None


def rotation_function_of(name: str, region: str) -> str | None:
    """The function that rotates a secret, where it has one."""
    return getattr(_secret(name, region), "rotation_lambda_arn", None) or None


def matching_secrets(filters: list[dict[str, Any]], region: str) -> list[str]:
    """The ARNs of the secrets that BatchGetSecretValue finds by filters."""
    back_end = _back_end("secretsmanager", region)
    found, _ = back_end.list_secrets(filters, max_results=max(1, len(back_end.secrets)))
    return [str(secret["ARN"]) for secret in found]


def named_arn(asked: Mapping[str, Any]) -> str:
    """The ARN of the user, role, group, policy or profile that a request to IAM names."""
    iam = iam_back_end()
    kinds: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
        ("UserName", "user", iam.users),
        ("RoleName", "role", {role.name: role for role in list(iam.roles.values())}),
        ("GroupName", "group", iam.groups),
        ("InstanceProfileName", "instance-profile", {}),
    )
    for parameter, kind, known in kinds:
        if name := asked.get(parameter):
            found = known.get(str(name))
            return str(found.arn) if found is not None else f"arn:aws:iam::{ACCOUNT_ID}:{kind}{asked.get('Path') or '/'}{name}"
    if "PolicyName" in asked:
        return f"arn:aws:iam::{ACCOUNT_ID}:policy{asked.get('Path') or '/'}{asked['PolicyName']}"
    return str(asked.get("PolicyArn") or "*")


def partition_key_of(table: str, region: str) -> str | None:
    """The partition key's name of a DynamoDB table."""
    found = _back_end("dynamodb", region).tables.get(table.rsplit("/", 1)[-1])
    return str(found.hash_key_attr) if found is not None else None


def _of_bucket(arn: str, region: str) -> Any:
    return getattr(bucket_of(arn.removeprefix("arn:aws:s3:::").partition("/")[0]), "policy", None)


def _of_key(arn: str, region: str) -> Any:
    return getattr(_key(arn, region), "policy", None)


def _of_queue(arn: str, region: str) -> Any:
    return getattr(_back_end("sqs", region).queues.get(arn.split(":")[5]), "policy", None)


def _of_topic(arn: str, region: str) -> Any:
    """A subscription's ARN is its topic's and one part more."""
    return getattr(_back_end("sns", region).topics.get(":".join(arn.split(":")[:6])), "policy", None)


def _of_function(arn: str, region: str) -> str | None:
    """moto keeps the statements of AddPermission, not all of them in the form of a policy."""
    function = _back_end("lambda", region).get_function_by_arn(arn)
    statements = [_function_statement(dict(each)) for each in function.policy.statements] if function is not None else []
    return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else None


def _function_statement(statement: dict[str, Any]) -> dict[str, Any]:
    principal = statement.get("Principal")
    if isinstance(principal, str) and principal != "*":
        # AddPermission takes an account's number or an ARN, which a policy has under AWS.
        statement["Principal"] = {"AWS": principal}
    condition = {operator: dict(keys) for operator, keys in statement.get("Condition", {}).items()}
    for parameter, operator in _FUNCTION_URL.items():
        if (value := statement.pop(parameter, None)) is not None:
            condition.setdefault(operator, {})[f"lambda:{parameter}"] = str(value).lower() if value in (True, False) else value
    return statement | ({"Condition": condition} if condition else {})


def _of_secret(arn: str, region: str) -> Any:
    return getattr(_secret(arn, region), "policy", None)


_POLICIES: Mapping[str, Callable[[str, str], Any]] = {
    "kms": _of_key, "lambda": _of_function, "s3": _of_bucket, "secretsmanager": _of_secret, "sns": _of_topic, "sqs": _of_queue,
}  # fmt: skip


def _secret(name: str, region: str) -> Any:
    return _back_end("secretsmanager", region).secrets.get(name)


def _key(name: str, region: str) -> Any:
    back_end = _back_end("kms", region)
    alias = back_end.get_alias_name(name)
    if alias.startswith("alias/") and not back_end.alias_exists(alias):
        return None
    return back_end.keys.get(back_end.any_id_to_key_id(name))


def _back_end(service: str, region: str) -> Any:
    from moto.backends import get_backend

    back_ends: Any = get_backend(service)  # type: ignore[call-overload]
    return back_ends[ACCOUNT_ID][region]
