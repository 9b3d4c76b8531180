"""The frame of a Glue job: arguments in, `Job.init`, the work, `job.commit()`.

    with glue_job(argv, Arguments) as job:
        frame = read_table(job.spark, job.args.curated_database, "orders")

It runs on AWS Glue as it is. Under `spark-submit`, `--JOB_NAME` may be left out: the script's name is
taken. The commit is called only when the block ends without an error, and never decides whether data
is loaded: the three commits of the layers do (see `etl_common.manifest`, `.lake` and `.redshift`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from botocore.exceptions import ClientError

from etl_common.arguments import JobArguments, argument_fields, names_given, parse_arguments
from etl_common.exceptions import SpaceError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["JobArguments", "RunningJob", "glue_job"]

Arguments = TypeVar("Arguments", bound=JobArguments)

# Linux's texts of ENOSPC, EDQUOT and EFBIG, in the line of whoever had them.
_FULL_DISK = re.compile(r"[^\n]*(?:No space left on device|[Dd]isk quota exceeded|File too large)")

# What transforms rely on, whatever the caller's session says: UTC, exact decimals.
_SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.sources.partitionOverwriteMode": "static",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # A batch of CSV files is a union of them; this rule would repeat the checks of every column, and their compilation, for each file.
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.PushProjectionThroughUnion",
}


@dataclass(frozen=True)
class RunningJob(Generic[Arguments]):
    """What a job's body gets. run_id is Glue's JOB_RUN_ID, or None outside Glue."""

    name: str
    run_id: str | None
    args: Arguments
    spark: SparkSession
    glue: Any
    started: float

    def log(self, message: str) -> None:
        """One line in the run's output."""
        print(f"{self.name}: {message} [{time.time() - self.started:.1f} s]", flush=True)


@contextmanager
def glue_job(argv: Sequence[str], arguments: type[Arguments]) -> Iterator[RunningJob[Arguments]]:
    """Parse, open Spark and the job, hand over, commit.

    Raises ArgumentError before Spark is started when an argument is missing or wrong, SpaceError instead of a Java stack
    trace when a disk is full.
    """
    started = time.time()
    resolved = _resolved(argv, arguments)
    args = parse_arguments(arguments, {name: text for name, text in resolved.items() if isinstance(text, str)})
    name = resolved["JOB_NAME"]

    from pyspark.context import SparkContext

    from awsglue.context import GlueContext
    from awsglue.job import Job

    glue = GlueContext(SparkContext.getOrCreate())
    spark = glue.spark_session
    for key, value in _SESSION.items():
        spark.conf.set(key, value)
    job = Job(glue)
    job.init(name, {key: value for key, value in resolved.items() if value is not None})
    running = RunningJob(name, resolved.get("JOB_RUN_ID"), args, spark, glue, started)
    running.log(f"begins: {args}")
    with _full_disks_named():
        yield running
    job.commit()
    running.log("committed")


@contextmanager
def _full_disks_named() -> Iterator[None]:
    from py4j.protocol import Py4JJavaError

    try:
        yield
    except (Py4JJavaError, ClientError, OSError) as error:
        full = _FULL_DISK.search(str(error))
        if full is None:
            raise
        raise SpaceError(full.group()) from error


def _resolved(argv: Sequence[str], arguments: type[JobArguments]) -> dict[str, Any]:
    """What Glue's own parser makes of the command line; only arguments that are there are asked of it."""
    from awsglue.utils import getResolvedOptions

    given = names_given(argv, ["JOB_NAME", *(field.name for field in argument_fields(arguments))])
    words = list(argv)
    if "JOB_NAME" not in given:
        words += ["--JOB_NAME", PurePosixPath(argv[0]).stem if argv and argv[0] else "job"]
    return dict(getResolvedOptions(words, ["JOB_NAME", *(name for name in given if name != "JOB_NAME")]))
