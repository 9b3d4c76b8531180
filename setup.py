"""What ships to Glue: the packages etl_common and wholesale, and nothing of the harness."""

from __future__ import annotations

from setuptools import find_packages, setup

setup(
    name="wholesale-etl",
    version="0.1.0",
    description="Transform library and warehouse declarations of the wholesale Glue jobs",
    python_requires=">=3.11",
    package_dir={"": "libs"},
    packages=find_packages("libs", include=["etl_common", "etl_common.*", "wholesale", "wholesale.*"]),
    zip_safe=True,
)
