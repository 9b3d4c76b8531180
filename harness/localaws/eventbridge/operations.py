"""EventBridge's part in the life of the endpoint. Its operations are moto's: PutEvents reaches the targets by `bus`."""

from __future__ import annotations

from collections.abc import Mapping

from localaws.eventbridge.bus import Bus, reach_all_targets
from localaws.operation import Handler, ServiceContext

__all__ = ["OPERATIONS", "close_service", "open_service", "prepare"]

_REGION = "us-east-1"
OPERATIONS: Mapping[str, Handler] = {}
_buses: list[Bus] = []


def prepare() -> None:
    """Called before the journal is replayed."""
    reach_all_targets()


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: rules fire from now on."""
    _buses.append(Bus(context.home, context.endpoint_url, context.control_plane, _REGION))


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    for bus in _buses:
        bus.close()
    _buses.clear()
