"""What is secret in a statement is in nothing that is kept or told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.redshift.conftest import data_api
from localaws.engines.endpoint import EndpointEngine
from localaws.redshift.masking import masked

SECRET = "Hidden1word"
HIDDEN = {
    "in quotes": (f"CREATE USER u PASSWORD '{SECRET}' CREATEDB", "CREATE USER u PASSWORD '***' CREATEDB"),
    "with a doubled quote": (f"ALTER USER u PASSWORD 'x''{SECRET}' CREATEDB", "ALTER USER u PASSWORD '***' CREATEDB"),
    "without a space": (f"ALTER USER u PASSWORD'{SECRET}'", "ALTER USER u PASSWORD'***'"),
    "after a comment": (f"ALTER USER u password -- new\n'{SECRET}'", "ALTER USER u password -- new\n'***'"),
    "as an escaped text": (f"ALTER USER u PASSWORD E'{SECRET}'", "ALTER USER u PASSWORD E'***'"),
    "in dollars": (f"ALTER USER u PASSWORD $q${SECRET}$q$ CREATEDB", "ALTER USER u PASSWORD '***' CREATEDB"),
    "in a body": (f"$$BEGIN ALTER USER u PASSWORD '{SECRET}'; END$$", "$$BEGIN ALTER USER u PASSWORD '***'; END$$"),
    "in a text": (f"EXECUTE 'ALTER USER u PASSWORD ''{SECRET}'''", "EXECUTE 'ALTER USER u PASSWORD ''***'''"),
    "without an end": (f"ALTER USER u PASSWORD '{SECRET}", "ALTER USER u PASSWORD '***'"),
    "keys after a role": (
        f"COPY t FROM 's3://b/k' CREDENTIALS 'aws_iam_role=r;master_symmetric_key={SECRET}'",
        "COPY t FROM 's3://b/k' CREDENTIALS '***'",
    ),
}


@pytest.mark.parametrize(("text", "shown"), HIDDEN.values(), ids=HIDDEN)
def test_a_secret_is_taken_out(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown


@pytest.mark.parametrize("text", ["SELECT 'the password', 'x'", "SELECT password, 'x' FROM t", "CREDENTIALS 'aws_iam_role=arn:aws:iam'"])
def test_what_is_none_stays(text: str) -> None:
    assert masked(text) == text


def test_a_password_is_in_no_file_and_no_answer_of_the_data_api(endpoint: EndpointEngine, home: Path) -> None:
    client: Any = data_api(endpoint.endpoint)
    target = {"ClusterIdentifier": "local", "Database": "warehouse", "WaitTimeSeconds": 30}
    for sql in (f"CREATE USER who_masked PASSWORD '{SECRET}'", f"CREATE USER who_masked PASSWORD '{SECRET}'", "DROP USER who_masked"):
        statement = client.execute_statement(Sql=sql, **target)["Id"]
        assert client.describe_statement(Id=statement)["QueryString"] == masked(sql)
    assert SECRET not in str(client.list_statements(Status="ALL"))
    kept = [*(home / "redshift-data" / "statements").glob("*.json"), *home.glob("*/*.jsonl"), *home.glob("engines/*/engine.log")]
    assert {path.suffix for path in kept} == {".json", ".jsonl", ".log"}
    assert [path for path in kept if SECRET.encode() in path.read_bytes()] == []
