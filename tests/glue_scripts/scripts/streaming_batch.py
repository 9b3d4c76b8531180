"""Files as they arrive, batch by batch; the stream is stopped from outside when it has seen them."""

from __future__ import annotations

import sys
import threading

from pyspark.context import SparkContext

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.utils import getResolvedOptions

args = getResolvedOptions(sys.argv, ["JOB_NAME", "TempDir"])
glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)


def process(data_frame, batch_id):
    frame = DynamicFrame.fromDF(data_frame, glueContext, "batch")
    print("batch", batch_id, "has", frame.count())
    threading.Timer(0.1, lambda: [query.stop() for query in spark.streams.active]).start()


stream = spark.readStream.schema("id string, at string").json("s3://input/events/2026/")
glueContext.forEachBatch(
    frame=stream, batch_function=process, options={"windowSize": "1 second", "checkpointLocation": args["TempDir"] + "/checkpoint/"}
)
job.commit()
