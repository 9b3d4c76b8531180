"""The local Redshift as an engine: `python -m localaws.redshift.wire.server`, in front of PostgreSQL."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localaws.engines.base import Command, Engine
from localaws.engines.postgres import DATABASE, USER
from localaws.ports import LOOPBACK

__all__ = ["RedshiftEngine"]


class RedshiftEngine(Engine):
    """What a client of Redshift connects to. It holds no data: that is PostgreSQL's."""

    name = "redshift"
    depends_on = ("postgres",)

    @property
    def endpoint(self) -> str:
        """redshift://etl@127.0.0.1:<port>/warehouse"""
        return f"redshift://{USER}@{LOOPBACK}:{self.ports['main']}/{DATABASE}"

    @property
    def authority(self) -> Path:
        """The certificate that a client verifies the server's with."""
        return self.folder / "redshift-ca.pem"

    def connection(self, database: str = DATABASE) -> dict[str, Any]:
        """host, port, user, password and dbname, as psycopg names them."""
        return self._connection(database, self.ports["main"])

    def install(self) -> None:
        """Nothing to prepare: the server makes its certificate."""

    def command(self, ports: Mapping[str, int]) -> Command:
        """The listener."""
        return Command([sys.executable, "-m", "localaws.redshift.wire.server", "--home", str(self.home.root), "--port", str(ports["main"])])

    def is_healthy(self, ports: Mapping[str, int]) -> bool:
        """Whether a client gets an answer to a query."""
        import psycopg  # here: 60 ms that `etl --help` need not pay

        try:
            with psycopg.connect(**{**self._connection(DATABASE, ports["main"])}, connect_timeout=3) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.Error as error:
            raise OSError(str(error)) from error

    def _connection(self, database: str, port: int) -> dict[str, Any]:
        password = self.home.credentials.redshift_password
        return {"host": LOOPBACK, "port": port, "user": USER, "password": password, "dbname": database}
