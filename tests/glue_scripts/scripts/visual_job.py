"""What the visual editor writes: derived columns, a filter by lambda, an aggregate, rules."""

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

from pyspark.sql import functions as SqlFuncs  # noqa: E402

import gs_concat  # noqa: E402, F401
import gs_derived  # noqa: E402, F401
from awsglue.dynamicframe import DynamicFrame  # noqa: E402
from awsgluedq.transforms import EvaluateDataQuality  # noqa: E402

RULES = """
    Rules = [ RowCount > 1, IsComplete "full", ColumnValues "price" > 0 ]
"""


def sparkAggregate(glueContext, parentFrame, groups, aggs, transformation_ctx) -> DynamicFrame:
    functions = [getattr(SqlFuncs, function)(column) for column, function in aggs]
    return DynamicFrame.fromDF(parentFrame.toDF().groupBy(*groups).agg(*functions), glueContext, transformation_ctx)


source = glueContext.create_dynamic_frame.from_options(
    format_options={"quoteChar": '"', "withHeader": True, "separator": ",", "optimizePerformance": False},
    connection_type="s3", format="csv", connection_options={"paths": ["s3://input/sales/"], "recurse": True}, transformation_ctx="source",
)  # fmt: skip
typed = ApplyMapping.apply(  # noqa: F405
    frame=source,
    mappings=[("shop", "string", "shop", "string"), ("item", "string", "item", "string"), ("price", "string", "price", "double")],
)
derived = typed.gs_derived(colName="gross", expr="price * 1.2").gs_concat(colName="full", colList=["shop", "item"], spacer="/")
kept = Filter.apply(frame=derived, f=lambda row: row["price"] > 1 and row["shop"] != "closed")  # noqa: F405
outcomes = EvaluateDataQuality().process_rows(
    frame=kept, ruleset=RULES, publishing_options={"dataQualityEvaluationContext": "visual", "enableDataQualityResultsPublishing": True},
    additional_options={"dataQualityResultsPublishing.strategy": "BEST_EFFORT", "observations.scope": "ALL"},
)  # fmt: skip
SelectFromCollection.apply(dfc=outcomes, key="ruleOutcomes").toDF().select("Rule", "Outcome").show(truncate=False)  # noqa: F405
sparkAggregate(glueContext, kept, ["shop"], [["gross", "sum"]], "sums").toDF().orderBy("shop").show()

job.commit()
