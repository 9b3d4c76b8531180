"""Which modules answer for a service, before moto does.

A module has `OPERATIONS` (handlers that answer), `GUARDS` (checks before moto keeps what stands for an engine that runs), or both,
and may have `prepare`, `open_service` and `close_service`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from localaws.operation import Guard, Handler

__all__ = ["SERVICES", "guards", "handlers", "modules"]

SERVICES: Mapping[str, tuple[str, ...]] = {
    "athena": ("localaws.athena.operations",),
    "cloudtrail": ("localaws.cloudtrail.operations",),
    "cloudwatch": ("localaws.cloudwatch.operations",),
    "dms": ("localaws.dms.operations", "localaws.dms.events"),
    "emr-serverless": ("localaws.emrserverless.operations",),
    "events": ("localaws.eventbridge.operations",),
    "glue": (
        "localaws.glue.operations",
        "localaws.glue.job_runs",
        "localaws.glue.bookmarks",
        "localaws.glue.trigger_definitions",
        "localaws.glue.workflows",
        "localaws.glue.quality",
        "localaws.glue.search",
        "localaws.glue.registry",
        "localaws.glue.partitions",
        "localaws.glue.partition_indexes",
        "localaws.glue.column_statistics",
        "localaws.crawler.operations",
        "localaws.crawler.classifiers",
    ),
    "iam": ("localaws.iam.operations",),
    "lakeformation": ("localaws.lakeformation.operations",),
    "lambda": ("localaws.awslambda.operations",),
    "rds": ("localaws.rds.operations",),
    "redshift": ("localaws.redshiftcluster.operations", "localaws.redshiftlogin.operations", "localaws.redshiftaudit.exports"),
    "redshift-data": ("localaws.redshiftdata.operations",),
    "redshift-serverless": ("localaws.redshiftlogin.serverless", "localaws.redshiftserverless.operations"),
    "scheduler": ("localaws.scheduler.operations",),
    "secretsmanager": ("localaws.secretrotation.operations",),
    "stepfunctions": ("localaws.stepfunctions.operations", "localaws.stepfunctions.definitions"),
    "sts": ("localaws.iam.sts",),
}
"""botocore's name of a service, and the modules whose tables are merged. S3 has a table of its own (`localaws.s3.operations`)."""


def modules() -> list[ModuleType]:
    """Every module of the table, imported."""
    return [importlib.import_module(name) for names in SERVICES.values() for name in names]


def handlers() -> dict[tuple[str, str], Handler]:
    """(service, operation) to handler. Two modules that claim one operation are a mistake of ours and stop the start."""
    return _table("OPERATIONS")


def guards() -> dict[tuple[str, str], Guard]:
    """(service, operation) to guard, likewise."""
    return _table("GUARDS")


def _table(attribute: str) -> dict[tuple[str, str], Any]:
    table: dict[tuple[str, str], Any] = {}
    for service, names in SERVICES.items():
        for name in names:
            for operation, function in getattr(importlib.import_module(name), attribute, {}).items():
                if (service, operation) in table:
                    raise ValueError(f"{name} claims {service}:{operation}, which another module of localaws.services has already.")
                table[service, operation] = function
    return table
