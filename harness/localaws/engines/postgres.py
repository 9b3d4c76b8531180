"""PostgreSQL 16, the database behind the local Redshift, from the programs in the wheel `pgserver` (none of its Python code)."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from localaws.engines.base import Command, Engine
from localaws.engines.identity import Identity, name_this_user, outside_folder, remove_outside, unprivileged
from localaws.exceptions import EngineNotInstalledError, EngineStartError
from localaws.ports import LOOPBACK

__all__ = ["PostgresEngine"]

USER = "etl"
DATABASE = "warehouse"

# Safe against a killed process, not against a power cut: what is here can be loaded again. Loading is what it is tuned for.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",  # off would lose what was committed just before a kill
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "30min",
    "shared_buffers": "256MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_connections": "200",
    "dynamic_shared_memory_type": "mmap",  # /dev/shm of a container may hold 64 MB only
    "jit": "off",
    "log_min_messages": "warning",
}


class PostgresEngine(Engine):
    """One PostgreSQL cluster. As root it runs as `nobody`, with its data under /var/tmp (see `identity`)."""

    name = "postgres"
    stop_signal = signal.SIGINT  # a fast shutdown: SIGTERM would wait for clients to leave

    @property
    def data_folder(self) -> Path:
        """The cluster's folder."""
        identity = unprivileged()
        return self.folder / "data" if identity is None else self._outside(identity) / "data"

    @property
    def endpoint(self) -> str:
        """postgresql://127.0.0.1:<port>/warehouse"""
        return f"postgresql://{LOOPBACK}:{self.ports['main']}/{DATABASE}"

    def conninfo(self, database: str = DATABASE) -> dict[str, Any]:
        """Keyword arguments for `psycopg.connect`, the password included."""
        return self._conninfo(self.ports, database)

    def install(self) -> None:
        """Make the cluster with its superuser `etl` and the database `warehouse`."""
        data, token = self.data_folder, self.folder / "cluster.id"
        own = self.home.credentials.postgres_password
        if (data / "complete").exists() and token.exists():
            return
        # What lies there is half made, or of an earlier home at this path.
        shutil.rmtree(data, ignore_errors=True)
        identity = unprivileged()
        password_file = data.parent / "password"
        password_file.unlink(missing_ok=True)
        with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(own)
        if identity is not None:
            os.chown(password_file, identity.uid, identity.gid)
        try:
            self._initdb(data, password_file, identity)
        finally:
            password_file.unlink()
        self._create_database(data, identity)
        (data / "complete").touch()
        token.touch()

    def command(self, ports: Mapping[str, int]) -> Command:
        """The postmaster."""
        identity = unprivileged()
        settings = [f"--{key}={value}" for key, value in {**SETTINGS, "port": str(ports["main"])}.items()]
        return Command(
            [str(self._program("postgres", identity)), "-D", str(self.data_folder), *settings],
            user=None if identity is None else identity.uid,
            group=None if identity is None else identity.gid,
            cwd=self.data_folder,
        )

    def is_healthy(self, ports: Mapping[str, int]) -> bool:
        """Whether a client gets an answer to a query."""
        import psycopg  # here: 60 ms that `etl --help` need not pay

        try:
            with psycopg.connect(**self._conninfo(ports, DATABASE), connect_timeout=3) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError as error:
            raise OSError(str(error)) from error

    def program(self, name: str) -> Path:
        """A program of the server's distribution, psql for example."""
        return self._program(name, None)

    def remove_outside(self) -> None:
        """Delete what lies outside the home. Only for an engine that is stopped."""
        remove_outside(self.name, self.home.root)

    def _conninfo(self, ports: Mapping[str, int], database: str) -> dict[str, Any]:
        return {
            "host": LOOPBACK,
            "port": ports["main"],
            "user": USER,
            "password": self.home.credentials.postgres_password,
            "dbname": database,
        }

    def _initdb(self, data: Path, password_file: Path, identity: Identity | None) -> None:
        """The C locale sorts by bytes, as Redshift does."""
        options = ["-U", USER, "--no-sync", "-A", "scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8", "--locale=C"]
        self._run("initdb", ["-D", str(data), *options], identity, None)

    def _create_database(self, data: Path, identity: Identity | None) -> None:
        self._run("postgres", ["--single", "-D", str(data), "-j", "template1"], identity, f"CREATE DATABASE {DATABASE};\n")

    def _run(self, program: str, arguments: list[str], identity: Identity | None, stdin: str | None) -> None:
        as_user: dict[str, Any] = {"user": identity.uid, "group": identity.gid, "extra_groups": []} if identity else {}
        named: Callable[[], None] | None = None if identity else name_this_user()
        done = subprocess.run(
            [str(self._program(program, identity)), *arguments],
            input=stdin or "",
            text=True,
            capture_output=True,
            env=self._environment(),
            cwd="/",
            preexec_fn=named,
            check=False,
            **as_user,
        )
        # A single-user server answers an SQL error on its output and ends with 0.
        if done.returncode != 0 or "ERROR:" in done.stderr:
            hint = "" if named is None else (
                f" The user id {os.geteuid()} has no entry in /etc/passwd and no user namespace could stand in for it; "
                "run as a user that has a name, or as root."
            )
            raise EngineStartError(self.name, f"{program} ended with {done.returncode}.{hint}\n{done.stdout[-500:]}{done.stderr[-1500:]}")

    def _program(self, name: str, identity: Identity | None) -> Path:
        spec = importlib.util.find_spec("pgserver")
        if spec is None or spec.origin is None:
            raise EngineNotInstalledError(self.name, "the wheel pgserver")
        packages = Path(spec.origin).parent.parent
        program = Path("pgserver", "pginstall", "bin")
        if identity is not None and not _can_execute(packages / program / "postgres", identity):
            packages = self._copied(packages, identity)
        return packages / program / name

    def _copied(self, packages: Path, identity: Identity) -> Path:
        """The programs and, at the same place beside them, their libraries, where that user can reach them.

        The checkout may lie below a folder that is closed to others.
        """
        copy = self._outside(identity) / "programs"
        if not copy.exists():
            draft = copy.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(packages / "pgserver" / "pginstall", draft / "pgserver" / "pginstall", symlinks=True)
            if (packages / "pgserver.libs").exists():
                shutil.copytree(packages / "pgserver.libs", draft / "pgserver.libs")
            draft.rename(copy)
        return copy

    def _outside(self, identity: Identity) -> Path:
        return outside_folder(self.name, self.home.root, identity)


def _can_execute(program: Path, identity: Identity) -> bool:
    """Whether that user can; tried, because modes alone do not say it (ACLs, mount options)."""
    with contextlib.suppress(PermissionError):
        as_user: dict[str, Any] = {"user": identity.uid, "group": identity.gid, "extra_groups": []}
        subprocess.run([str(program), "--version"], capture_output=True, check=True, cwd="/", **as_user)
        return True
    return False
