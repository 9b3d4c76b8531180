"""What arrived since the last run, appended."""

from __future__ import annotations

import sys

from pyspark.context import SparkContext

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import *  # noqa: F403
from awsglue.utils import getResolvedOptions

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

new = glueContext.create_dynamic_frame.from_options(
    "s3", {"paths": ["s3://input/events/"], "recurse": True}, format="json", transformation_ctx="events"
)
print("new:", new.count())
glueContext.write_dynamic_frame.from_options(new, "s3", {"path": "s3://output/events"}, format="parquet", transformation_ctx="sink")

job.commit()
