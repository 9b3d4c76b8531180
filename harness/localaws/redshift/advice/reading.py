"""Rows of a query as texts."""

from __future__ import annotations

from localaws.redshift.session import Session

__all__ = ["rows"]


def rows(session: Session, sql: str) -> list[tuple[str | None, ...]]:
    """All of them.

    Raises:
        RedshiftError: the query failed.
    """
    found = session.run(sql)
    return [
        tuple(None if (value := chunk.get_value(row, place)) is None else value.decode() for place in range(chunk.nfields))
        for chunk in found.chunks
        for row in range(chunk.ntuples)
    ]
