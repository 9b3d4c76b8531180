"""Helpers of these tests: tasks in threads, databases of a test's own, comparison of source and warehouse."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
import psycopg
import pymysql

from localaws.dms.bounds import Until
from localaws.dms.replication import Replication
from localaws.engines.endpoint import EndpointEngine

BUCKET = "dms-staging"


def client(endpoint: EndpointEngine, service: str) -> Any:
    return boto3.client(
        service, endpoint_url=endpoint.endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


def database(connection: pymysql.connections.Connection[Any], test: str) -> str:
    name = "t_" + "".join(sign if sign.isalnum() else "_" for sign in test.lower())[-50:]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE OR REPLACE DATABASE {name}")
        cursor.execute(f"USE {name}")
    return name


def execute(connection: pymysql.connections.Connection[Any], *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def schema_of(connection: pymysql.connections.Connection[Any]) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DATABASE()")
        (name,) = cursor.fetchone() or ("",)
    return str(name)


def mappings(schema: str, *more: dict[str, Any], table: str = "%") -> str:
    locator = {"schema-name": schema, "table-name": table}
    rule = {"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include", "object-locator": locator}
    return json.dumps({"rules": [rule, *more]})


class Running:
    """A task that runs in a thread of the test."""

    def __init__(self, replication: Replication, start_type: str, until: Until | None = None) -> None:
        self.replication, self.error = replication, None  # type: Replication, BaseException | None
        self.reason = ""
        self._thread = threading.Thread(target=self._run, args=(start_type, until), daemon=True)
        self._thread.start()

    def _run(self, start_type: str, until: Until | None) -> None:
        try:
            self.reason = self.replication.run(start_type, until)
        except BaseException as error:  # noqa: BLE001 - raised in the test's own thread by `wait_for` and `stop`
            self.error = error

    def wait_for(self, condition: Callable[[], bool], seconds: float = 120.0) -> None:
        deadline = time.monotonic() + seconds
        while not _holds(condition):
            if self.error is not None:
                raise self.error
            assert self._thread.is_alive() or condition(), "the task ended before"
            assert time.monotonic() < deadline, f"not within {seconds} s"
            time.sleep(0.05)

    def wait_until_it_ends(self, seconds: float = 120.0) -> str:
        """Why it ended by itself."""
        self._thread.join(seconds)
        if self.error is not None:
            raise self.error
        assert not self._thread.is_alive(), f"it did not end within {seconds} s"
        return self.reason

    def stop(self) -> None:
        self.replication.stopping.set()
        self._thread.join(30)
        if self.error is not None:
            raise self.error


def next_second(connection: pymysql.connections.Connection[Any]) -> int:
    """Waits until the source's clock shows another second, and gives it: what was committed before is a second earlier at least."""

    def now() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT FLOOR(UNIX_TIMESTAMP(SYSDATE()))")
            (seconds,) = cursor.fetchone() or (0,)
        return int(seconds)

    before = now()
    while now() <= before + 1:  # a commit's second may be that of its end
        time.sleep(0.02)
    return now()


def rows_of(connection: Any, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query, sorted by their texts."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return sorted((tuple(row) for row in cursor.fetchall()), key=repr)


def differences(source: Any, warehouse: Any, tables: list[str]) -> dict[str, tuple[list[Any], list[Any]]]:
    """Tables whose rows differ, with those that only the source and only the warehouse has."""
    found = {}
    for table in tables:
        here, there = rows_of(source, f"SELECT * FROM {table}"), rows_of(warehouse, f"SELECT * FROM {table}")
        if here != there:
            found[table] = ([row for row in here if row not in there], [row for row in there if row not in here])
    return found


def _holds(condition: Callable[[], bool]) -> bool:
    """A reader that meets the task's own DDL may be the one that the server gives up; it asks again."""
    try:
        return condition()
    except psycopg.errors.DeadlockDetected:
        return False
