"""Users of Amazon Redshift: logging in, and one user made like another.

Rights come to the other user by being a superuser, by groups and by roles. What belongs to a user or was granted to it alone does not move
("Alternating users" asks for rights that both can have), so a user that has such is refused, and nothing is half copied.
"""

from __future__ import annotations

from typing import Any

import redshift_connector

__all__ = ["connect", "make_user"]

# Roles and groups are identities of their own: what is told here is the user's alone.
OWN = """
SELECT 'owns ' || schemaname || '.' || tablename FROM pg_tables WHERE tableowner = %s
UNION ALL SELECT 'owns ' || schemaname || '.' || viewname FROM pg_views WHERE viewowner = %s
UNION ALL SELECT 'owns the schema ' || nspname FROM pg_namespace, pg_user WHERE nspowner = usesysid AND usename = %s
UNION ALL SELECT 'owns the database ' || datname FROM pg_database, pg_user WHERE datdba = usesysid AND usename = %s
UNION ALL SELECT 'owns the function ' || nspname || '.' || proname
  FROM pg_proc, pg_namespace, pg_user WHERE pronamespace = pg_namespace.oid AND proowner = usesysid AND usename = %s
"""
GRANTED = (
    """SELECT 'has ' || privilege_type || ' on ' || namespace_name || '.' || relation_name
         FROM svv_relation_privileges WHERE identity_name = %s AND identity_type = 'user'""",
    """SELECT 'has ' || privilege_type || ' on ' || namespace_name || '.' || relation_name || '.' || column_name
         FROM svv_column_privileges WHERE identity_name = %s AND identity_type = 'user'""",
    """SELECT 'has ' || privilege_type || ' on ' || namespace_name || '.' || function_name
         FROM svv_function_privileges WHERE identity_name = %s AND identity_type = 'user'""",
    """SELECT 'has ' || privilege_type || ' on schema ' || namespace_name
         FROM svv_schema_privileges WHERE identity_name = %s AND identity_type = 'user'""",
    """SELECT 'has ' || privilege_type || ' on database ' || database_name
         FROM svv_database_privileges WHERE identity_name = %s AND identity_type = 'user'""",
    """SELECT 'gets ' || privilege_type || ' on what ' || owner_name || ' makes'
         FROM svv_default_privileges WHERE grantee_name = %s AND grantee_type = 'user'""",
)
GROUPS = "SELECT groname FROM pg_group, pg_user WHERE usesysid = ANY(grolist) AND usename = %s"
ROLES = "SELECT role_name FROM svv_user_grants WHERE user_name = %s"


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
    lacks, exceeds = _differences(cursor, GROUPS, like, user)
    for group in lacks:
        cursor.execute(f"ALTER GROUP {_name(group)} ADD USER {_name(user)}")
    for group in exceeds:
        cursor.execute(f"ALTER GROUP {_name(group)} DROP USER {_name(user)}")
    lacks, exceeds = _differences(cursor, ROLES, like, user)
    for role in lacks:
        cursor.execute(f"GRANT ROLE {_name(role)} TO {_name(user)}")
    for role in exceeds:
        cursor.execute(f"REVOKE ROLE {_name(role)} FROM {_name(user)}")


def _refuse_own(cursor: Any, like: str) -> None:
    own = [text for query in (OWN, *GRANTED) for text in _texts(cursor, query, like)]
    if own:
        raise PermissionError(f"{like} {own[0]}, which another user would not have: give it to a role or a group ({len(own)} in all).")


def _differences(cursor: Any, query: str, like: str, user: str) -> tuple[list[str], list[str]]:
    """What `like` has and `user` has not, and what `user` has left from when both had it."""
    wanted, found = set(_texts(cursor, query, like)), set(_texts(cursor, query, user))
    return sorted(wanted - found), sorted(found - wanted)


def _texts(cursor: Any, query: str, user: str) -> list[str]:
    cursor.execute(query, (user,) * query.count("%s"))
    return [row[0] for row in cursor.fetchall()]


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
