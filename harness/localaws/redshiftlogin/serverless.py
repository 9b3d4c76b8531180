"""GetCredentials under the name of the service redshift-serverless."""

from __future__ import annotations

from localaws.redshiftlogin.operations import SERVERLESS_OPERATIONS as OPERATIONS

__all__ = ["OPERATIONS"]
