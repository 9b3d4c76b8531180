"""The log of connections: one line of JSON for each that was begun, let in, refused or ended, in a file for each day.

What STL_CONNECTION_LOG calls events; `localaws.redshiftaudit` writes the connection log of it. Sessions are processes of their own, so
a line is one write at the file's end.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localaws.redshift.wire.client import Client

__all__ = ["ConnectionLog", "asked_by", "folder_of"]


def folder_of(engine_folder: Path) -> Path:
    """Where the files are, below the folder of the engine."""
    return engine_folder / "connections"


@dataclass
class ConnectionLog:
    """The events of one connection."""

    folder: Path
    client: Client
    begun: float = field(default_factory=time.time)
    about: dict[str, Any] = field(default_factory=dict)

    def tell(self, event: str, **facts: Any) -> None:
        """Write one event; what is once known of the connection is in the later ones too."""
        self.about |= facts
        now, peer = time.time(), ("", "")
        with contextlib.suppress(OSError):
            peer = self.client.socket.getpeername()[:2]
        line = {
            "event": event, "time": now, "host": peer[0], "port": str(peer[1]), "encrypted": self.client.encrypted,
            "microseconds": int((now - self.begun) * 1e6) if event == "disconnecting session" else 0, **self.about,
        }  # fmt: skip
        self.folder.mkdir(parents=True, exist_ok=True)
        data = (json.dumps(line) + "\n").encode()
        handle = os.open(self.folder / f"{datetime.now(UTC):%Y-%m-%d}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, data)
        finally:
            os.close(handle)


def asked_by(user: str, database: str, settings: Mapping[str, str], driver: str) -> dict[str, str]:
    """What a client says of itself when it begins."""
    return {"user": user, "database": database, "application": settings.get("application_name", ""), "driver": driver}
