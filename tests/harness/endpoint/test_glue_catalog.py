"""UpdateTable refuses what is based on another version than the table's."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess


@pytest.fixture
def glue(endpoint: EndpointProcess) -> Any:
    return endpoint.client("glue")


@pytest.fixture
def database(glue: Any) -> str:
    name = f"d_{uuid.uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(DatabaseName=name, TableInput={"Name": "t", "Description": "0"})
    return name


def description(glue: Any, database: str) -> str:
    return str(glue.get_table(DatabaseName=database, Name="t")["Table"]["Description"])


def test_an_update_of_a_stale_version_is_refused_and_changes_nothing(glue: Any, database: str) -> None:
    glue.update_table(DatabaseName=database, TableInput={"Name": "t", "Description": "first"}, VersionId="1", SkipArchive=True)
    with pytest.raises(glue.exceptions.ConcurrentModificationException, match="is at version 2, and the update is based on 1"):
        glue.update_table(DatabaseName=database, TableInput={"Name": "t", "Description": "second"}, VersionId="1", SkipArchive=True)
    assert description(glue, database) == "first"


def test_an_update_without_a_version_is_taken(glue: Any, database: str) -> None:
    glue.update_table(DatabaseName=database, TableInput={"Name": "t", "Description": "1"})
    glue.update_table(DatabaseName=database, TableInput={"Name": "t", "Description": "2"})
    assert description(glue, database) == "2"


def test_former_versions_are_kept_unless_the_archive_is_skipped(glue: Any, database: str) -> None:
    glue.update_table(DatabaseName=database, TableInput={"Name": "t", "Description": "1"})
    for text in "234":
        glue.update_table(DatabaseName=database, TableInput={"Name": "t", "Description": text}, SkipArchive=True)
    versions = glue.get_table_versions(DatabaseName=database, TableName="t")["TableVersions"]
    assert {entry["VersionId"]: entry["Table"]["Description"] for entry in versions} == {"1": "0", "5": "4"}


def test_an_update_of_nothing_says_so(glue: Any, database: str) -> None:
    with pytest.raises(glue.exceptions.EntityNotFoundException, match="Table missing not found"):
        glue.update_table(DatabaseName=database, TableInput={"Name": "missing"})
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.update_table(DatabaseName="no_such_database", TableInput={"Name": "t"})


def test_of_many_updates_of_one_version_at_once_one_wins(glue: Any, database: str) -> None:
    won: list[str] = []

    def update(text: str) -> None:
        try:
            glue.update_table(DatabaseName=database, TableInput={"Name": "t", "Description": text}, VersionId="1", SkipArchive=True)
            won.append(text)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ConcurrentModificationException"  # noqa: PT017 - in a thread

    threads = [threading.Thread(target=update, args=(str(number),)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [description(glue, database)]
