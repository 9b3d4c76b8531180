"""CloudWatch's part in the life of the endpoint. Its operations are moto's: the watcher looks at the alarms that moto keeps."""

from __future__ import annotations

from localaws.cloudwatch.watcher import Watcher
from localaws.operation import ServiceContext

__all__ = ["close_service", "open_service"]

_watchers: list[Watcher] = []


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: alarms are evaluated from now on."""
    _watchers.append(Watcher(context.home, context.endpoint_url, context.control_plane))


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    for watcher in _watchers:
        watcher.close()
    _watchers.clear()
