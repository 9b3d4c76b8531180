"""Where and as whom a run calls AWS, for its Python workers: they belong to the driver, whose environment may be another's."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["account_of"]


def account_of(service: str) -> dict[str, Any]:
    """What `boto3.client` needs in a worker to be this run's client of the service."""
    import boto3

    session = boto3.Session()
    found = session.get_credentials()
    keys = found.get_frozen_credentials() if found is not None else None
    own = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
    settings = {
        "endpoint_url": os.environ.get(own) or os.environ.get("AWS_ENDPOINT_URL"),
        "region_name": session.region_name,
        "aws_access_key_id": keys.access_key if keys else None,
        "aws_secret_access_key": keys.secret_key if keys else None,
        "aws_session_token": keys.token if keys else None,
    }
    return {name: value for name, value in settings.items() if value}
