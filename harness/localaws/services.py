"""Which modules answer for a service, before moto does. A module has `OPERATIONS`, and may have `prepare`, `open_service`
and `close_service`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import ModuleType

from localaws.operation import Handler

__all__ = ["SERVICES", "handlers", "modules"]

SERVICES: Mapping[str, tuple[str, ...]] = {
    "athena": ("localaws.athena.operations",),
    "glue": (
        "localaws.glue.operations",
        "localaws.glue.job_runs",
        "localaws.crawler.operations",
        "localaws.crawler.classifiers",
    ),
    "lambda": ("localaws.awslambda.operations",),
    "redshift": ("localaws.redshiftlogin.operations",),
    "redshift-data": ("localaws.redshiftdata.operations",),
    "redshift-serverless": ("localaws.redshiftlogin.serverless",),
    "stepfunctions": ("localaws.stepfunctions.operations",),
}
"""botocore's name of a service, and the modules whose tables are merged. S3 has a table of its own (`localaws.s3.operations`)."""


def modules() -> list[ModuleType]:
    """Every module of the table, imported."""
    return [importlib.import_module(name) for names in SERVICES.values() for name in names]


def handlers() -> dict[tuple[str, str], Handler]:
    """(service, operation) to handler. Two modules that claim one operation are a mistake of ours and stop the start."""
    table: dict[tuple[str, str], Handler] = {}
    for service, names in SERVICES.items():
        for name in names:
            for operation, handler in importlib.import_module(name).OPERATIONS.items():
                if (service, operation) in table:
                    raise ValueError(f"{name} claims {service}:{operation}, which another module of localaws.services has already.")
                table[service, operation] = handler
    return table
