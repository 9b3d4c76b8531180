"""Records changed by a function; those on which it fails are kept aside."""

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


def halved(record):
    record["half"] = record["id"] // 2
    return record


frame = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://input/mixed/"]}, format="json")
mapped = Map.apply(frame=frame, f=halved, transformation_ctx="halved")  # noqa: F405
print("good:", mapped.count(), "failed:", mapped.errorsCount())
ErrorsAsDynamicFrame.apply(mapped).toDF().select("error.msg").show(truncate=False)  # noqa: F405

job.commit()
