"""A column of numbers and text is made whole, prices lose their sign, and fields are nested."""

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

from pyspark.sql.functions import udf  # noqa: E402
from pyspark.sql.types import StringType  # noqa: E402

from awsglue.dynamicframe import DynamicFrame  # noqa: E402

providers = glueContext.create_dynamic_frame.from_catalog(database="clinic", table_name="providers")
providers.printSchema()
known = providers.resolveChoice(specs=[("provider id", "cast:long")]).toDF().where("`provider id` is not null")
chop = udf(lambda text: text[1:], StringType())
priced = DynamicFrame.fromDF(known.withColumn("amount", chop(known["charges"])), glueContext, "priced")
nested = priced.apply_mapping(
    [
        ("provider id", "long", "provider.id", "long"),
        ("name", "string", "provider.name", "string"),
        ("amount", "string", "charge", "double"),
    ]
)
nested.show()
glueContext.write_dynamic_frame.from_options(nested, "s3", {"path": "s3://output/providers"}, format="parquet")

job.commit()
