"""Arguments of the jobs that talk to Redshift."""

from __future__ import annotations

from dataclasses import dataclass

import boto3

from etl_common.arguments import JobArguments
from etl_common.batch import LakeArguments
from etl_common.redshift.data_api import RedshiftDataApi, Target

__all__ = ["RedshiftArguments", "RedshiftTarget"]


@dataclass(frozen=True)
class RedshiftTarget(JobArguments):
    """A serverless workgroup or a cluster, its database, and the secret of the user."""

    redshift_workgroup: str | None = "wholesale"
    redshift_cluster: str | None = None
    redshift_database: str = "warehouse"
    redshift_secret_id: str | None = None

    def data_api(self) -> RedshiftDataApi:
        """The Data API on this warehouse."""
        target = Target(self.redshift_database, self.redshift_workgroup, self.redshift_cluster, self.redshift_secret_id)
        return RedshiftDataApi(boto3.client("redshift-data"), target)


@dataclass(frozen=True)
class RedshiftArguments(RedshiftTarget, LakeArguments):
    """Of a batch job. redshift_iam_role: the role that COPY assumes; `default` is the one attached to the warehouse."""

    redshift_iam_role: str = "default"
    staging_bucket: str = "wholesale-staging"
