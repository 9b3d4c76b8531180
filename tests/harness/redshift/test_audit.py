"""Every access to the warehouse is in its audit log: connections, users, statements, in a bucket and in log groups."""

from __future__ import annotations

import gzip
from typing import Any

import psycopg
import pytest

from harness.redshift.conftest import aws
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.redshiftaudit.lines import user_line
from localaws.redshiftaudit.sources import identity
from waiting import wait_until

NAMES = ("connectionlog", "useractivitylog", "userlog")


def in_bucket(endpoint: EndpointEngine) -> dict[str, str]:
    s3 = aws(endpoint.endpoint, "s3")
    listed = s3.list_objects_v2(Bucket="audit", Prefix="logs/AWSLogs/123456789012/redshift/eu-central-1/").get("Contents", [])
    keys = [each["Key"] for each in listed]
    found = dict.fromkeys(NAMES, "")
    for key in keys:
        name = key.rsplit("_", 2)[1]
        found[name] += gzip.decompress(s3.get_object(Bucket="audit", Key=key)["Body"].read()).decode()
    return found


def in_log_groups(endpoint: EndpointEngine) -> dict[str, str]:
    logs = aws(endpoint.endpoint, "logs")
    found = {}
    for name in NAMES:
        group = f"/aws/redshift/audited/{name}"
        there = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group) if there else []
        found[name] = "".join(f"{event['message']}\n" for page in pages for event in page["events"])
    return found


@pytest.mark.timeout(400)
def test_connections_users_and_statements_are_told_in_redshift_s_form(endpoint: EndpointEngine, redshift: RedshiftEngine) -> None:
    aws(endpoint.endpoint, "s3").create_bucket(Bucket="audit", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    control = aws(endpoint.endpoint, "redshift")
    keeper = {"MasterUsername": "keeper", "MasterUserPassword": "Keeper-of-1-cluster"}
    control.create_cluster(ClusterIdentifier="audited", NodeType="ra3.xlplus", **keeper)
    control.enable_logging(ClusterIdentifier="audited", BucketName="audit", S3KeyPrefix="logs")
    aws(endpoint.endpoint, "redshift-serverless").create_namespace(namespaceName="audited", logExports=list(NAMES))

    login = {**redshift.connection(), "application_name": "an auditor's test", "sslmode": "require"}
    with psycopg.connect(**login, autocommit=True) as connection:
        connection.execute("SELECT 'told in the audit log', 1")
        connection.execute("CREATE USER audited PASSWORD 'Hidden-from-1-log'")
        connection.execute("DROP USER audited")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**{**login, "user": "stranger", "password": "wrong-1"})

    def complete(found: dict[str, str]) -> bool:
        told = "authentication failure" in found["connectionlog"] and "DROP USER audited" in found["useractivitylog"]
        return told and "drop" in found["userlog"]

    wait_until(lambda: complete(in_bucket(endpoint)) and complete(in_log_groups(endpoint)), 180)
    for found in (in_bucket(endpoint), in_log_groups(endpoint)):
        check(found)

    # The cluster's bucket is gone: the namespace, which is told after it, has its logs all the same.
    control.enable_logging(ClusterIdentifier="audited", BucketName="no-such-bucket")
    with psycopg.connect(**login, autocommit=True) as connection:
        connection.execute("SELECT 'told although the bucket is gone'")
    wait_until(lambda: "told although the bucket is gone" in in_log_groups(endpoint)["useractivitylog"])
    waiting = "Redshift's audit logs for eu-central-1/no-such-bucket/audited wait for the next time"
    wait_until(lambda: waiting in endpoint.log_file.read_text("utf-8"))

    control.disable_logging(ClusterIdentifier="audited")
    aws(endpoint.endpoint, "redshift-serverless").delete_namespace(namespaceName="audited")
    control.delete_cluster(ClusterIdentifier="audited", SkipFinalClusterSnapshot=True)


def check(found: dict[str, str]) -> None:
    mine = [line for line in found["connectionlog"].splitlines() if "an auditor's test" in line]
    events = [line.split("|")[0].strip() for line in mine]
    assert events == ["initiating session", "authenticated", "disconnecting session", "initiating session", "authentication failure"]
    fields = [field.strip() for field in mine[1].split("|")]
    assert (len(fields), fields[2], fields[5], fields[6], fields[7]) == (19, "127.0.0.1", "warehouse", "etl", "password")
    assert int(mine[2].split("|")[8]) > 0, "a session that ended says how long it was"
    assert "db=warehouse user=etl pid=" in found["useractivitylog"]
    assert found["useractivitylog"].count("LOG: SELECT 'told in the audit log', 1") == 1, "told once"
    assert "Hidden-from-1-log" not in "".join(found.values())
    actions = [[field.strip() for field in line.split("|")][1:4] for line in found["userlog"].splitlines() if "audited" in line]
    assert actions == [["audited", "", "create"], ["audited", "", "drop"]]


def test_statements_of_two_databases_are_two_though_their_numbers_are_one() -> None:
    statements = [{"database": database, "query": 7, "ended": 1.0} for database in ("dev", "warehouse")]
    assert len({identity(each) for each in statements}) == 2


def test_a_user_who_is_renamed_has_both_names() -> None:
    query: dict[str, Any] = {"text": 'ALTER USER ann RENAME TO "anne"', "pid": 7, "xid": 8, "started": 1764000000.5}
    line = user_line(query, {"anne": {"id": 100, "createdb": True, "super": False, "until": None}})
    assert [field.strip() for field in line.split("|")][:7] == ["100", "anne", "ann", "rename", "1", "0", "0"]
    assert line.endswith("|7|8|Mon, 24 Nov 2025 16:00:00:500 ")
