"""Apply the deployment (`deployment/*.json`) to the local endpoint: what Terraform does on AWS, by boto3 and without Terraform.

Every step looks first and changes what differs, so that it can be run at any time. Scripts are uploaded when they changed.
A home that Terraform deployed to (`etl deploy`) is Terraform's: there only the secrets are given their values.

    python -m localaws.bootstrap [--home DIR]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
from botocore.config import Config

from localaws.bootstrap_catalog import databases, rulesets, schemas
from localaws.exceptions import EngineNotRunningError
from localaws.home import CHECKOUT, Home

__all__ = ["apply", "apply_to", "client", "is_deployed", "main", "put_secrets", "secrets_of"]

Secrets = Mapping[str, Mapping[str, Any]]
_ROLE = "arn:aws:iam::123456789012:role/wholesale-glue"
_SERVICES_OF_JOBS = (
    "cloudwatch", "dynamodb", "glue", "kinesis", "kms", "logs", "redshift", "redshift-data", "redshift-serverless", "secretsmanager",
)  # fmt: skip
"""What jobs call beside S3."""


def main(argv: list[str]) -> None:
    """Apply the deployment to the endpoint of a home whose engines run."""
    parser = argparse.ArgumentParser(prog="python -m localaws.bootstrap", description=__doc__)
    parser.add_argument("--home", help="folder of the local state; $ETL_HOME or .local of this checkout by default")
    home = Home.resolve(parser.parse_args(argv).home)
    from localaws.engines.endpoint import EndpointEngine

    for line in apply_to(home, EndpointEngine(home).endpoint):
        print(line)


def is_deployed(home: Home) -> bool:
    """Whether Terraform's environment `local` has made something in this home that is still there."""
    state = home.root / "terraform" / "terraform" / "environments" / "local" / "terraform.tfstate"
    return state.exists() and bool(json.loads(state.read_text("utf-8")).get("resources"))


def apply_to(home: Home, endpoint_url: str) -> list[str]:
    """What a home whose engines were just started needs; a line for each thing that was made or changed."""
    if is_deployed(home):
        return put_secrets(client("secretsmanager", endpoint_url), secrets_of(home))
    return apply(endpoint_url, secrets_of(home))


def client(service: str, endpoint_url: str, region: str = "", credentials: Mapping[str, str] = MappingProxyType({})) -> Any:
    """A boto3 client of the local endpoint; the operator's where no credentials (variables of an environment) are given, in us-east-1
    where no region is."""
    session = boto3.session.Session(
        aws_access_key_id=credentials.get("AWS_ACCESS_KEY_ID", "local"),
        aws_secret_access_key=credentials.get("AWS_SECRET_ACCESS_KEY", "local"),
        aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
        region_name=region or "us-east-1",
    )
    return session.client(service, endpoint_url=endpoint_url, config=Config(retries={"total_max_attempts": 3}, proxies={}))


def secrets_of(home: Home) -> Secrets:
    """What the jobs read from Secrets Manager, from the engines as they run now."""
    from localaws.engines.mariadb import MariaDBEngine
    from localaws.engines.source_api import SourceApiEngine

    mysql = MariaDBEngine(home).connection_arguments()
    return {
        "wholesale/rds": {
            "engine": "mysql",
            "host": mysql["host"],
            "port": mysql["port"],
            "username": mysql["user"],
            "password": mysql["password"],
            "dbname": mysql["database"],
        },
        "wholesale/api": {"base_url": SourceApiEngine(home).endpoint, "token": home.credentials.api_token},
        "wholesale/redshift": _warehouse(home),
    }


def _warehouse(home: Home) -> dict[str, Any]:
    """With an address, as DMS wants it, where something listens; jobs talk to the Data API and need none."""
    from localaws.engines.redshift import RedshiftEngine

    try:
        connection = RedshiftEngine(home).connection()
    except EngineNotRunningError:
        return {"engine": "redshift", "username": "etl", "password": home.credentials.redshift_password}
    address = {name: connection[name] for name in ("host", "port", "dbname")}
    return {"engine": "redshift", **address, "username": connection["user"], "password": connection["password"]}


def apply(endpoint_url: str, secrets: Secrets, checkout: Path = CHECKOUT) -> list[str]:
    """Make everything that the deployment describes. Returns a line for each thing that was made or changed."""
    folder = checkout / "deployment"
    buckets = _read(folder / "buckets.json")
    catalog = _read(folder / "catalog.json")
    jobs = _read(folder / "jobs.json") if (folder / "jobs.json").exists() else {}
    return [
        *_buckets(client("s3", endpoint_url), buckets),
        *_scripts(client("s3", endpoint_url), buckets["scripts"]["name"], checkout),
        *databases(client("glue", endpoint_url), catalog["databases"], buckets),
        *_tables(client("dynamodb", endpoint_url), catalog["dynamodb_tables"]),
        *put_secrets(client("secretsmanager", endpoint_url), secrets),
        *_role(client("iam", endpoint_url), buckets),
        *_jobs(client("glue", endpoint_url), jobs, buckets["scripts"]["name"]),
        *rulesets(client("glue", endpoint_url), folder / "rulesets"),
        *schemas(client("glue", endpoint_url), catalog.get("schema_registry"), folder / "schemas"),
    ]


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def _buckets(s3: Any, buckets: Mapping[str, Any]) -> list[str]:
    existing = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    missing = [bucket["name"] for bucket in buckets.values() if bucket["name"] not in existing]
    for name in missing:
        s3.create_bucket(Bucket=name)
    return [f"bucket {name}" for name in missing]


def _scripts(s3: Any, bucket: str, checkout: Path) -> list[str]:
    """What jobs run or read from the scripts bucket, under its path in the checkout."""
    stored = {
        entry["Key"]: entry["ETag"].strip('"')
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for entry in page.get("Contents", [])
    }
    made = []
    for path in sorted([*checkout.glob("glue_jobs/*.py"), *checkout.glob("sql/redshift/**/*.sql")]):
        key, body = path.relative_to(checkout).as_posix(), path.read_bytes()
        if stored.get(key) != hashlib.md5(body, usedforsecurity=False).hexdigest():
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="text/plain; charset=utf-8")
            made.append(f"script s3://{bucket}/{key}")
    return made


def _tables(dynamodb: Any, tables: Mapping[str, Any]) -> list[str]:
    existing = set(dynamodb.list_tables()["TableNames"])
    made = []
    for name, table in tables.items():
        if name in existing:
            continue
        keys = [(table["partition_key"], "HASH"), (table["sort_key"], "RANGE")]
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": attribute, "KeyType": kind} for attribute, kind in keys],
            AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"} for attribute, _ in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        if table.get("time_to_live"):
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": table["time_to_live"]})
        made.append(f"table {name}")
    return made


def put_secrets(manager: Any, secrets: Secrets) -> list[str]:
    """Give secrets their values, and make those that do not exist. Returns a line for each that changed.

    A secret that is rotated keeps its user and password: only where they are valid may have changed.
    """
    made = []
    for name, value in secrets.items():
        text = json.dumps(value, sort_keys=True)
        with suppress(manager.exceptions.ResourceNotFoundException):  # there is no such secret, or it has no value yet
            kept = manager.get_secret_value(SecretId=name)["SecretString"]
            if manager.describe_secret(SecretId=name).get("RotationEnabled"):
                text = json.dumps({**value, **_login(kept)}, sort_keys=True)
            if kept == text:
                continue
        try:
            manager.put_secret_value(SecretId=name, SecretString=text)
        except manager.exceptions.ResourceNotFoundException:
            manager.create_secret(Name=name, SecretString=text)
        made.append(f"secret {name}")
    return made


def _login(text: str) -> dict[str, Any]:
    try:
        kept = json.loads(text)
    except ValueError:
        return {}  # no value of a database, whoever put it
    return {name: value for name, value in kept.items() if name in ("masterarn", "password", "username")}


def _role(iam: Any, buckets: Mapping[str, Any]) -> list[str]:
    """The one role of all jobs here; Terraform gives each job a role of its own, with what that job needs."""
    name = _ROLE.rpartition("/")[2]
    names = [f"arn:aws:s3:::{bucket['name']}{end}" for bucket in buckets.values() for end in ("", "/*")]
    rights = [
        {"Effect": "Allow", "Action": ["s3:*"], "Resource": names},
        {"Effect": "Allow", "Action": [f"{service}:*" for service in _SERVICES_OF_JOBS], "Resource": ["*"]},
    ]
    policy = {"Version": "2012-10-17", "Statement": rights}
    with suppress(iam.exceptions.NoSuchEntityException):
        if iam.get_role_policy(RoleName=name, PolicyName="jobs")["PolicyDocument"] == policy:
            return []
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}))
    iam.put_role_policy(RoleName=name, PolicyName="jobs", PolicyDocument=json.dumps(policy))
    return [f"role {name}"]


def _jobs(glue: Any, jobs: Mapping[str, Any], scripts: str) -> list[str]:
    existing = {job["Name"]: job for page in glue.get_paginator("get_jobs").paginate() for job in page["Jobs"]}
    made = []
    for name, job in jobs.items():
        wanted = _job(name, job, scripts)
        current = existing.get(name)
        if current is not None:
            if all(current.get(field) == value for field, value in wanted.items()):
                continue
            glue.update_job(JobName=name, JobUpdate={field: value for field, value in wanted.items() if field != "Name"})
        else:
            glue.create_job(**wanted)
        made.append(f"job {name}")
    return made


def _job(name: str, job: Mapping[str, Any], scripts: str) -> dict[str, Any]:
    """The job as CreateJob takes it."""
    return {
        "Name": name,
        "Description": job.get("description", ""),
        "Role": _ROLE,
        "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{scripts}/{job['script']}", "PythonVersion": "3"},
        "DefaultArguments": {key: str(value) for key, value in job.get("arguments", {}).items()},
        "GlueVersion": "5.1",
        "WorkerType": job.get("worker_type", "G.1X"),
        "NumberOfWorkers": job.get("number_of_workers", 2),
        "Timeout": job.get("timeout_minutes", 60),
        "ExecutionProperty": {"MaxConcurrentRuns": job.get("max_concurrent_runs", 1)},
    }


if __name__ == "__main__":
    main(sys.argv[1:])
