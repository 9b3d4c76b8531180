"""Users of Amazon Redshift: logging in, and one user made like another.

Rights come to the other user by being a superuser, by groups and by roles. What belongs to a user or was granted to it alone does not move
("Alternating users" asks for rights that both can have), so a user that has such is refused, and nothing is half copied.
"""

from __future__ import annotations

from typing import Any

import redshift_connector

__all__ = ["connect", "make_user"]

OWN = """
SELECT 'owns ' || schemaname || '.' || tablename FROM pg_tables WHERE tableowner = %s
UNION ALL SELECT 'has ' || privilege_type || ' on ' || namespace_name || '.' || relation_name
  FROM svv_relation_privileges WHERE identity_name = %s AND identity_type = 'user'
UNION ALL SELECT 'has ' || privilege_type || ' on schema ' || namespace_name
  FROM svv_schema_privileges WHERE identity_name = %s AND identity_type = 'user'
"""


def connect(login: dict[str, Any], verify: bool) -> Any:
    """A connection; verified by the certificates that come with the driver."""
    tls: dict[str, Any] = {"ssl": True, "sslmode": "verify-full"} if verify else {"ssl": False}
    connection = redshift_connector.connect(
        host=login["host"], port=int(login["port"]), user=login["username"], password=login["password"], database=login["dbname"],
        timeout=10, **tls,
    )  # fmt: skip
    connection.autocommit = True
    return connection


def make_user(connection: Any, like: str, user: str, password: str) -> None:
    """`user`, with the attributes, groups and roles of `like`."""
    cursor = connection.cursor()
    cursor.execute("SELECT usesuper, usecreatedb FROM pg_user WHERE usename = %s", (like,))
    found = cursor.fetchone()
    if found is None:
        raise LookupError(f"There is no user {like!r} in the warehouse: the secret's value is not of this warehouse.")
    superuser, creates = found
    if not superuser:
        _refuse_own(cursor, like)
    cursor.execute("SELECT 1 FROM pg_user WHERE usename = %s", (user,))
    verb = "ALTER" if cursor.fetchone() else "CREATE"
    options = f"{'CREATEUSER' if superuser else 'NOCREATEUSER'} {'CREATEDB' if creates else 'NOCREATEDB'}"
    cursor.execute(f"{verb} USER {_name(user)} PASSWORD '{password}' {options}")  # letters and digits: `handler.create`
    for group in _missing(cursor, "SELECT groname FROM pg_group, pg_user WHERE usesysid = ANY(grolist) AND usename = %s", like, user):
        cursor.execute(f"ALTER GROUP {_name(group)} ADD USER {_name(user)}")
    for role in _missing(cursor, "SELECT role_name FROM svv_user_grants WHERE user_name = %s", like, user):
        cursor.execute(f"GRANT ROLE {_name(role)} TO {_name(user)}")


def _refuse_own(cursor: Any, like: str) -> None:
    cursor.execute(OWN, (like, like, like))
    own = [row[0] for row in cursor.fetchall()]
    if own:
        raise PermissionError(f"{like} {own[0]}, which another user would not have: give it to a role or a group ({len(own)} in all).")


def _missing(cursor: Any, query: str, like: str, user: str) -> list[str]:
    names = []
    for who in (like, user):
        cursor.execute(query, (who,))
        names.append({row[0] for row in cursor.fetchall()})
    return sorted(names[0] - names[1])


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
