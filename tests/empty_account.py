"""An AWS account with nothing in it: moto's own server on loopback, in the test's process."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["empty_account"]


@contextmanager
def empty_account() -> Iterator[str]:
    """The server's URL. Servers of one process share what moto keeps, so what other modules left is forgotten first."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()
        yield url
    finally:
        server.stop()
