"""Where moto answers otherwise than AWS: its back ends, mended in the endpoint's process before the first call.

A mend changes what moto keeps or says, so that it is journaled, replayed and locked as everything of moto's is. Each module is
one service and has `mend(home)`. What executes something is no mend: it is a handler (`localaws.services`).
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["mend"]


def mend(home: Path) -> None:
    """Mend every service, for the endpoint of `home`. moto's modules are imported here, so this comes after `MotoApp`."""
    from localaws.moto_mends import athena, cloudwatch, dms, ec2, emr_serverless, glue, glue_registry, rds, redshift, s3, secretsmanager

    for service in (athena, cloudwatch, dms, ec2, emr_serverless, glue, glue_registry, rds, redshift, s3, secretsmanager):
        service.mend(home)
