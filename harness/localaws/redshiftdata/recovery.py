"""What became of a statement whose connection broke, or whose endpoint was killed.

Before COMMIT is sent, the transaction's id is on disk (`execution`). A statement without one cannot have committed; for one with it
PostgreSQL itself is asked (`pg_xact_status`), after the orphaned connection has been ended.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import psycopg

from localaws.redshift.exceptions import RedshiftError
from localaws.redshiftdata.exceptions import WarehouseUnreachableError
from localaws.redshiftdata.statements import Statement

__all__ = ["RESOLVE_SECONDS", "outcome_of"]

RESOLVE_SECONDS = 30.0


def outcome_of(statement: Statement, conninfo: Mapping[str, Any]) -> str:
    """committed, aborted or unknown.

    Raises:
        WarehouseUnreachableError: PostgreSQL cannot be asked now.
    """
    try:
        with psycopg.connect(**conninfo, autocommit=True) as connection:
            _end_backend(connection, statement)
            if not statement.committing:
                return "aborted"
            if not statement.transaction:
                return "committed"  # it wrote nothing, and its results were complete
            return _status(connection, statement.transaction)
    except (psycopg.Error, RedshiftError) as error:
        raise WarehouseUnreachableError(str(error)) from error


def _status(connection: psycopg.Connection, transaction: str) -> str:
    try:
        row = connection.execute("SELECT pg_xact_status(%s::xid8)", [transaction]).fetchone()
    except psycopg.errors.InvalidParameterValue:
        return "aborted"  # "is in the future": PostgreSQL was killed and never heard of it
    return (row[0] if row else None) or "unknown"


def _end_backend(connection: psycopg.Connection, statement: Statement) -> None:
    """Ends the connection that the statement left behind, which may still hold its locks."""
    deadline = time.monotonic() + RESOLVE_SECONDS
    query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s"
    while connection.execute(query, [statement.application_name]).fetchone() != (0,):
        if time.monotonic() > deadline:
            raise RedshiftError(f"the connection of statement {statement.id} (process {statement.pid}) cannot be ended")
        time.sleep(0.05)
