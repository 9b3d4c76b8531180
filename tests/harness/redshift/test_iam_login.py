"""Log-in with temporary passwords that the control planes give."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import psycopg
import pytest
import redshift_connector
from botocore.exceptions import ClientError

from harness.redshift.conftest import aws
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home


def test_a_user_that_is_made_on_request_logs_in_by_the_temporary_password_only(endpoint: EndpointEngine, redshift: RedshiftEngine) -> None:
    client = aws(endpoint.endpoint, "redshift")
    given = client.get_cluster_credentials(DbUser="iam_user", ClusterIdentifier="local", AutoCreate=True, DurationSeconds=900)
    assert given["DbUser"] == "IAMA:iam_user"
    assert dt.timedelta(minutes=14) < given["Expiration"] - dt.datetime.now(dt.UTC) <= dt.timedelta(minutes=15)
    login = {**redshift.connection(), "user": given["DbUser"], "password": given["DbPassword"]}
    with psycopg.connect(**login) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("iam_user",)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**{**login, "password": "another"})
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        connection.execute("DROP USER iam_user")


def test_a_password_that_has_expired_lets_nobody_in(endpoint: EndpointEngine, redshift: RedshiftEngine) -> None:
    given = aws(endpoint.endpoint, "redshift").get_cluster_credentials_with_iam(ClusterIdentifier="local")
    login = {**redshift.connection(), "user": given["DbUser"], "password": given["DbPassword"]}
    psycopg.connect(**login).close()
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        connection.execute("UPDATE local_redshift.temporary_passwords SET expires = DATEADD(day, -1, expires)")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**login)


def test_serverless_gives_credentials_too(endpoint: EndpointEngine, redshift: RedshiftEngine) -> None:
    given = aws(endpoint.endpoint, "redshift-serverless").get_credentials(workgroupName="wholesale", dbName="warehouse")
    psycopg.connect(**{**redshift.connection(), "user": given["dbUser"], "password": given["dbPassword"]}).close()


def test_what_cannot_be_given_is_refused(endpoint: EndpointEngine) -> None:
    client = aws(endpoint.endpoint, "redshift")
    with pytest.raises(ClientError, match="does not exist: make it, or ask with AutoCreate"):
        client.get_cluster_credentials(DbUser="stranger", ClusterIdentifier="local")
    with pytest.raises(ClientError, match="between 900 and 3600"):
        client.get_cluster_credentials(DbUser="etl", ClusterIdentifier="local", DurationSeconds=10)
    with pytest.raises(ClientError, match="group nobodys does not exist"):
        client.get_cluster_credentials(DbUser="never_made", ClusterIdentifier="local", AutoCreate=True, DbGroups=["nobodys"])
    with pytest.raises(ClientError, match="never_made does not exist"):
        client.get_cluster_credentials(DbUser="never_made", ClusterIdentifier="local")
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*pg_made.*reserved"):
        client.get_cluster_credentials(DbUser="pg_made", ClusterIdentifier="local", AutoCreate=True)
    with pytest.raises(ClientError, match=r"ValidationException.*between 900 and 3600"):
        aws(endpoint.endpoint, "redshift-serverless").get_credentials(workgroupName="wholesale", durationSeconds=10)


def test_a_database_that_does_not_answer_is_an_error_of_aws(tmp_path: Path) -> None:
    endpoint = EndpointEngine(Home(tmp_path))
    try:
        endpoint.start()
        client = aws(endpoint.endpoint, "redshift")
        with pytest.raises(ClientError, match=r"InternalServerException.*does not answer"):
            client.get_cluster_credentials(DbUser="etl", ClusterIdentifier="local")
    finally:
        endpoint.stop()


def test_redshift_connector_logs_in_by_iam(endpoint: EndpointEngine, redshift: RedshiftEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(redshift.authority))
    place = {"host": "127.0.0.1", "port": redshift.ports["main"], "database": "warehouse", "region": "eu-central-1"}
    keys = {"access_key_id": "test", "secret_access_key": "test"}
    with redshift_connector.connect(
        iam=True, **place, **keys, cluster_identifier="local", db_user="etl", sslmode="verify-ca", endpoint_url=endpoint.endpoint, ssl=True
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ["etl"]
