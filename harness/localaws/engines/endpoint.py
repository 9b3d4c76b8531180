"""The local AWS endpoint as an engine: `python -m localaws.server`."""

from __future__ import annotations

import os
import sys
import urllib.request
from collections.abc import Mapping

from localaws.engines.base import Command, Engine
from localaws.glue.python_modules import PIP_SETTINGS, pip_settings
from localaws.iam.setting import SETTING
from localaws.ports import LOOPBACK

__all__ = ["EndpointEngine"]

NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class EndpointEngine(Engine):
    """What `AWS_ENDPOINT_URL` names."""

    name = "endpoint"

    @property
    def endpoint(self) -> str:
        """http://127.0.0.1:<port>"""
        return f"http://{LOOPBACK}:{self.ports['main']}"

    def install(self) -> None:
        """Nothing to prepare: the server makes its folders."""

    def command(self, ports: Mapping[str, int]) -> Command:
        """The server."""
        argv = [sys.executable, "-m", "localaws.server", "--home", str(self.home.root), "--port", str(ports["main"])]
        # pip's settings are for the job runs that it starts.
        return Command(argv, env={PIP_SETTINGS: pip_settings(), SETTING: os.environ.get(SETTING, "")})

    def is_healthy(self, ports: Mapping[str, int]) -> bool:
        """Whether it answers; an HTTP error raises, and is an OSError."""
        with NO_PROXY.open(f"http://{LOOPBACK}:{ports['main']}/_etl/health", timeout=3) as answer:
            return bool(answer.status == 200)
