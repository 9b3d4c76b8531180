"""Amazon Redshift through its Data API: statements, migrations, and the load of a batch."""

from __future__ import annotations

from etl_common.redshift.arguments import RedshiftArguments
from etl_common.redshift.data_api import RedshiftDataApi, Target
from etl_common.redshift.load import LoadLedger, load_batch
from etl_common.redshift.migrate import migrate

__all__ = ["LoadLedger", "RedshiftArguments", "RedshiftDataApi", "Target", "load_batch", "migrate"]
