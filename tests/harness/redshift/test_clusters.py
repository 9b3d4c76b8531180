"""Provisioned clusters: CreateCluster gives an address that lets its user in, pausing closes it, resuming opens it again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError

from harness.redshift.conftest import aws
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.redshift import RedshiftEngine

PASSWORD = "Correct1Horse"
NODE: dict[str, Any] = {"ClusterIdentifier": "shop", "NodeType": "ra3.large", "ClusterType": "single-node"}


@pytest.fixture
def clusters(endpoint: EndpointEngine, redshift: RedshiftEngine) -> Iterator[Any]:
    """A client; what a test leaves is deleted, and the engine listens again."""
    client = aws(endpoint.endpoint, "redshift")
    yield client
    if redshift.pid is None:
        redshift.start()
    for cluster in client.describe_clusters()["Clusters"]:
        client.delete_cluster(ClusterIdentifier=cluster["ClusterIdentifier"], SkipFinalClusterSnapshot=True)


def log_in(cluster: dict[str, Any], password: str = PASSWORD) -> psycopg.Connection:
    address = {"host": cluster["Endpoint"]["Address"], "port": cluster["Endpoint"]["Port"], "dbname": cluster["DBName"]}
    return psycopg.connect(**address, user=cluster["MasterUsername"], password=password, sslmode="require", autocommit=True)


def described(clusters: Any) -> dict[str, Any]:
    found: dict[str, Any] = clusters.describe_clusters(ClusterIdentifier="shop")["Clusters"][0]
    return found


def test_a_cluster_lets_its_user_into_its_database_by_its_password(clusters: Any) -> None:
    clusters.create_cluster(**NODE, MasterUsername="boss", MasterUserPassword=PASSWORD, DBName="sales")
    clusters.get_waiter("cluster_available").wait(ClusterIdentifier="shop", WaiterConfig={"Delay": 1, "MaxAttempts": 5})

    with log_in(described(clusters)) as connection:
        connection.execute("CREATE TABLE sold (id INT, at TIMESTAMP) DISTKEY (id) SORTKEY (at)")
        connection.execute("INSERT INTO sold VALUES (1, GETDATE())")
        assert connection.execute("SELECT current_user, current_database(), COUNT(*) FROM sold").fetchone() == ("boss", "sales", 1)
        connection.execute("DROP TABLE sold")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        log_in(described(clusters), "Wrong1Horse")

    clusters.modify_cluster(ClusterIdentifier="shop", MasterUserPassword="Another1Horse")
    log_in(described(clusters), "Another1Horse").close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        log_in(described(clusters))


def test_a_managed_password_is_in_the_secret_that_the_cluster_names(clusters: Any, endpoint: EndpointEngine) -> None:
    clusters.create_cluster(**NODE, MasterUsername="boss", ManageMasterPassword=True)

    arn = described(clusters)["MasterPasswordSecretArn"]
    secrets = aws(endpoint.endpoint, "secretsmanager")
    login = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    assert login["username"] == "boss"
    assert described(clusters)["DBName"] == "dev"
    log_in(described(clusters), login["password"]).close()

    clusters.delete_cluster(ClusterIdentifier="shop", SkipFinalClusterSnapshot=True)
    assert [secret for secret in secrets.list_secrets()["SecretList"] if secret["ARN"] == arn] == []
    with pytest.raises(ClientError, match="ClusterNotFound"):
        described(clusters)


def test_a_paused_cluster_answers_nobody_until_it_is_resumed(clusters: Any, client: Any) -> None:
    clusters.create_cluster(**NODE, MasterUsername="boss", MasterUserPassword=PASSWORD, DBName="sales")
    before = described(clusters)

    clusters.pause_cluster(ClusterIdentifier="shop")
    assert described(clusters)["ClusterStatus"] == "paused"
    assert described(clusters)["Endpoint"] == before["Endpoint"]
    with pytest.raises(psycopg.OperationalError):
        log_in(before)
    with pytest.raises(ClientError, match="The cluster shop is paused"):
        client.execute_statement(ClusterIdentifier="shop", Database="sales", DbUser="boss", Sql="SELECT 1")
    with pytest.raises(ClientError, match="InvalidClusterState"):
        clusters.pause_cluster(ClusterIdentifier="shop")

    clusters.resume_cluster(ClusterIdentifier="shop")
    assert described(clusters)["ClusterStatus"] == "available"
    log_in(described(clusters)).close()
    with pytest.raises(ClientError, match="InvalidClusterState"):
        clusters.resume_cluster(ClusterIdentifier="shop")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"MasterUserPassword": PASSWORD, "Port": 1}, "Port is 1: the local Redshift listens on"),
        ({"MasterUserPassword": PASSWORD, "PubliclyAccessible": True}, "loopback only"),
        ({"MasterUserPassword": "short"}, "not a valid password"),
        ({"MasterUserPassword": PASSWORD, "ManageMasterPassword": True}, "Exactly one of MasterUserPassword and ManageMasterPassword"),
        ({"MasterUserPassword": PASSWORD, "MasterUsername": "etl"}, "The password of etl is the home's"),
        ({"MasterUserPassword": PASSWORD, "MasterUsername": "Ü"}, "MasterUsername is not a valid name"),
        ({"MasterUserPassword": PASSWORD, "ClusterIdentifier": "Shop--1"}, "ClusterIdentifier is not a valid name"),
    ],
)
def test_what_the_local_redshift_cannot_be_is_refused_and_nothing_is_kept(clusters: Any, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        clusters.create_cluster(**{**NODE, "MasterUsername": "boss", **asked})

    assert clusters.describe_clusters()["Clusters"] == []


def test_a_user_who_cannot_be_made_leaves_no_secret(clusters: Any, endpoint: EndpointEngine) -> None:
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*pg_boss.*reserved"):
        clusters.create_cluster(**NODE, MasterUsername="pg_boss", ManageMasterPassword=True)
    assert [one["Name"] for one in aws(endpoint.endpoint, "secretsmanager").list_secrets()["SecretList"] if "pg_boss" in one["Name"]] == []


def test_a_second_cluster_a_last_snapshot_and_snapshots_are_refused_by_name(clusters: Any) -> None:
    boss = {"MasterUsername": "boss", "MasterUserPassword": PASSWORD}
    clusters.create_cluster(**NODE, **boss)

    with pytest.raises(ClientError, match="ClusterAlreadyExists"):
        clusters.create_cluster(**NODE, **boss)
    with pytest.raises(ClientError, match="ClusterQuotaExceeded.*the cluster shop is it"):
        clusters.create_cluster(**{**NODE, "ClusterIdentifier": "other"}, **boss)
    with pytest.raises(ClientError, match="delete with SkipFinalClusterSnapshot"):
        clusters.delete_cluster(ClusterIdentifier="shop", FinalClusterSnapshotIdentifier="last")
    with pytest.raises(ClientError, match="no snapshot would be written"):
        clusters.create_cluster_snapshot(ClusterIdentifier="shop", SnapshotIdentifier="one")
    assert clusters.describe_cluster_snapshots()["Snapshots"] == []
