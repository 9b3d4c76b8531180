"""Every pair of the fixture files, in one PostgreSQL: each statement in a transaction of its own that is rolled back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.redshift.fixtures import Area, Case, read_areas
from localaws.engines.postgres import PostgresEngine
from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.session import Session

AREAS = {area.name: area for area in read_areas()}
CASES = [case for area in AREAS.values() for case in area.cases]


@pytest.fixture(scope="module")
def sessions(postgres: PostgresEngine, home: Path) -> Iterator[dict[str, Session]]:
    """One session for each area, with its scene set in a transaction that stays open."""
    opened: dict[str, Session] = {}
    yield opened
    for session in opened.values():
        session.close()


def scene(sessions: dict[str, Session], area: Area, postgres: PostgresEngine, home: Path) -> Session:
    if area.name not in sessions:
        session = sessions[area.name] = Session(postgres.conninfo(), home / "s3")
        session.begin()
        for statement in area.setup:
            list(session.run(statement).chunks)
    return sessions[area.name]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.area}: {' '.join(case.sql.split())[:90]}" for case in CASES])
def test_a_statement_gives_what_redshift_gives(sessions: dict[str, Session], postgres: PostgresEngine, home: Path, case: Case) -> None:
    session = scene(sessions, AREAS[case.area], postgres, home)
    session.connection.execute("SAVEPOINT before")
    try:
        if case.error:
            with pytest.raises(RedshiftError, match=f"(?i){case.error}"):
                list(session.run(case.sql).chunks)
        else:
            assert outcome(session, case.sql) == [row.rstrip() for row in case.rows]
    finally:
        session._give_up_unread()
        session.connection.execute("ROLLBACK TO before")


def outcome(session: Session, sql: str) -> list[str]:
    """Rows as the fixtures write them, or the kind of a statement that has none."""
    rows = session.run(sql)
    if rows.columns is None:
        return [translate(sql, session.columns).kind.upper()]
    return [
        " | ".join(
            "NULL" if (value := chunk.get_value(row, column)) is None else value.decode() for column in range(chunk.nfields)
        ).rstrip()
        for chunk in rows.chunks
        for row in range(chunk.ntuples)
    ]


def test_every_area_has_cases_and_some_refusals() -> None:
    assert len(CASES) > 100
    for area in AREAS.values():
        assert any(case.error for case in area.cases), f"{area.name} has no refusal"
        assert all(re.match(r"\S", case.sql) for case in area.cases)
