"""Terraform on the local endpoint: what is applied reads back equal, a change is carried out, a destroy leaves nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from deploy.exceptions import EnginesMissingError, ForeignDeploymentError
from deploy.functions import build_functions
from deploy.local import LocalEnvironment
from deploy.workspace import Workspace
from localaws.bootstrap import apply_to, client
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.postgres import PostgresEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.engines.stack import Stack
from localaws.home import CHECKOUT, Home

CORE = "terraform/core/test"
NO_CHANGES = "No changes. Your infrastructure matches the configuration."


@pytest.fixture(scope="module")
def home(providers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("deploy") / "a home")
    try:
        Stack(home).start(["endpoint", "redshift"])
        yield home
    finally:
        Stack(home).stop()
        PostgresEngine(home).remove_outside()


@pytest.fixture(scope="module")
def core(workspace: Workspace) -> Workspace:
    (workspace.root / CORE).mkdir(parents=True)
    shutil.copyfile(CHECKOUT / "tests" / "terraform" / "core" / "main.tf", workspace.root / CORE / "main.tf")
    build_functions(workspace.root / CORE)
    workspace.init(CORE)
    return workspace


def variables(home: Home) -> list[str]:
    given = {"endpoint_url": EndpointEngine(home).endpoint, "warehouse_port": RedshiftEngine(home).ports["main"], "folder": CHECKOUT}
    return ["-input=false", "-no-color", *(f"-var={name}={value}" for name, value in given.items())]


def test_what_is_applied_reads_back_equal_a_change_is_made_and_a_destroy_leaves_nothing(core: Workspace, home: Home) -> None:
    given = variables(home)
    core.run(CORE, "apply", "-auto-approve", *given)
    address = json.loads(core.run(CORE, "output", "-json"))["warehouse"]["value"][0]
    assert one_of(address, home) == [(1,)]
    secrets = {*asdict(home.credentials).values(), given_secret(home), managed_password(home)}

    Stack(home).stop(["endpoint"])  # what was applied outlives the endpoint
    Stack(home).start(["endpoint"])
    changed = [*variables(home), "-var=schedule=cron(0 2 * * ? *)"]
    shown = core.run(CORE, "apply", "-auto-approve", *changed)
    assert "Apply complete! Resources: 0 added, 1 changed, 0 destroyed." in shown, shown  # all else was read back as it was applied
    state = (core.root / CORE / "terraform.tfstate").read_text("utf-8")
    assert not [secret for secret in secrets if secret in shown + state], "neither a plan nor the state holds what a secret does"
    url = EndpointEngine(home).endpoint
    assert client("glue", url).get_trigger(Name="core-upkeep-start")["Trigger"]["Schedule"] == "cron(0 2 * * ? *)"

    rotation = client("secretsmanager", url).describe_secret(SecretId="wholesale/rds")
    assert (rotation["RotationEnabled"], rotation["RotationRules"]) == (True, {"AutomaticallyAfterDays": 7})

    core.run(CORE, "destroy", "-auto-approve", *changed)
    assert left(url) == {}


def given_secret(home: Home) -> str:
    """A value in the secret that the configuration declares."""
    client("secretsmanager", EndpointEngine(home).endpoint).put_secret_value(SecretId="wholesale/rds", SecretString="kept-from-plans")
    return "kept-from-plans"


def managed_login(home: Home) -> dict[str, Any]:
    """User and password in the secret that Redshift keeps."""
    secrets, serverless = (client(service, EndpointEngine(home).endpoint) for service in ("secretsmanager", "redshift-serverless"))
    arn = serverless.get_namespace(namespaceName="wholesale")["namespace"]["adminPasswordSecretArn"]
    return dict(json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"]))


def managed_password(home: Home) -> str:
    return str(managed_login(home)["password"])


def one_of(address: dict[str, Any], home: Home) -> list[tuple[Any, ...]]:
    """What a client gets at the workgroup's address with the password of the secret that Redshift keeps."""
    login = managed_login(home)
    user = {"user": login["username"], "password": login["password"]}
    with psycopg.connect(host=address["host"], port=address["port"], dbname="warehouse", sslmode="require", **user) as connection:
        return connection.execute("SELECT 1").fetchall()


def connections_of(platform: dict[str, Any], url: str) -> dict[str, str]:
    """By endpoint of DMS: what a test of its connection gives. No task was started."""
    dms = client("dms", url)
    tasks = dms.describe_replication_tasks()["ReplicationTasks"]
    assert {task["ReplicationTaskArn"]: task["Status"] for task in tasks} == dict.fromkeys(platform["replication_tasks"].values(), "ready")
    instance = dms.describe_replication_instances()["ReplicationInstances"][0]["ReplicationInstanceArn"]
    for endpoint in dms.describe_endpoints()["Endpoints"]:
        dms.test_connection(ReplicationInstanceArn=instance, EndpointArn=endpoint["EndpointArn"])
    return {item["EndpointIdentifier"]: item["Status"] for item in dms.describe_connections()["Connections"]}


def left(url: str) -> dict[str, object]:
    """What of a platform is still there."""
    found = {
        "jobs": client("glue", url).get_jobs()["Jobs"],
        "triggers": client("glue", url).get_triggers()["Triggers"],
        "workflows": client("glue", url).list_workflows()["Workflows"],
        "crawlers": client("glue", url).list_crawlers()["CrawlerNames"],
        "connections": client("glue", url).get_connections()["ConnectionList"],
        "rulesets": client("glue", url).list_data_quality_rulesets()["Rulesets"],
        "registries": client("glue", url).list_registries()["Registries"],
        "databases": client("glue", url).get_databases()["DatabaseList"],
        "tables": client("dynamodb", url).list_tables()["TableNames"],
        "buckets": client("s3", url).list_buckets()["Buckets"],
        "secrets": client("secretsmanager", url).list_secrets()["SecretList"],
        "roles": client("iam", url).list_roles()["Roles"],
        "topics": client("sns", url).list_topics()["Topics"],
        "workgroups": client("redshift-serverless", url).list_workgroups()["workgroups"],
        "namespaces": client("redshift-serverless", url).list_namespaces()["namespaces"],
        "instances": client("rds", url).describe_db_instances()["DBInstances"],
        "machines": client("stepfunctions", url).list_state_machines()["stateMachines"],
        "functions": client("lambda", url).list_functions()["Functions"],
        "schedules": client("scheduler", url).list_schedules()["Schedules"],
        "rules": client("events", url).list_rules()["Rules"],
        "alarms": client("cloudwatch", url).describe_alarms()["MetricAlarms"],
        "groups": client("logs", url).describe_log_groups()["logGroups"],
        "queries": client("athena", url).list_named_queries()["NamedQueryIds"],
        "replication": client("dms", url).describe_replication_instances()["ReplicationInstances"],
        "endpoints": client("dms", url).describe_endpoints()["Endpoints"],
        "tasks": client("dms", url).describe_replication_tasks()["ReplicationTasks"],
        "subscriptions": client("dms", url).describe_event_subscriptions()["EventSubscriptionsList"],
        "keys": [key for key in client("kms", url).list_aliases()["Aliases"] if not key["AliasName"].startswith("alias/aws/")],
    }
    return {name: things for name, things in found.items() if things}


def test_a_missing_engine_and_a_home_that_others_set_up_are_refused_before_anything_is_made(home: Home) -> None:
    with pytest.raises(EnginesMissingError, match=r"do not run: mysql, source-api\. Start them with `\./etl up mysql source-api`"):
        LocalEnvironment(home).apply()

    client("s3", EndpointEngine(home).endpoint).create_bucket(Bucket="wholesale-landing")
    Stack(home).start(["mysql", "source-api"])
    with pytest.raises(ForeignDeploymentError, match="has wholesale-landing already, made by `./etl up` or by hand"):
        LocalEnvironment(home).apply()
    client("s3", EndpointEngine(home).endpoint).delete_bucket(Bucket="wholesale-landing")


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_whole_platform_is_applied_reads_back_equal_and_is_destroyed(home: Home) -> None:
    Stack(home).start(["mysql", "source-api"])
    environment = LocalEnvironment(home)

    platform = environment.apply()

    assert NO_CHANGES in environment.plan()
    url = EndpointEngine(home).endpoint
    login = json.loads(client("secretsmanager", url).get_secret_value(SecretId="wholesale/rds")["SecretString"])
    assert (login["host"], login["port"]) == tuple(platform["source_database"].values())
    assert connections_of(platform, url) == dict.fromkeys(["wholesale-source", "wholesale-warehouse", "wholesale-lake"], "successful")
    state = (environment.workspace.root / "terraform" / "environments" / "local" / "terraform.tfstate").read_text("utf-8")
    passwords = [home.credentials.mysql_password, home.credentials.redshift_password, home.credentials.api_token]
    assert [password for password in passwords if password in state] == []
    assert [line for line in apply_to(home, url) if not line.startswith("secret ")] == []  # Terraform's home stays Terraform's
    assert NO_CHANGES in environment.plan()

    environment.destroy()
    assert left(url) == {}
    assert not environment.is_deployed
    with pymysql.connect(**MariaDBEngine(home).connection_arguments()) as connection:
        assert connection.open  # the engine is the home's, and goes on
