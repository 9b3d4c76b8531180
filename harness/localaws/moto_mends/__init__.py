"""Where moto answers otherwise than AWS: its back ends, mended in the endpoint's process before the first call.

A mend changes what moto keeps or says, so that it is journaled, replayed and locked as everything of moto's is. Each module is
one service and has `mend(home)`. What executes something is no mend: it is a handler (`localaws.services`).
"""

from __future__ import annotations

import importlib
from pathlib import Path

__all__ = ["MENDED", "mend"]

MENDED = ("athena", "dms", "ec2", "emr_serverless", "glue", "rds", "s3")


def mend(home: Path) -> None:
    """Mend every service, for the endpoint of `home`."""
    for name in MENDED:
        importlib.import_module(f"localaws.moto_mends.{name}").mend(home)
