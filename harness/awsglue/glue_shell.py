"""What an interactive session starts with: importing this makes `sc` and `glueContext`, as in the API."""

from __future__ import annotations

import platform

from pyspark.context import SparkContext

from awsglue.context import GlueContext

__all__ = ["glueContext", "sc", "welcome_msg"]

sc = SparkContext.getOrCreate()
glueContext = GlueContext(sc)
welcome_msg = "Glue on a plain Spark " + sc.version

print(welcome_msg)
print(f"Using Python version {platform.python_version()} ({', '.join(platform.python_build())})")
print("GlueContext available as glueContext.")
