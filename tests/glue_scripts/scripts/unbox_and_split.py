"""Text that holds JSON opened, rows and fields split, an odd one sampled."""

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

frame = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://input/boxed/"]}, format="json")
opened = Unbox.apply(frame=frame, path="body", format="json")  # noqa: F405
opened.printSchema()
parts = SplitRows.apply(opened, {"n": {">": 1}}, "large", "small")  # noqa: F405
print({name: parts.select(name).count() for name in parts})
flat = UnnestFrame.apply(parts.select("large"))  # noqa: F405
Spigot.apply(flat, "s3://output/sample", {"topk": 1})  # noqa: F405
print(SplitFields.apply(flat, ["n"], "numbers", "rest").select("rest").toDF().columns)  # noqa: F405

job.commit()
