"""The endpoint talks to this machine only, whoever's credentials are in the environment."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
import urllib.parse
from pathlib import Path

from endpoint_process import CHECKOUT, EndpointProcess

REAL = {
    "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
    "AWS_SECRET_ACCESS_KEY": "realsecretrealsecret",
    "AWS_SESSION_TOKEN": "realtoken",
    "AWS_PROFILE": "prod",
}


def in_process(program: str) -> str:
    environment = {"PYTHONPATH": str(CHECKOUT / "harness"), **REAL, "https_proxy": "http://192.0.2.1:3128"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_connections_to_other_machines_are_refused_and_to_this_one_are_not() -> None:
    assert (
        in_process("""
        import socket
        from localaws.errors import LoopbackOnlyError
        from localaws.loopback import stay_on_loopback
        server = socket.create_server(("127.0.0.1", 0))
        stay_on_loopback()
        socket.create_connection(server.getsockname(), timeout=5).close()
        for attempt in (
            lambda: socket.create_connection(("192.0.2.1", 443), timeout=5),
            lambda: socket.getaddrinfo("glue.us-east-1.amazonaws.com", 443),
            lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
        ):
            try:
                attempt()
                print("connected")
            except LoopbackOnlyError:
                print("refused")
    """).split()
        == ["refused"] * 3
    )


def test_real_credentials_are_forgotten() -> None:
    output = in_process("""
        import os
        from localaws.loopback import forget_real_credentials
        forget_real_credentials()
        import boto3
        print(boto3.session.Session().get_credentials().get_frozen_credentials(), dict(os.environ))
    """)
    assert "real" not in output.lower()
    assert "192.0.2.1" not in output


def test_an_endpoint_started_with_real_credentials_neither_keeps_nor_shows_them(tmp_path: Path) -> None:
    endpoint = EndpointProcess(tmp_path / "home", REAL).start()
    try:
        endpoint.client("glue").create_database(DatabaseInput={"Name": "d"})
        kept = b"".join(path.read_bytes() for path in endpoint.home.rglob("*") if path.is_file())
        assert b"realsecret" not in kept
        port = urllib.parse.urlsplit(endpoint.url).port
        addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)} - {"127.0.0.1", "127.0.1.1"}
        for address in addresses:
            with socket.socket() as other:
                other.settimeout(2)
                assert other.connect_ex((address, port)) != 0
    finally:
        endpoint.stop()
