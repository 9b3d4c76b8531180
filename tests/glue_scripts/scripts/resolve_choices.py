"""One choice, resolved in four ways."""

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

frame = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://input/mixed/"]}, format="json")
for action in ("cast:long", "project:int", "make_cols", "make_struct"):
    resolved = frame.resolveChoice(specs=[("id", action)])
    print(action)
    resolved.show()

job.commit()
