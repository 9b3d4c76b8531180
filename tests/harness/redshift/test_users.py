"""Users: their passwords in every form, what they are limited to, their rights, and what the history shows of them."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import redshift_connector

from localaws.engines.redshift import RedshiftEngine
from localaws.redshift.dialect import translate

PLAIN = "Mypassword1"


@pytest.fixture
def owner(redshift: RedshiftEngine) -> Iterator[psycopg.Connection]:
    """The main user, who takes away in the end the users that begin with `who_`."""
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        yield connection
        for (name,) in connection.execute("SELECT usename FROM pg_user WHERE usename LIKE 'who\\\\_%'").fetchall():
            connection.execute(f"DROP USER {name}")


def by_libpq(redshift: RedshiftEngine, user: str, password: str, database: str = "warehouse") -> psycopg.Connection:
    return psycopg.connect(**{**redshift.connection(), "user": user, "password": password, "dbname": database}, autocommit=True)


def by_driver(redshift: RedshiftEngine, user: str, password: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SSL_CERT_FILE", str(redshift.authority))
    given = redshift.connection()
    place = {"host": given["host"], "port": given["port"], "database": given["dbname"]}
    return redshift_connector.connect(**place, user=user, password=password, sslmode="verify-ca")


def eventually(act: Callable[[], object], refusal: type[Exception]) -> None:
    """Until it is not refused any more."""
    until = time.monotonic() + 60
    while True:
        try:
            act()
            return
        except refusal:
            assert time.monotonic() < until
            time.sleep(0.05)


SALT = os.urandom(4).hex()
FORMS = {
    "plain": PLAIN,
    "md5": "md5" + hashlib.md5(f"{PLAIN}who_md5".encode()).hexdigest(),
    "sha256": f"sha256|{PLAIN}",
    "digest": f"sha256|{hashlib.sha256(f'{PLAIN}{SALT}'.encode()).hexdigest()}|{SALT}",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_password_lets_redshifts_driver_in_whatever_it_was_given_as(
    owner: psycopg.Connection, redshift: RedshiftEngine, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    user = f"who_{form}"
    owner.execute(f"CREATE USER {user} PASSWORD '{FORMS[form]}'")  # type: ignore[call-overload]
    with by_driver(redshift, user, PLAIN, monkeypatch) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == [user]
    with pytest.raises(redshift_connector.Error, match="password authentication failed"):
        by_driver(redshift, user, "Anotherone1", monkeypatch)
    if form == "digest":
        with pytest.raises(psycopg.OperationalError, match="authentication method 13 not supported"):
            by_libpq(redshift, user, PLAIN)
    else:
        by_libpq(redshift, user, PLAIN).close()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            by_libpq(redshift, user, "Anotherone1")


def test_a_digest_is_given_up_with_a_new_password(
    owner: psycopg.Connection, redshift: RedshiftEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.execute(f"CREATE USER who_new PASSWORD 'sha256|{PLAIN}'")  # type: ignore[call-overload]
    owner.execute("ALTER USER who_new PASSWORD 'Another1pass'")
    by_driver(redshift, "who_new", "Another1pass", monkeypatch).close()
    with pytest.raises(redshift_connector.Error, match="password authentication failed"):
        by_driver(redshift, "who_new", PLAIN, monkeypatch)
    owner.execute("ALTER USER who_new PASSWORD DISABLE")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        by_libpq(redshift, "who_new", "Another1pass")


def test_a_user_has_his_settings_his_time_and_his_number_of_sessions(owner: psycopg.Connection, redshift: RedshiftEngine) -> None:
    owner.execute(f"CREATE USER who_limited PASSWORD '{PLAIN}' CONNECTION LIMIT 1 SESSION TIMEOUT 90 SYSLOG ACCESS UNRESTRICTED")  # type: ignore[call-overload]
    owner.execute("ALTER USER who_limited SET search_path TO marts, public")
    owner.execute("ALTER USER who_limited SET query_group TO nightly")
    with by_libpq(redshift, "who_limited", PLAIN) as connection:
        assert connection.execute("SHOW search_path").fetchone() == ("marts, public",)
        assert connection.execute("SHOW query_group").fetchone() == ("nightly",)
        assert connection.execute("SELECT current_setting('idle_session_timeout')").fetchone() == ("90s",)
        assert connection.execute("SELECT DISTINCT trim(label) FROM stl_query WHERE pid = pg_backend_pid()").fetchone() == ("nightly",)
        with pytest.raises(psycopg.OperationalError, match="too many connections for user"):
            by_libpq(redshift, "who_limited", PLAIN)
    shown = owner.execute("SELECT connection_limit, syslog_access, session_timeout FROM svv_user_info WHERE user_name = 'who_limited'")
    assert shown.fetchone() == ("1", "UNRESTRICTED", 90)
    # The place is free when the session's process has gone.
    eventually(lambda: by_libpq(redshift, "who_limited", PLAIN).close(), psycopg.OperationalError)
    owner.execute("ALTER USER who_limited VALID UNTIL '2001-01-01' RESET SESSION TIMEOUT")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        by_libpq(redshift, "who_limited", PLAIN)


def test_places_of_a_user_and_of_a_database_are_counted_over_all_of_them(owner: psycopg.Connection, redshift: RedshiftEngine) -> None:
    for number in (1, 2):
        owner.execute(f"CREATE USER who_counts{number} PASSWORD '{PLAIN}' CONNECTION LIMIT 1")  # type: ignore[call-overload]
    owner.execute("CREATE DATABASE narrow CONNECTION LIMIT 1")
    try:
        with by_libpq(redshift, "who_counts1", PLAIN, "narrow"):
            with pytest.raises(psycopg.OperationalError, match='too many connections for user "who_counts1"'):
                by_libpq(redshift, "who_counts1", PLAIN)
            with pytest.raises(psycopg.OperationalError, match='too many connections for database "narrow"'):
                by_libpq(redshift, "who_counts2", PLAIN, "narrow")
            psycopg.connect(**{**redshift.connection(), "dbname": "narrow"}).close()  # a superuser needs no place
            # Who was refused gives back the place that he had of his own.
            eventually(lambda: by_libpq(redshift, "who_counts2", PLAIN).close(), psycopg.OperationalError)
        owner.execute("ALTER DATABASE narrow CONNECTION LIMIT UNLIMITED")
        eventually(lambda: by_libpq(redshift, "who_counts1", PLAIN, "narrow").close(), psycopg.OperationalError)
    finally:
        owner.execute("DROP DATABASE narrow FORCE")


def test_rights_come_by_roles_and_by_groups(owner: psycopg.Connection, redshift: RedshiftEngine) -> None:
    for statement in (
        f"CREATE USER who_reads PASSWORD '{PLAIN}'",
        "CREATE ROLE reads",
        "CREATE ROLE reads_more",
        "CREATE TABLE rights_of (id int)",
        "GRANT SELECT ON rights_of TO ROLE reads",
        "GRANT ROLE reads TO ROLE reads_more",
        "GRANT ROLE reads_more TO who_reads",
    ):
        owner.execute(statement)  # type: ignore[call-overload]
    with by_libpq(redshift, "who_reads", PLAIN) as connection:
        assert connection.execute("SELECT COUNT(*) FROM rights_of").fetchone() == (0,)
        assert connection.execute("SELECT user_is_member_of('who_reads', 'reads')").fetchone() == (True,)
        granted = connection.execute("SHOW GRANTS FOR ROLE reads").fetchall()
        assert [(row[2], row[4]) for row in granted] == [("rights_of", "SELECT")]
        with pytest.raises(psycopg.errors.DependentObjectsStillExist, match="granted to users or roles"):
            owner.execute("DROP ROLE reads")
        owner.execute("DROP ROLE reads FORCE")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT COUNT(*) FROM rights_of")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"ALTER USER etl PASSWORD '{PLAIN}'")  # type: ignore[call-overload]
    assert owner.execute("SELECT role_name FROM svv_roles WHERE role_name LIKE 'reads%'").fetchall() == [("reads_more",)]
    owner.execute("DROP ROLE reads_more FORCE")
    ddl = "CREATE TABLE public.rights_of (\n    id integer ENCODE raw\n)\nDISTSTYLE AUTO;"
    assert owner.execute("SHOW TABLE rights_of").fetchone() == (ddl,)
    owner.execute("DROP TABLE rights_of")


def test_the_history_shows_no_password(owner: psycopg.Connection) -> None:
    owner.execute("CREATE USER who_secret WITH PASSWORD 'Very5ecret'")
    found = owner.execute("SELECT text FROM stl_ddltext WHERE text LIKE '%who_secret%'").fetchall()
    assert [row[0].strip() for row in found] == ["CREATE USER who_secret WITH PASSWORD '***'"]


@pytest.mark.parametrize("form", ["CREATE USER who_sent PASSWORD '{}'", "ALTER USER who_sent PASSWORD 'sha256|{}'"])
def test_no_password_is_sent_to_postgresql_which_shows_what_runs(form: str) -> None:
    sent = translate(form.format(PLAIN)).sql
    assert "PASSWORD 'md5" in sent[0]
    assert not [one for one in sent if PLAIN in one]


def test_a_database_is_made_connected_to_and_dropped(owner: psycopg.Connection, redshift: RedshiftEngine) -> None:
    owner.execute("CREATE DATABASE another WITH CONNECTION LIMIT 5")
    with psycopg.connect(**{**redshift.connection(), "dbname": "another"}, autocommit=True) as connection:
        assert connection.execute("SELECT current_database(), NVL(NULL, 1)").fetchone() == ("another", 1)
    with pytest.raises(psycopg.errors.ActiveSqlTransaction, match="CREATE DATABASE cannot run inside"), owner.transaction():
        owner.execute("CREATE DATABASE within")
    # The session's process may still be there.
    eventually(lambda: owner.execute("ALTER DATABASE another RENAME TO renamed"), psycopg.errors.ObjectInUse)
    owner.execute("DROP DATABASE renamed")


def test_cancel_ends_what_another_session_runs(owner: psycopg.Connection, redshift: RedshiftEngine) -> None:
    with psycopg.connect(**redshift.connection(), autocommit=True) as other:
        pid = other.execute("SELECT pg_backend_pid()").fetchone()
        assert pid is not None
        other.pgconn.send_query(b"SELECT pg_sleep(120)")
        running = "SELECT COUNT(*) FROM stv_recents WHERE pid = %s AND query LIKE '%%pg_sleep%%'"
        until = time.monotonic() + 60
        while owner.execute(running, [pid[0]]).fetchone() != (1,):
            assert time.monotonic() < until
            time.sleep(0.02)
        assert owner.execute(f"CANCEL {pid[0]} 'too long'").statusmessage == "CANCEL"  # type: ignore[call-overload]
        result = other.pgconn.get_result()
        assert result is not None
        assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"57014"
        while other.pgconn.get_result() is not None:
            pass
    with pytest.raises(psycopg.errors.UndefinedObject, match="no such process"):
        owner.execute("CANCEL 1")
