"""SQL over a view, and what a filter by expression leaves."""

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

from awsglue import DynamicFrame  # noqa: E402

frame = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://input/events/"], "recurse": True}, format="json")
frame.toDF().createOrReplaceTempView("events")
counted = DynamicFrame.fromDF(spark.sql("select count(*) as n, max(at) as latest from events"), glueContext, "counted")
counted.show()

job.commit()
