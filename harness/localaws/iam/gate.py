"""The gate before every service: who calls, what they ask, and whether policies let them. Open unless it is told to enforce.

    ETL_IAM=off       callers are known (GetCallerIdentity tells them), nothing is denied
    ETL_IAM=enforce   what no policy allows is denied, in the service's words

The operator (the access key `local`, which `etl env` sets and the endpoint's own parts use) is never denied anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from localaws.api_models import Target
from localaws.http import HttpRequest
from localaws.iam.back_ends import matching_secrets, resource_policy, rotation_function_of, secret_arn, secret_key_of
from localaws.iam.callers import Caller, access_key_of, caller_of, role_arn_of
from localaws.iam.contexts import call_context, caller_context, tag_context
from localaws.iam.evaluation import Access, Decision, Policies, decide
from localaws.iam.exceptions import AccessDeniedError
from localaws.iam.identities import identity_policies, permissions_boundary, session_policies, trust_policy
from localaws.iam.policies import Policy, parse_policy
from localaws.iam.resources import resources
from localaws.iam.storage_access import object_arn, storage_accesses
from localaws.parameters import parameters_of
from localaws.records import Records

__all__ = ["Gate"]

_ROLES = ("Role", "RoleArn", "roleArn", "role", "ExecutionRoleArn", "executionRoleArn", "ServiceAccessRoleArn", "IamRoles", "IamRoleArn")


class Gate:
    """Denies what policies deny."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def check(self, request: HttpRequest, target: Target) -> Caller:
        """Who calls.

        Raises:
            AccessDeniedError: they may not do that.
            AwsError: their access key is unknown or expired.
        """
        caller = caller_of(self.home, access_key_of(request), target.service, strict=True)
        if caller.kind == "operator" or target.operation is None:
            return caller
        for access in self._accesses(caller, request, target):
            decision = self.decide(caller, access)
            if not decision.allowed:
                raise _denied(caller, access, decision, target)
        return caller

    def decide(self, caller: Caller, access: Access) -> Decision:
        """Whether a caller may do one thing. Whoever is gone has no credentials any more, even for what is open to everybody."""
        if caller.is_gone:
            return Decision(False, f"because no identity-based policy allows the {access.action} action")
        resource, must_name = _resource_policies(access)
        policies = Policies(
            identity=identity_policies(caller),
            boundary=permissions_boundary(caller),
            session=session_policies(caller),
            resource=resource,
            must_name=must_name,
            is_user=caller.kind == "user",
        )
        return decide(access, caller.principals, policies)

    def denial_of_deletes(self, caller: Caller, request: HttpRequest, target: Target) -> Callable[[str], str | None] | None:
        """DeleteObjects is asked key by key: the message for a key that the caller may not delete, None for one that goes."""
        if caller.kind == "operator" or target.operation != "DeleteObjects":
            return None
        context = caller_context(caller, request, target.region)

        def denial(key: str) -> str | None:
            access = Access("s3:DeleteObject", object_arn(target.labels["Bucket"], key), context)
            decision = self.decide(caller, access)
            return None if decision.allowed else _message(caller, access, decision, "s3")

        return denial

    def hides(self, caller: Caller, request: HttpRequest, target: Target) -> bool:
        """Whether a missing object is one that the caller may not know to be missing: S3 says 403 to who cannot list the bucket."""
        if caller.kind == "operator" or target.operation not in ("GetObject", "HeadObject"):
            return False
        access = Access("s3:ListBucket", object_arn(target.labels["Bucket"]), caller_context(caller, request, target.region))
        return not self.decide(caller, access).allowed

    def _accesses(self, caller: Caller, request: HttpRequest, target: Target) -> list[Access]:
        common = caller_context(caller, request, target.region)
        operation = target.operation or ""
        if target.service == "s3":
            return storage_accesses(self.home, request, target, common)
        asked = self._with_workgroup(target, parameters_of(request, target))
        context = common | call_context(target.service, operation, asked, target.region)
        if target.service == "redshift-data":
            # Statements keep no owner here: whoever asks counts as the one who started it.
            context |= {"redshift-data:statement-owner-iam-userid": caller.user_id}
        found = [
            Access(action, arn, context | tag_context("aws:resourcetag", _tags_of(arn)))
            for actions, arn in resources(target.service, operation, asked, target.region)
            for action in actions
        ]
        return found + _of_secrets(target, asked, context) + _passed(target, asked, context)

    def _with_workgroup(self, target: Target, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is asked about a query of Athena is asked of its workgroup."""
        query = asked.get("QueryExecutionId") if target.service == "athena" else None
        record = Records(self.home / "athena" / "queries").get(str(query)) if query else None
        return {**asked, "WorkGroup": record["WorkGroup"]} if record is not None else asked


def _of_secrets(target: Target, asked: Mapping[str, Any], context: Mapping[str, Any]) -> list[Access]:
    """What a call to Secrets Manager does besides: read each value of a batch, use keys, call the function that rotates."""
    if target.service != "secretsmanager":
        return []
    if target.operation == "RotateSecret":
        function = asked.get("RotationLambdaARN") or rotation_function_of(str(asked.get("SecretId")), target.region)
        return [Access("lambda:InvokeFunction", str(function), context)] if function else []
    found, read = [], [str(asked.get("SecretId"))] if target.operation == "GetSecretValue" else []
    if target.operation == "BatchGetSecretValue":
        read = [str(name) for name in asked.get("SecretIdList") or []]
        if asked.get("Filters"):
            read += matching_secrets(asked["Filters"], target.region)
            found.append(Access("secretsmanager:ListSecrets", "*", context))
        found += [Access("secretsmanager:GetSecretValue", secret_arn(name, target.region), context) for name in read]
    keys = [secret_key_of(name, target.region) for name in read]
    return found + [Access("kms:Decrypt", key, context) for key in keys if key and key.startswith("arn:")]


def _passed(target: Target, asked: Mapping[str, Any], context: Mapping[str, Any]) -> list[Access]:
    """Whoever gives a role to a service needs the right to pass it."""
    if target.service in ("sts", "iam", "lakeformation"):
        return []
    given = [asked[name] for name in _ROLES if asked.get(name)]
    listed = [each for value in given for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
    arns = [role_arn_of(each) for each in listed]
    to = {"iam:passedtoservice": f"{'states' if target.service == 'stepfunctions' else target.service}.amazonaws.com"}
    return [Access("iam:PassRole", arn, {**context, **to}) for arn in arns if ":role/" in arn]


def _tags_of(arn: str) -> Mapping[str, str]:
    """Tags of a resource, where moto keeps them by its ARN."""
    if not arn.startswith("arn:aws:glue:"):
        return {}
    from moto.backends import get_backend

    account, region = arn.split(":")[4], arn.split(":")[3]
    tags: Mapping[str, str] = get_backend("glue")[account][region].tagger.get_tag_dict_for_resource(arn)
    return tags


def _resource_policies(access: Access) -> tuple[list[Policy], bool]:
    """The policies that the resource itself has, and whether they must allow."""
    service, action = access.action.split(":", 1)
    if service == "sts" and action == "AssumeRole":
        trust = trust_policy(access.resource)
        return ([trust] if trust is not None else []), True
    found = resource_policy(service, access.resource)
    # In the policy of a key `*` is the key itself; without it nobody may use the key, whatever others allow.
    return ([parse_policy(found)] if found else []), service == "kms" and found is not None


def _message(caller: Caller, access: Access, decision: Decision, service: str) -> str:
    if caller.kind == "anonymous":
        return "Access Denied"
    resource = f'"{access.resource}"' if service == "s3" else access.resource
    where = f" on resource: {resource}" if access.resource != "*" or service in ("glue", "athena", "kms") else ""
    # STS says no more than that, so that nobody can find out about roles.
    reason = "" if access.action == "sts:AssumeRole" else f" {decision.reason}"
    return f"User: {caller.arn} is not authorized to perform: {access.action}{where}{reason}"


def _denied(caller: Caller, access: Access, decision: Decision, target: Target) -> AccessDeniedError:
    return AccessDeniedError(target.service, target.protocol, _message(caller, access, decision, target.service))
