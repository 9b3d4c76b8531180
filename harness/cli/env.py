"""`etl env`: the environment in which Spark, boto3 and scripts of the shell work on this home as a job does."""

from __future__ import annotations

import os
import shlex
import sys

import click

from localaws.engines.endpoint import EndpointEngine
from localaws.engines.spark_conf import spark_environment
from localaws.engines.spark_home import spark_home
from localaws.home import Home

__all__ = ["env"]


@click.command()
def env() -> None:
    """Print export lines for a shell: `eval "$(./etl env)"`, then `spark-submit glue_jobs/x.py --JOB_NAME x …` or boto3."""
    home = Home.resolve()
    values = spark_environment(home, EndpointEngine(home).endpoint)
    values["PYSPARK_PYTHON"] = values["PYSPARK_DRIVER_PYTHON"] = sys.executable
    for name, value in values.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    click.echo(f'export PATH={shlex.quote(str(spark_home() / "bin"))}{os.pathsep}"$PATH"')
