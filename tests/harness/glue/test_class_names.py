"""Java classes are looked up once, and a class that comes later is found all the same."""

from __future__ import annotations

from typing import Any

import pytest
from py4j.java_gateway import JavaClass, JavaPackage
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from localaws.glue.class_names import remember_class_names


@pytest.fixture
def lookups(spark_session: SparkSession, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What this process asks the JVM about names while the test runs."""
    remember_class_names()
    client: Any = spark_session._jvm._gateway_client
    asked: list[str] = []
    send = client.send_command

    def counted(command: str, *args: Any, **kwargs: Any) -> Any:
        if command.startswith("r\n"):
            asked.append(command.split("\n")[2])
        return send(command, *args, **kwargs)

    monkeypatch.setattr(client, "send_command", counted)
    return asked


def test_the_second_use_of_a_function_or_a_window_asks_for_no_name(lookups: list[str]) -> None:
    for _ in range(2):
        lookups.clear()
        F.row_number().over(Window.partitionBy("a").orderBy(F.col("b").desc()))

    assert lookups == []


def test_what_is_no_class_is_asked_for_again(spark_session: SparkSession, lookups: list[str]) -> None:
    jvm: Any = spark_session._jvm
    for _ in range(2):
        assert isinstance(jvm.org.apache.spark.NotThere, JavaPackage)

    assert lookups.count("org.apache.spark.NotThere") == 2
    assert isinstance(jvm.org.apache.spark.SparkConf, JavaClass)


def test_a_static_field_has_its_value_of_now(spark_session: SparkSession, lookups: list[str]) -> None:
    jvm: Any = spark_session._jvm
    for _ in range(2):
        assert jvm.java.lang.Integer.MAX_VALUE == 2**31 - 1

    assert lookups.count("java.lang.Integer") >= 2
