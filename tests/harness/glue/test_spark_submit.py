"""A script runs by Spark's own spark-submit as it does on Glue."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localaws.engines.spark_conf import spark_environment
from localaws.engines.spark_home import spark_home
from localaws.home import Home

pytestmark = pytest.mark.timeout(300)

SCRIPT = """
import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
args = getResolvedOptions(sys.argv, ["JOB_NAME", "n"])
glue = GlueContext(SparkContext.getOrCreate())
job = Job(glue)
job.init(args["JOB_NAME"], args)
path = "s3://wholesale-curated/numbers"
glue.spark_session.range(int(args["n"])).write.parquet(path)
print(args["JOB_NAME"], glue.spark_session.read.parquet(path).count())
job.commit()
"""


def test_a_script_runs_by_spark_submit_on_the_homes_storage(tmp_path: Path) -> None:
    home = Home(tmp_path / "a home").make()
    (home.s3 / "wholesale-curated").mkdir(parents=True)
    script = tmp_path / "count_rows.py"
    script.write_text(SCRIPT)
    environment = {"PATH": "/usr/bin:/bin", **spark_environment(home, "http://127.0.0.1:1"), "PYSPARK_PYTHON": sys.executable}

    done = subprocess.run(
        [str(spark_home() / "bin" / "spark-submit"), "--driver-memory", "1g", str(script), "--JOB_NAME", "numbers", "--n", "7"],
        env={**environment, "PYSPARK_DRIVER_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert "numbers 7\n" in done.stdout
    assert list((home.s3 / "wholesale-curated" / "numbers").glob("*.parquet"))
