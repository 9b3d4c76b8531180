"""`python -m localaws.server --home DIR --port N`: the local AWS endpoint, one process on loopback.

The HTTP server is cheroot: threads, keep-alive, streamed bodies (`docs/decisions/0005-endpoint-server.md` has the measurements).
One thing is ours: headers with an underscore in their name are kept, since names of S3 metadata have them.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localaws.loopback import forget_real_credentials, stay_on_loopback
from localaws.time_zones import provide_zone_files

__all__ = ["main", "serve"]

_THREADS = 24
_LOG = logging.getLogger("localaws")


def main(argv: list[str]) -> None:
    """Parse the arguments and serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m localaws.server", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of the local state")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    serve(arguments.home.resolve(), arguments.port)


def serve(home: Path, port: int) -> None:
    """Replay the journal, open the services, and answer requests. Returns when SIGTERM or SIGINT came."""
    forget_real_credentials()
    stay_on_loopback()
    provide_zone_files()
    from localaws.cloudtrail.operations import history_of
    from localaws.control_plane import ControlPlane
    from localaws.iam.gate import Gate
    from localaws.iam.setting import is_enforced
    from localaws.journal import Journal
    from localaws.moto_mends import mend
    from localaws.operation import ServiceContext
    from localaws.router import Router
    from localaws.s3.service import restore_folders
    from localaws.services import guards, handlers, modules
    from localaws.spark_settings import write_mounts

    enforced = is_enforced(os.environ)
    home.mkdir(parents=True, exist_ok=True)
    lock = _lock_home(home)
    control_plane = ControlPlane(Journal(home / "endpoint" / "journal.jsonl"))
    mend(home)  # after moto's clock was replaced, which its modules take over when they are imported
    table, loaded = handlers(), modules()
    for module in loaded:
        if hasattr(module, "prepare"):
            module.prepare()
    control_plane.replay(_replay_hooks())
    restore_folders(home, control_plane)
    write_mounts(home)
    serialized = {("glue", name) for module in loaded for name in getattr(module, "SERIALIZED", ())}
    router = Router(home, control_plane, table, serialized, guards(), Gate(home) if enforced else None, history_of(home))
    server = _server(router, port)
    server.prepare()
    bound = server.bind_addr[1]
    router.endpoint_url = f"http://127.0.0.1:{bound}"
    control_plane.host = f"127.0.0.1:{bound}"
    _announce(home, router.endpoint_url)
    _stop_on_signal(server)
    context = ServiceContext(home, router.endpoint_url, control_plane.client)
    for module in loaded:
        if hasattr(module, "open_service"):
            threading.Thread(target=module.open_service, args=(context,), name=f"open {module.__name__}", daemon=True).start()
    router.retention.keep_running()
    try:
        server.serve()
    finally:
        router.retention.close()
        for module in loaded:
            if hasattr(module, "close_service"):
                module.close_service()
        os.close(lock)


def _replay_hooks() -> Mapping[tuple[str, str], Any]:
    from localaws.glue.operations import REPLAY_HOOKS

    return {("glue", operation): hook for operation, hook in REPLAY_HOOKS.items()}


def _server(application: Any, port: int) -> Any:
    from cheroot.server import HeaderReader, HTTPRequest, KnownLengthRFile
    from cheroot.wsgi import Gateway_10, Server

    from localaws.http import RAW_HEADERS
    from localaws.request_body import SocketBody

    class Gateway(Gateway_10):
        """Adds the headers as they were sent."""

        def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
            environ: dict[str, Any] = super().get_environ()
            environ[RAW_HEADERS] = [
                (name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in self.req.inheaders.items()
            ]
            if isinstance(self.req.rfile, KnownLengthRFile):
                environ["wsgi.input"] = SocketBody(self.req.rfile, self.req.conn)
            return environ

    HTTPRequest.header_reader = HeaderReader()  # cheroot's default drops names with underscores
    server = Server(("127.0.0.1", port), application, numthreads=_THREADS, request_queue_size=128, timeout=60, server_name="localaws")
    server.gateway = Gateway
    server.max_request_header_size = 64 * 1024
    return server


def _lock_home(home: Path) -> int:
    """One endpoint per home: two would write one journal."""
    import fcntl

    from localaws.errors import JournalError

    folder = home / "endpoint"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise JournalError(f"Another endpoint serves {home}. Stop it (`./etl down`), or give another home.") from None
    return descriptor


def _announce(home: Path, url: str) -> None:
    address = home / "endpoint" / "address.json"
    temporary = address.with_suffix(".new")
    temporary.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    os.replace(temporary, address)
    print(f"listening on {url}", flush=True)


def _stop_on_signal(server: Any) -> None:
    def stop(number: int, frame: Any) -> None:
        threading.Thread(target=server.stop, name="stop").start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


if __name__ == "__main__":
    main(sys.argv[1:])
