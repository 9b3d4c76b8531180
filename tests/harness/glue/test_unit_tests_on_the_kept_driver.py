"""`make unit` runs on the driver that `make up` keeps."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from localaws.engines.spark import SparkEngine
from localaws.home import CHECKOUT

pytestmark = pytest.mark.timeout(300)


def test_unit_tests_start_no_jvm_when_a_driver_is_kept(driver: SparkEngine) -> None:
    environment = {
        **os.environ,
        "ETL_HOME": str(driver.home.root),
        "ETL_TEST_DRIVER": "kept",
        "ETL_TEST_MODES": "ansi_off",
        "JAVA_HOME": "/nonexistent",
        "SPARK_HOME": "/nonexistent",
    }
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/etl_common/test_facts.py"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
