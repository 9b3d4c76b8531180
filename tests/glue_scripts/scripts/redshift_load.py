"""Orders of files merged into a table of Redshift: staged by COPY, and in the same transaction old rows are replaced by new ones."""

from __future__ import annotations

import sys

from pyspark.context import SparkContext

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import ApplyMapping
from awsglue.utils import getResolvedOptions

args = getResolvedOptions(sys.argv, ["JOB_NAME", "TempDir", "CONNECTION"])
glueContext = GlueContext(SparkContext.getOrCreate())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

orders = glueContext.create_dynamic_frame.from_options(
    connection_type="s3",
    connection_options={"paths": ["s3://lake/orders/"]},
    format="csv",
    format_options={"withHeader": True},
    transformation_ctx="orders",
)
typed = ApplyMapping.apply(frame=orders, mappings=[("id", "string", "id", "long"), ("total", "string", "amount", "decimal(10,2)")])
before = """
    CREATE TABLE IF NOT EXISTS public.orders (id BIGINT, amount DECIMAL(10,2));
    DROP TABLE IF EXISTS public.orders_stage;
    CREATE TABLE public.orders_stage (LIKE public.orders);
"""
after = """
    BEGIN;
    DELETE FROM public.orders USING public.orders_stage WHERE orders.id = orders_stage.id;
    INSERT INTO public.orders SELECT * FROM public.orders_stage;
    DROP TABLE public.orders_stage;
    END;
"""
glueContext.write_dynamic_frame.from_jdbc_conf(
    frame=typed,
    catalog_connection=args["CONNECTION"],
    connection_options={"database": "warehouse", "dbtable": "public.orders_stage", "preactions": before, "postactions": after},
    redshift_tmp_dir=args["TempDir"],
    transformation_ctx="redshift",
)
print("loaded", typed.count())
job.commit()
