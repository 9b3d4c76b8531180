"""An endpoint of a test's own: started, killed and started again on one home."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

CHECKOUT = Path(__file__).resolve().parents[3]


class EndpointProcess:
    """`python -m localaws.server` on a home."""

    def __init__(self, home: Path, environment: dict[str, str] | None = None) -> None:
        self.home = home
        self.environment = environment or {}
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> EndpointProcess:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(CHECKOUT / name) for name in ("libs", "harness")),
            **self.environment,
        }
        command = [sys.executable, "-m", "localaws.server", "--home", str(self.home), "--port", "0"]
        self.home.mkdir(parents=True, exist_ok=True)
        with open(self.home / "server.log", "a", encoding="utf-8") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("listening on "), (line, self.log)
        self.url = line.split()[-1]
        return self

    @property
    def log(self) -> str:
        return (self.home / "server.log").read_text("utf-8")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def client(self, service: str, **config: Any) -> Any:
        session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        settings = Config(retries={"total_max_attempts": 1}, proxies={}, inject_host_prefix=False, **config)
        return session.client(service, endpoint_url=self.url, config=settings)
