"""Every file of sql/redshift runs on the local Redshift: migrations twice, then views, queries and maintenance."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from localaws.engines.postgres import PostgresEngine
from localaws.redshift.lexer import split_statements
from localaws.redshift.session import Session

SQL = Path(__file__).resolve().parents[3] / "sql" / "redshift"
MIGRATIONS = sorted(path for path in SQL.glob("[0-9]*/**/*.sql") if "queries" not in path.parts)
OTHERS = sorted(set(SQL.rglob("*.sql")) - set(MIGRATIONS))


@pytest.fixture(scope="module")
def migrated(postgres: PostgresEngine, home: Path) -> Session:
    session = Session(postgres.conninfo(), home / "s3")
    run_migrations(session)
    return session


def run_migrations(session: Session) -> None:
    for path in MIGRATIONS:
        text = path.read_text(encoding="utf-8")
        skip = re.match(r"-- skip when: (.+)", text)
        if skip and any(chunk.ntuples for chunk in session.run(skip[1].rstrip(";")).chunks):
            continue
        run_file(session, path)


def run_file(session: Session, path: Path) -> None:
    for statement in split_statements(path.read_text(encoding="utf-8")):
        list(session.run(statement).chunks)


def test_there_are_files() -> None:
    assert MIGRATIONS
    assert OTHERS


def test_migrations_can_be_run_again(migrated: Session) -> None:
    run_migrations(migrated)


@pytest.mark.parametrize("path", OTHERS, ids=[str(path.relative_to(SQL)) for path in OTHERS])
def test_a_file_that_is_no_migration_runs(migrated: Session, path: Path) -> None:
    run_file(migrated, path)
