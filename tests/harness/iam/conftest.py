"""An endpoint that enforces policies, an operator who sets things up, and clients of whoever else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

import waiting

sys.path.insert(0, str(Path(__file__).parents[1] / "endpoint"))  # for endpoint_process: importlib mode puts no test folder on the path

from endpoint_process import EndpointProcess

Credentials = Mapping[str, str]


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EndpointProcess]:
    process = EndpointProcess(tmp_path_factory.mktemp("iam") / "a home", {"ETL_IAM": "enforce"}).start()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def as_whom(endpoint: EndpointProcess) -> Callable[..., Any]:
    """`as_whom(credentials)("s3")` is a client; credentials are the structure of STS and of IAM."""

    def clients(credentials: Credentials) -> Callable[..., Any]:
        session = boto3.session.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            region_name="us-east-1",
        )
        settings = Config(retries={"total_max_attempts": 1}, proxies={}, inject_host_prefix=False)
        return lambda service: session.client(service, endpoint_url=endpoint.url, config=settings)

    return clients


@pytest.fixture(scope="session")
def operator(as_whom: Callable[..., Any]) -> Callable[..., Any]:
    return as_whom({"AccessKeyId": "local", "SecretAccessKey": "local"})  # type: ignore[no-any-return]


@pytest.fixture
def user(operator: Callable[..., Any], as_whom: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """`user(name, *statements)` makes one with these rights, and gives its clients."""
    iam, made = operator("iam"), []

    def make(name: str, *statements: Mapping[str, Any], **settings: Any) -> Callable[..., Any]:
        iam.create_user(UserName=name, **settings)
        made.append(name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return as_whom(iam.create_access_key(UserName=name)["AccessKey"])  # type: ignore[no-any-return]

    yield make
    for name in made:
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=policy)
        iam.delete_user(UserName=name)


@pytest.fixture
def role(operator: Callable[..., Any]) -> Callable[..., str]:
    """`role(name, *statements)` makes one that the account may assume, and gives its ARN."""
    iam = operator("iam")

    def make(name: str, *statements: Mapping[str, Any], trust: Mapping[str, Any] | None = None, **settings: Any) -> str:
        trusted = trust or {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusted), **settings)["Role"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        return str(made["Arn"])

    return make


@pytest.fixture(scope="session")
def bucket(operator: Callable[..., Any]) -> Callable[..., str]:
    """`bucket(name, key=bytes…)` makes one with these objects."""
    s3 = operator("s3")

    def make(name: str, objects: Mapping[str, bytes] | None = None) -> str:
        s3.create_bucket(Bucket=name)
        for key, body in (objects or {}).items():
            s3.put_object(Bucket=name, Key=key, Body=body)
        return name

    return make


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    """`wait_until(check)` gives the first true answer of `check`."""
    return waiting.wait_until


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
