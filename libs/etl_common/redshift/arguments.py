"""Arguments of the jobs that talk to Redshift."""

from __future__ import annotations

from dataclasses import dataclass

import boto3

from etl_common.batch import LakeArguments
from etl_common.redshift.data_api import RedshiftDataApi, Target

__all__ = ["RedshiftArguments"]


@dataclass(frozen=True)
class RedshiftArguments(LakeArguments):
    """A serverless workgroup or a cluster, its database, the secret of the user, and the role that COPY assumes
    (`default`: the one attached to the warehouse)."""

    redshift_workgroup: str | None = "wholesale"
    redshift_cluster: str | None = None
    redshift_database: str = "warehouse"
    redshift_secret_id: str | None = None
    redshift_iam_role: str = "default"
    staging_bucket: str = "wholesale-staging"

    def data_api(self) -> RedshiftDataApi:
        """The Data API on this warehouse."""
        target = Target(self.redshift_database, self.redshift_workgroup, self.redshift_cluster, self.redshift_secret_id)
        return RedshiftDataApi(boto3.client("redshift-data"), target)
