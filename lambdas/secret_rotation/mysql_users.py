"""Users of MySQL and MariaDB: logging in, and one user made like another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymysql

__all__ = ["connect", "make_user"]

CERTIFICATES = Path(__file__).parent / "certificates.pem"


def connect(login: dict[str, Any], verify: bool) -> Any:
    """A connection; verified by `certificates.pem` beside this file, which is RDS's bundle of the region."""
    tls: dict[str, Any] = {"ssl_ca": str(CERTIFICATES), "ssl_verify_cert": True, "ssl_verify_identity": True} if verify else {}
    if verify and not CERTIFICATES.exists():
        raise FileNotFoundError(f"{CERTIFICATES.name} is not in the function's package: put RDS's bundle of the region there.")
    return pymysql.connect(
        host=login["host"], port=int(login["port"]), user=login["username"], password=login["password"], database=login["dbname"],
        connect_timeout=10, autocommit=True, **tls,
    )  # fmt: skip


def make_user(connection: Any, like: str, user: str, password: str) -> None:
    """`user`, from wherever `like` may come, with its rights and no others."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT Host FROM mysql.user WHERE User = %s", [like])
        hosts = [row[0] for row in cursor.fetchall()]
        if not hosts:
            raise LookupError(f"There is no user {like!r} on the server: the secret's value is not of this server.")
        for host in hosts:
            cursor.execute("SHOW GRANTS FOR %s@%s", [like, host])
            grants = [_for(row[0], user, host, connection) for row in cursor.fetchall()]
            cursor.execute("CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s", [user, host, password])
            cursor.execute("ALTER USER %s@%s IDENTIFIED BY %s", [user, host, password])
            cursor.execute("REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@%s", [user, host])
            for grant in grants:
                cursor.execute(grant)


def _for(grant: str, user: str, host: str, connection: Any) -> str:
    """A line of SHOW GRANTS for another user. What follows the name (IDENTIFIED BY, REQUIRE) is the account's and not a right."""
    rights, to, rest = grant.partition(" TO ")
    if not to or not rights.startswith("GRANT ") or " ON " not in rights:
        raise NotImplementedError(f"A role is not copied from one user to another: {grant.partition(' IDENTIFIED ')[0]}. Grant its rights.")
    option = " WITH GRANT OPTION" if rest.endswith("WITH GRANT OPTION") else ""
    return f"{rights} TO {connection.escape(user)}@{connection.escape(host)}{option}"
