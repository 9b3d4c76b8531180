"""`python -m localaws.redshift.wire.server --home DIR --port N`: the local Redshift, one process on loopback and one more for each session.

A process for each session, as PostgreSQL has it: a load that works hard, or a session that is killed, is no matter for the others.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import os
import secrets
import signal
import socket
import ssl
import sys
from pathlib import Path

import psycopg

from localaws.engines.postgres import PostgresEngine
from localaws.exceptions import LocalAwsError
from localaws.home import Home
from localaws.ports import LOOPBACK
from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.messages import redshift_error
from localaws.redshift.wire.certificates import server_context
from localaws.redshift.wire.client import Client, ClientGoneError
from localaws.redshift.wire.connections import ConnectionLog, asked_by, folder_of
from localaws.redshift.wire.historian import Historian
from localaws.redshift.wire.journal import Journal
from localaws.redshift.wire.local import LocalRunner
from localaws.redshift.wire.login import CancelRequest, LoginError, Startup, authenticate, greeting, read_startup
from localaws.redshift.wire.protocol import ProtocolError, error_response
from localaws.redshift.wire.relay import BackendGoneError, Relay
from localaws.time_zones import provide_zone_files

__all__ = ["main"]

_LOG = logging.getLogger("localaws.redshift")
_MOST_SESSIONS = 150
_LOGIN_SECONDS = 60


def main(argv: list[str]) -> None:
    """Parse the arguments and serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m localaws.redshift.wire.server", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of the local state")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(levelname)s %(message)s")
    provide_zone_files()
    _Server(Home(arguments.home.resolve()), arguments.port).serve()


class _Server:
    def __init__(self, home: Home, port: int) -> None:
        self.home = home
        self.folder = home.engines / "redshift"
        self.sessions = self.folder / "sessions"
        self.sessions.mkdir(parents=True, exist_ok=True)
        for left in self.sessions.iterdir():
            left.unlink()
        self.context = server_context(self.folder)
        self.port = port
        self.running: set[int] = set()
        self.historian, self.historian_pid = Historian(), 0

    def serve(self) -> None:
        """Until SIGTERM. Sessions end with it."""
        listener = socket.create_server((LOOPBACK, self.port), backlog=128)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
        signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes `accept`, so that children are reaped
        listener.settimeout(5)
        self.historian_pid = self.historian.start(PostgresEngine(self.home).conninfo)
        gc.collect()
        gc.freeze()  # children share what is here now
        try:
            while True:
                self._reap()
                with contextlib.suppress(TimeoutError):
                    self._accept(listener)
        finally:
            for pid in self.running:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            self.historian.close()  # it ends when it has written what the sessions sent

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        pid = os.fork()
        if pid:
            self.running.add(pid)
            connection.close()
            return
        status = 1
        try:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._session(Client(connection))
            status = 0
        except SystemExit:
            status = 0
        except BaseException:  # noqa: BLE001 - the end of the process: it is logged, and the parent goes on
            _LOG.exception("a session ended by a mistake of the endpoint")
        finally:
            logging.shutdown()
            os._exit(status)  # nothing of the parent's to clean up here

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                self.running.discard(pid)
                if pid == self.historian_pid:
                    _LOG.warning("the process that writes the query history ended: it is started again")
                    self.historian_pid = self.historian.start(PostgresEngine(self.home).conninfo)

    def _session(self, client: Client) -> None:
        client.socket.settimeout(_LOGIN_SECONDS)
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        log = ConnectionLog(folder_of(self.folder), client)
        try:
            startup = read_startup(client, self.context)
            if isinstance(startup, CancelRequest):
                return self._cancel(startup)
            log.about = asked_by(startup.user, startup.database, startup.settings, startup.driver)
            log.tell("initiating session", pid=os.getpid())
            if len(self.running) >= _MOST_SESSIONS:
                raise RedshiftError(f"connection limit {_MOST_SESSIONS} exceeded for non-bootstrap users", "53300")
            engine = PostgresEngine(self.home)
            connection = authenticate(client, startup, engine.conninfo(), self.home.credentials.redshift_password, self.folder / "places")
        except (ClientGoneError, ssl.SSLError, OSError):
            return None
        except (RedshiftError, LocalAwsError, psycopg.Error) as error:
            if isinstance(error, LoginError):
                log.tell("authentication failure")
            known = error if isinstance(error, RedshiftError) else RedshiftError(f"the database does not answer: {error}", "57P03")
            if not isinstance(error, LoginError | ProtocolError):
                _LOG.warning("no session could be opened: %s", known.message)
            with contextlib.suppress(ClientGoneError):
                client.send(error_response(known, "FATAL"))
            return None
        client.socket.settimeout(None)
        pid, secret = connection.info.backend_pid, secrets.randbits(32)
        log.tell("authenticated", pid=pid)
        runner = LocalRunner(connection, self.home.s3)
        entry = self.sessions / str(pid)
        entry.write_text(f"{secret} {os.getpid()}")
        signal.signal(signal.SIGUSR1, lambda *_: runner.cancelled.set())
        journal = self._journal(startup, connection)
        relay = Relay(client, connection, runner, journal, psql=startup.settings.get("application_name") == "psql")
        try:
            client.send(greeting(startup, connection, pid, secret))
            relay.run()
        except ClientGoneError:
            _end(engine, pid)
        except BackendGoneError:
            with contextlib.suppress(ClientGoneError):
                client.send(error_response(RedshiftError("terminating connection due to administrator command", "57P01"), "FATAL"))
        except RedshiftError as error:  # the protocol was broken
            with contextlib.suppress(ClientGoneError):
                client.send(error_response(error, "FATAL"))
        except psycopg.Error as error:
            with contextlib.suppress(ClientGoneError):
                client.send(error_response(redshift_error(error), "FATAL"))
        finally:
            entry.unlink(missing_ok=True)
            relay.close()
            with contextlib.suppress(psycopg.Error, OSError):
                connection.close()
            log.tell("disconnecting session")  # last: a full disk hinders this, and nothing before it
        return None

    def _journal(self, startup: Startup, connection: psycopg.Connection) -> Journal:
        (label,) = connection.execute("SELECT current_setting('local_redshift.query_group')").fetchone() or ("",)
        about = {"user": startup.user, "database": startup.database, "pid": connection.info.backend_pid, "label": label}
        return Journal(self.historian.add, self.historian.flush, **about)

    def _cancel(self, request: CancelRequest) -> None:
        """Nothing is answered to a cancel request, whether it was right or not."""
        try:
            secret, process = map(int, (self.sessions / str(request.pid)).read_text().split())
        except (OSError, ValueError):
            return
        if secret != request.secret:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGUSR1)
        with psycopg.connect(**PostgresEngine(self.home).conninfo(), autocommit=True) as connection:
            connection.execute("SELECT pg_cancel_backend(%s)", [request.pid])


def _end(engine: PostgresEngine, pid: int) -> None:
    """The client is gone in the middle of something: what it ran ends, as Redshift ends it."""
    with contextlib.suppress(psycopg.Error, LocalAwsError):
        with psycopg.connect(**engine.conninfo(), autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", [pid])


if __name__ == "__main__":
    main(sys.argv[1:])
