"""ARNs that only moto knows: of keys behind aliases, of secrets with the letters that their names end in, of identities with a path.

Something that does not exist gets the ARN that it would have, so that a denial does not tell what exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.iam.callers import iam_back_end
from localaws.moto_app import ACCOUNT_ID

__all__ = ["bucket_of", "key_arn", "key_policy", "named_arn", "partition_key_of", "secret_arn", "secret_key_of"]


def bucket_of(name: str) -> Any:
    """moto's bucket, None when there is none of that name."""
    return _back_end("s3", "aws").buckets.get(name)


def key_arn(name: str, region: str) -> str:
    """The ARN of a key that is given by id, ARN or alias."""
    key = _key(name, region)
    if key is not None:
        return str(key.arn)
    return name if name.startswith("arn:") else f"arn:aws:kms:{region}:{ACCOUNT_ID}:{name if '/' in name else f'key/{name}'}"


def key_policy(arn: str) -> str | None:
    """The policy of a key; None when there is no such key."""
    parts = arn.split(":")
    key = _key(arn, parts[3]) if len(parts) > 5 and parts[2] == "kms" else None
    return None if key is None else str(key.policy)


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
