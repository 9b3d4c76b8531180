"""Connections to a MySQL-compatible target, one for each thread, with transactions, LOAD DATA and this package's errors."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql

from localaws.dms.exceptions import CollisionError, TargetError, TargetLostError
from localaws.dms.source.connection import MySqlAddress, fileno, is_lost, keep_alive
from localaws.dms.target.connections import ThreadConnections

__all__ = ["MySqlSession"]

_SECONDS_TO_CONNECT = 10
_COLLISIONS = frozenset((1205, 1213, 1020))
"""Lock wait timeout, deadlock, and a row that another transaction changed."""
_MODE = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"


class MySqlSession:
    """Statements of one task."""

    def __init__(self, address: MySqlAddress) -> None:
        self._address = address
        self._connections = ThreadConnections(self._open, fileno, _end)

    def close(self) -> None:
        self._connections.close()

    def release(self) -> None:
        self._connections.release()

    def _run(self, sql: str) -> pymysql.cursors.Cursor:
        cursor = self._connection().cursor()
        with target_errors(sql):
            cursor.execute(sql)
        return cursor

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run("START TRANSACTION")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            # Ended with the connection: temporary tables of the attempt go too.
            if (connection := self._connections.held()) is not None:
                _end(connection)
            raise

    def _load_data(self, table: str, lines: bytes, clause: str, count: int) -> str:
        """LOAD DATA LOCAL of the lines; what the server remarked, nothing when it took all of them as they are."""
        with tempfile.NamedTemporaryFile(prefix="awsdms-", suffix=".tsv") as file:
            file.write(lines)
            file.flush()
            path = str(Path(file.name).resolve()).replace("\\", "\\\\").replace("'", "''")
            cursor = self._run(
                f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table} CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' "
                f"LINES TERMINATED BY '\\n' {clause}"
            )
        loaded = cursor.rowcount
        if loaded == count and not cursor.warning_count:
            return ""
        remarks = self._run("SHOW WARNINGS").fetchall()
        return "; ".join(str(message) for _, _, message in remarks[:3]) or f"the server took {loaded} of {count} rows"

    def _connection(self) -> pymysql.connections.Connection[Any]:
        return self._connections.mine()

    def _open(self) -> pymysql.connections.Connection[Any]:
        address = self._address
        with target_errors("log-in"):
            connection = pymysql.connect(
                host=address.host, port=address.port, user=address.user, password=address.password, ssl=address.ssl, charset="utf8mb4",
                connect_timeout=_SECONDS_TO_CONNECT, autocommit=True, local_infile=True,
                init_command=f"SET time_zone='+00:00', sql_mode='{_MODE}', foreign_key_checks=0",
            )  # fmt: skip
            keep_alive(connection)
            if address.script:
                with connection.cursor() as cursor:
                    for statement in filter(None, (part.strip() for part in address.script.split(";"))):
                        cursor.execute(statement)
        return connection


def _end(connection: pymysql.connections.Connection[Any]) -> None:
    connection._force_close()  # type: ignore[attr-defined] # it may be in the middle of an answer


@contextmanager
def target_errors(statement: str) -> Iterator[None]:
    """PyMySQL's errors as this package's: those of the network apart, because the task tries again after them."""
    try:
        yield
    except pymysql.err.Error as error:
        code, message = (*error.args, "", "")[:2]
        if is_lost(error):
            raise TargetLostError(f"The target does not answer: {message or error}. The task tries again.") from error
        if code in _COLLISIONS:
            raise CollisionError(f"{message} (error {code})") from error
        raise TargetError(f"The target refuses: {message} (error {code}). The statement: {statement[:300]}") from error
    except OSError as error:
        raise TargetLostError(f"The connection to the target ended: {error}. The task tries again.") from error
