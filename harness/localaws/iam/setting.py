"""Whether the endpoint enforces policies: the variable `ETL_IAM` of its environment, `off` (by default) or `enforce`."""

from __future__ import annotations

from collections.abc import Mapping

from localaws.errors import EndpointSettingError

__all__ = ["SETTING", "is_enforced"]

SETTING = "ETL_IAM"
_SETTINGS = {"": False, "off": False, "enforce": True}


def is_enforced(environment: Mapping[str, str]) -> bool:
    """What the environment says.

    Raises:
        EndpointSettingError: it says neither `off` nor `enforce`.
    """
    value = environment.get(SETTING, "")
    if value not in _SETTINGS:
        raise EndpointSettingError(SETTING, value, "off or enforce")
    return _SETTINGS[value]
