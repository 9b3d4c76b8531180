"""Glue job: the warehouse's schemas, tables, views and grants.

Reads   the SQL files of the scripts bucket below --sql_prefix, in folders that begin with a number
Writes  Redshift: what is new or changed, and ops.migration; one run at a time, since statements such as CREATE GROUP know no IF NOT EXISTS
Arguments  --redshift_*, --scripts_bucket, --sql_prefix, the lease
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

import boto3

from etl_common.arguments import LeaseArguments
from etl_common.batch import leased
from etl_common.exceptions import ConfigurationError
from etl_common.job import glue_job
from etl_common.objects import list_objects
from etl_common.redshift.arguments import RedshiftTarget
from etl_common.redshift.migrate import SqlFile, migrate

_MIGRATION = re.compile(r"^\d\d_[^/]+/[^/]+\.sql$")


@dataclass(frozen=True)
class Arguments(RedshiftTarget, LeaseArguments):
    """What Glue passes."""

    scripts_bucket: str = "wholesale-scripts"
    sql_prefix: str = "sql/redshift/"


def main(argv: list[str]) -> None:
    with glue_job(argv, Arguments) as job, leased(job, "migrations"):
        files = read_files(job.args.scripts_bucket, job.args.sql_prefix)
        applied = migrate(job.args.data_api(), files)
        job.log(f"{len(files)} files, applied: {', '.join(applied) or 'none, all were'}")


def read_files(bucket: str, prefix: str) -> list[SqlFile]:
    """The migrations. Raises ConfigurationError when there are none."""
    s3 = boto3.client("s3")
    keys = [item["Key"] for item in list_objects(s3, bucket, prefix) if _MIGRATION.match(item["Key"].removeprefix(prefix))]
    if not keys:
        raise ConfigurationError(f"s3://{bucket}/{prefix} has no migrations (NN_name/file.sql): upload sql/redshift there.")
    return [SqlFile(key.removeprefix(prefix), s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()) for key in keys]


if __name__ == "__main__":
    main(sys.argv)
