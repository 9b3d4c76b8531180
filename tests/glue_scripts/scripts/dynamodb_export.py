"""A table of DynamoDB as files: whole, without wrappers."""

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

export = {
    "dynamodb.export": "ddb",
    "dynamodb.tableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/orders",
    "dynamodb.unnestDDBJson": True,
}
frame = glueContext.create_dynamic_frame.from_options(connection_type="dynamodb", connection_options=export)
frame.show()
glueContext.write_dynamic_frame.from_options(frame, "s3", {"path": "s3://output/orders"}, format="json")

job.commit()
