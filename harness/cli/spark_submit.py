"""`etl spark-submit`: Spark's own spark-submit on this home, with a JVM of its own; no job run is recorded."""

from __future__ import annotations

import os
import sys

import click

from localaws.engines.endpoint import EndpointEngine
from localaws.engines.spark_conf import spark_environment
from localaws.engines.spark_home import spark_home
from localaws.home import Home

__all__ = ["spark_submit"]


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": ["--help"]})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, required=True)
def spark_submit(arguments: tuple[str, ...]) -> None:
    """Run Spark's spark-submit, for example `./etl spark-submit glue_jobs/x.py --JOB_NAME x --batch_id 1998-06-15`."""
    home = Home.resolve()
    values = spark_environment(home, EndpointEngine(home).endpoint)
    program = str(spark_home() / "bin" / "spark-submit")
    interpreter = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    os.execve(program, [program, *arguments], {**os.environ, **values, **interpreter})
