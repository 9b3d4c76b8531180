"""The sources' HTTP API as an engine: `python -m simulator.api_server`."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping

from localaws.engines.base import Command, Engine
from localaws.ports import LOOPBACK

__all__ = ["SourceApiEngine"]


class SourceApiEngine(Engine):
    """Serves exchange rates and shipment events from the simulator's folder."""

    name = "source-api"

    @property
    def endpoint(self) -> str:
        """http://127.0.0.1:<port>"""
        return f"http://{LOOPBACK}:{self.ports['main']}"

    def install(self) -> None:
        """An empty source folder serves nothing yet, and that is right."""
        self.home.source.mkdir(parents=True, exist_ok=True)

    def command(self, ports: Mapping[str, int]) -> Command:
        """The server; the token is in a file, so that no command line shows it."""
        arguments = ["--folder", str(self.home.source), "--port", str(ports["main"]), "--token-file", str(self.home.api_token_file)]
        return Command([sys.executable, "-m", "simulator.api_server", *arguments])

    def is_healthy(self, ports: Mapping[str, int]) -> bool:
        """Whether it answers HTTP at all: without a token the right answer is a refusal."""
        with socket.create_connection((LOOPBACK, ports["main"]), timeout=3) as connection:
            connection.sendall(b"GET /v1/currencies HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
