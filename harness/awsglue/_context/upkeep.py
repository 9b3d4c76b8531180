"""What `GlueContext` does beside reading and writing: stored files, streams, connections, transactions."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from awsglue._storage import connections, purge, streaming
from awsglue.dynamicframe import DynamicFrame
from awsglue.exceptions import NotSupportedError
from awsglue.gluetypes import DataType

__all__ = ["UpkeepContext"]

_NO_TRANSACTIONS = "AWS ended governed tables in 2024: use Iceberg tables, whose writes are transactions."


class UpkeepContext:
    """Calls on stored files and on streams."""

    spark_session: Any

    def convert_resolve_option(self, path, action, target):
        """(path, action) of resolveChoice that an option of toDF means."""
        if action.upper() == "KEEPASSTRUCT":
            return path, "make_struct"
        if action.upper() != "PROJECT":
            raise ValueError(f"Invalid resolve action {action}. Action must be one of KeepAsStruct and Project.")
        if not isinstance(target, DataType):
            raise ValueError("Target type must be specified with project action.")
        return path, f"project:{target.typeName()}"

    def extract_jdbc_conf(self, connection_name, catalog_id=None):
        """`user`, `password`, `vendor`, `url` and `fullUrl` of a connection of the catalog."""
        return connections.jdbc_conf(connection_name, catalog_id)

    def purge_table(self, database, table_name, options={}, transformation_ctx="", catalog_id=None):  # noqa: B006
        """Deletes old files of a table and, with the last file of a partition, the partition."""
        purge.purge_table(self.spark_session, database, table_name, options, catalog_id)

    def purge_s3_path(self, s3_path, options={}, transformation_ctx=""):  # noqa: B006
        """Deletes old files below a path: those older than `retentionPeriod` hours, a week by default."""
        purge.purge_path(s3_path, options)

    def transition_table(self, database, table_name, transition_to, options={}, transformation_ctx="", catalog_id=None):  # noqa: B006
        """Gives the files of a table another storage class."""
        purge.transition_table(self.spark_session, database, table_name, transition_to, options, catalog_id)

    def transition_s3_path(self, s3_path, transition_to, options={}, transformation_ctx=""):  # noqa: B006
        """Gives the files below a path another storage class."""
        purge.transition_path(s3_path, transition_to, options)

    def getSampleStreamingDynamicFrame(self, frame, options={}, batch_function=None):  # noqa: B006
        """What a stream brings in `pollingTimeInMs`, at most `recordPollingLimit` records, as a frame."""
        if "windowSize" not in options:
            raise ValueError("Missing windowSize argument")
        polling = int(options.get("pollingTimeInMs", 10000))
        if streaming.milliseconds(options["windowSize"]) >= polling:
            raise ValueError("Polling time needs to be larger than window size")
        name = uuid4().hex
        writer = frame.writeStream.trigger(processingTime=options["windowSize"]).queryName(name).format("memory")
        query = (writer.foreachBatch(batch_function) if batch_function is not None else writer).start()
        time.sleep(polling / 1000)
        query.stop()
        limit = int(options.get("recordPollingLimit", 100))
        return DynamicFrame.fromDF(self.spark_session.table(name).limit(limit), self, name)

    def forEachBatch(self, frame, batch_function, options={}):  # noqa: B006
        """Calls `batch_function(frame, id)` for each batch of a streaming frame that has records."""
        streaming.for_each_batch(self, frame, batch_function, options)

    def add_ingestion_time_columns(self, frame, time_granularity):
        """The frame and the time of ingestion as columns, down to `day`, `hour` or `minute`."""
        return streaming.with_ingestion_time(frame, time_granularity)

    def start_transaction(self, read_only):
        raise NotSupportedError("GlueContext.start_transaction", _NO_TRANSACTIONS)

    def commit_transaction(self, transaction_id, wait_for_commit=True):
        raise NotSupportedError("GlueContext.commit_transaction", _NO_TRANSACTIONS)

    def cancel_transaction(self, transaction_id):
        raise NotSupportedError("GlueContext.cancel_transaction", _NO_TRANSACTIONS)
