"""The Glue image, and its nearest form without Docker.

`python -m package.glue_image` runs the Spark unit tests in the vendor's image, and those of the runtime's own tests that are not marked
`local`, against the vendor's runtime. It needs Docker and has not been verified where this was written. What `make test` verifies is
`workspace` and `environment`: the image's folder layout and an environment with PySpark 3.5.6, the vendor's own awsglue (by hash), pytest
and chispa, in which nothing of the harness is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from package.build import CHECKOUT
from package.environment import CleanEnvironment
from package.exceptions import PackageError

__all__ = ["DISTRIBUTIONS", "IMAGE", "OF_THE_RUNTIME", "TESTS", "environment", "main", "workspace"]

IMAGE = "public.ecr.aws/glue/aws-glue-libs:5"
DISTRIBUTIONS = tuple(
    "pyspark numpy pandas pyarrow boto3 requests pydeequ pyyaml pytest pytest-timeout chispa hypothesis".split()  # noqa: SIM905 a list to read
)
TESTS = ("tests/unit",)
OF_THE_RUNTIME = ("tests/awsglue",)
"""Run on the vendor's library in the image alone: without it there is no JVM library behind it."""
_SHIPPED = ("libs", "glue_jobs", "sql", "deployment", "docs", *TESTS, *OF_THE_RUNTIME)
_PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "pytest.ini")
_CONFIGURATION = """[pytest]
pythonpath = libs tests
addopts = --import-mode=importlib --strict-markers -m "not local and not soak"
markers =
    local: holds with this project's runtime only
    soak: long form
"""


def workspace(folder: Path) -> Path:
    """Copies what ships and the library's unit tests into `folder`/home/hadoop/workspace, and nothing of the harness."""
    target = folder / "home" / "hadoop" / "workspace"
    for name in _SHIPPED:
        if (CHECKOUT / name).is_dir():
            shutil.copytree(CHECKOUT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "folder_scope.py"):
        shutil.copy(CHECKOUT / "tests" / name, target / "tests")
    (target / "pytest.ini").write_text(_CONFIGURATION, "utf-8")
    return target


def environment(folder: Path, wheels_cache: Path) -> CleanEnvironment:
    """Environment with DISTRIBUTIONS and the vendor's awsglue. Raises PackageError when that cannot be fetched."""
    wheels_cache.mkdir(parents=True, exist_ok=True)
    if not list(wheels_cache.glob("awsgluedataplanepython-*.whl")):
        lock = CHECKOUT / "requirements" / "glue-image.txt"
        command = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "download", "--no-deps", "--require-hashes"]
        done = subprocess.run([*command, "-d", str(wheels_cache), "-r", str(lock)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PackageError("Fetching the vendor's awsglue", done.stderr, "It needs the network the first time.")
    made = CleanEnvironment(folder).create(DISTRIBUTIONS)
    made.install(wheels_cache, ["AWSGlueDataplanePython==5.1.0"])
    return made


def main() -> int:
    """Runs the unit tests, and those of the runtime that hold on Glue, in the image."""
    if shutil.which("docker") is None:
        print(
            "This needs Docker, which is not here. It runs the Spark unit tests in the image "
            f"{IMAGE} and has not been verified. Its nearest form without Docker is tests/glue_image, a part of `make test`.",
            file=sys.stderr,
        )
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        folder = workspace(Path(scratch))
        os.chmod(scratch, 0o755)  # the image's user is not the caller
        tests = " ".join(("python3", *_PYTEST, *TESTS, *OF_THE_RUNTIME))
        script = f"pip3 install --user --quiet chispa==0.12.0 hypothesis pytest pytest-timeout PyYAML pydeequ==1.7.0 && {tests}"
        mount = f"{folder}:/home/hadoop/workspace"
        command = ["docker", "run", "--rm", "-v", mount, "-w", "/home/hadoop/workspace", "-e", "DISABLE_SSL=true", IMAGE, "-c", script]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
