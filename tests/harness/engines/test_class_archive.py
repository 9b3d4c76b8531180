"""The archive of classes is taken by a JVM with the driver's class path, and is in nobody else's way."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from localaws.engines.class_archive import archive_options, is_archivable
from localaws.engines.spark_conf import driver_class_path
from localaws.engines.spark_home import java_home
from localaws.home import Home


@pytest.fixture(scope="module")
def home() -> Home:
    return Home.resolve()


def _spark_version(path: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(java_home() / "bin" / "java"), *options, "-cp", path, "org.apache.spark.deploy.SparkSubmit", "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def test_the_drivers_classes_come_from_the_archive(home: Home) -> None:
    path = driver_class_path(home)
    if not is_archivable(path):
        pytest.skip("Java archives no classes of a checkout whose path has a space")
    options = shlex.split(archive_options(home.dist, path))

    done = _spark_version(path, *options, "-Xlog:class+load")

    loaded = [line for line in done.stdout.splitlines() if "org.apache.spark." in line and "$$Lambda" not in line]
    shared = [line for line in loaded if "shared objects file" in line]
    assert len(shared) > 50
    assert len(shared) > 0.8 * len(loaded)


def test_a_jvm_with_more_jars_starts_without_it_and_says_nothing(home: Home, tmp_path: Path) -> None:
    path = driver_class_path(home)
    options = shlex.split(archive_options(home.dist, path))
    more = os.pathsep.join([str(tmp_path), path])

    with_options, without = _spark_version(more, *options), _spark_version(more)

    assert with_options.stdout == without.stdout, "Java's own warnings go to standard output"
    assert "version 3.5.6" in without.stderr


def test_there_is_none_for_a_class_path_that_it_was_not_made_of(home: Home) -> None:
    assert archive_options(home.dist, driver_class_path(home).partition(os.pathsep)[2]) == ""


@pytest.mark.parametrize("path", ["/a b/spark.jar", "/ä/spark.jar", "/a%20b/spark.jar"])
def test_there_is_none_where_java_would_not_find_its_own_jars_again(path: str, tmp_path: Path) -> None:
    assert archive_options(tmp_path, path) == ""
