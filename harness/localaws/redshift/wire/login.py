"""Who connects, to what: the start-up message, TLS, the password, and the session on PostgreSQL that follows.

Redshift asks for a password by MD5 and refuses a wrong one with SQLSTATE 28000, an unknown database with 3D000. PostgreSQL keeps the MD5
of users that were made here (`password_encryption` of every session), or a SHA-256, for which Redshift's drivers are asked in their own
way; the main user's password is the home's, and temporary ones of GetClusterCredentials are kept with their end in
`local_redshift.temporary_passwords`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import ssl
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from localaws.engines.postgres import DATABASE, USER
from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.session import prepared_connection
from localaws.redshift.wire.client import Client
from localaws.redshift.wire.places import take_place
from localaws.redshift.wire.protocol import (
    CANCEL_REQUEST,
    GSS_REQUEST,
    PROTOCOL_3,
    SSL_REQUEST,
    ProtocolError,
    message,
    parameter_status,
    texts,
)

__all__ = ["CancelRequest", "LoginError", "Startup", "authenticate", "greeting", "read_startup"]

# What a client may say at the start: the drivers' own names are for the endpoint, PostgreSQL would refuse them.
_DRIVER = {"client_protocol_version", "driver_version", "os_version", "driver_discovery_version"} | {
    "plugin_name",
    "idp_type",
    "provider_name",
}
_SETTINGS = {
    "application_name": "application_name",
    "client_encoding": "client_encoding",
    "datestyle": "datestyle",
    "timezone": "timezone",
    "extra_float_digits": "extra_float_digits",
    "search_path": "search_path",
    "statement_timeout": "statement_timeout",
    "query_group": "local_redshift.query_group",
}
_KNOWN = {"user", "database", "options", "replication", "token", "idc_client_display_name", "_pq_"}
# Of PostgreSQL's, those that Redshift reports.
_REPORTED = ("client_encoding", "DateStyle", "integer_datetimes", "is_superuser", "session_authorization", "TimeZone")
SERVER_VERSION = "8.0.2"


class LoginError(RedshiftError):
    """The client is not let in."""


@dataclass(frozen=True)
class CancelRequest:
    """The process to cancel and the secret that allows it."""

    pid: int
    secret: int


@dataclass(frozen=True)
class Startup:
    """What the client asked for."""

    user: str
    database: str
    settings: Mapping[str, str]
    driver: str = ""


def read_startup(client: Client, context: ssl.SSLContext, *, require_tls: bool = False) -> Startup | CancelRequest:
    """Answers requests for encryption until the start-up message comes.

    Raises:
        LoginError, ProtocolError: it cannot be taken.
    """
    while True:
        packet = client.startup()
        (code,) = struct.unpack_from(">I", packet)
        if code == SSL_REQUEST:
            client.send(b"S")
            client.start_tls(context)
        elif code == GSS_REQUEST:
            client.send(b"N")
        elif code == CANCEL_REQUEST:
            if len(packet) != 12:
                raise ProtocolError("a cancel request has 16 bytes")
            return CancelRequest(*struct.unpack(">iI", packet[4:]))
        elif code >> 16 == PROTOCOL_3 >> 16:
            if require_tls and not client.encrypted:
                raise LoginError("no pg_hba.conf entry for this host, SSL off", "28000")
            return _startup(packet[4:])
        else:
            raise ProtocolError(f"unsupported frontend protocol {code >> 16}.{code & 65535}: server supports 3.0")


def _startup(body: bytes) -> Startup:
    given: dict[str, str] = {}
    while body and body != b"\0":
        (name, value), body = texts(body, 2)
        given[name] = value
    user = given.get("user", "")
    if not user:
        raise LoginError("no PostgreSQL user name specified in startup packet", "28000")
    settings: dict[str, str] = {}
    for name, value in given.items():
        key = name.lower()
        if key in _SETTINGS:
            settings[_SETTINGS[key]] = value
        elif key not in _KNOWN | _DRIVER and not key.startswith("_pq_"):
            raise LoginError(f'unrecognized configuration parameter "{name}"', "42704")
    settings |= _options(given.get("options", ""))
    return Startup(_role(user), given.get("database") or user, settings, given.get("driver_version", ""))


def _options(text: str) -> dict[str, str]:
    """`-c name=value` and `--name=value`."""
    found: dict[str, str] = {}
    words = text.replace("-c ", "--").split()
    for word in words:
        name, equals, value = word.removeprefix("--").removeprefix("-c").partition("=")
        key = name.lower().replace("-", "_")
        if not equals or key not in _SETTINGS:
            raise LoginError(f'unrecognized configuration parameter "{name}"', "42704")
        found[_SETTINGS[key]] = value
    return found


def _role(user: str) -> str:
    """The database's user: GetClusterCredentials gives names with IAM: or IAMA: before them."""
    return user.removeprefix("IAMA:").removeprefix("IAM:")


def authenticate(
    client: Client, startup: Startup, conninfo: Mapping[str, Any], main_password: str, places: Path
) -> psycopg.Connection:
    """Asks for the password and opens the session as the user; `places` is where those of CONNECTION LIMIT are taken.

    Raises:
        LoginError: the password or the database is wrong, or the user or the database has too many sessions.
    """
    with psycopg.connect(**{**conninfo, "dbname": DATABASE}, autocommit=True) as connection:
        known = _secrets(connection, startup.user, main_password)
        let_in = _by_digest(client, known) if _wants_digest(startup, known) else _by_md5(client, known)
        if not let_in:
            raise LoginError(f'password authentication failed for user "{startup.user}"', "28000")
        _take_places(connection, startup, places)
    try:
        return prepared_connection({**conninfo, "dbname": startup.database}, startup.settings, startup.user)
    except RedshiftError as error:
        raise LoginError(error.message, error.sqlstate) from error


def _take_places(connection: psycopg.Connection, startup: Startup, places: Path) -> None:
    """One of the user's and one of the database's, where these are limited; superusers need none (guide, "CREATE DATABASE")."""
    limits = "SELECT oid::text, datconnlimit FROM pg_database WHERE datname = %s AND NOT datistemplate"
    database = connection.execute(limits, [startup.database]).fetchone()
    if database is None:
        raise LoginError(f'database "{startup.database}" does not exist', "3D000")
    user = connection.execute(
        "SELECT oid::text, rolconnlimit FROM pg_roles WHERE rolname = %s AND NOT rolsuper", [startup.user]
    ).fetchone()
    if user is None:
        return
    for what, name, (oid, limit) in (("user", startup.user, user), ("database", startup.database, database)):
        if not take_place(places, f"{what}-{oid}", limit):
            raise LoginError(f'too many connections for {what} "{name}"', "53300")


@dataclass(frozen=True)
class _Secrets:
    """What lets a user in: MD5 of passwords with the name, and the SHA-256 of the password with its salt."""

    md5: tuple[str, ...] = ()
    sha256: bytes = b""
    salt: bytes = b""


def _secrets(connection: psycopg.Connection, user: str, main_password: str) -> _Secrets:
    rolled = "SELECT rolpassword FROM pg_authid WHERE rolname = %s AND rolcanlogin AND (rolvaliduntil IS NULL OR rolvaliduntil > now())"
    rows = connection.execute(rolled, [user]).fetchall()
    md5, digest, salt = [], b"", b""
    if rows and rows[0][0]:
        kept = rows[0][0]
        if kept.startswith("sha256|"):
            _, digest, salt, kept = (*map(bytes.fromhex, ["", *kept.split("|")[1:3]]), kept.split("|")[3])
        if kept.startswith("md5"):
            md5.append(kept.removeprefix("md5"))
    if user == USER:
        md5 = [hashlib.md5((main_password + user).encode()).hexdigest()]
    if connection.execute("SELECT to_regclass('local_redshift.temporary_passwords')").fetchone() != (None,):
        query = "SELECT md5 FROM local_redshift.temporary_passwords WHERE usename = %s AND expires > now()"
        md5 += [row[0] for row in connection.execute(query, [user])]
    return _Secrets(tuple(md5), digest, salt)


def _wants_digest(startup: Startup, known: _Secrets) -> bool:
    """Redshift's drivers answer for a SHA-256 password; the others are asked only where there is nothing else to ask for."""
    return bool(known.sha256) and (bool(startup.driver) or not known.md5)


def _by_md5(client: Client, known: _Secrets) -> bool:
    salt = secrets.token_bytes(4)
    client.send(message(b"R", struct.pack(">I", 5) + salt))
    kind, body = client.read()
    if kind != b"p":
        raise ProtocolError(f"expected password response, got message type {kind!r}")
    given = texts(body, 1)[0][0]
    return any(hmac.compare_digest(_response(one, salt), given) for one in known.md5)


def _by_digest(client: Client, known: _Secrets) -> bool:
    """Redshift's own request, number 13: SHA-256 of the kept digest, a number of ours and one of the client's (its drivers' source)."""
    nonce = secrets.token_bytes(16)
    parts = [struct.pack(">II", 13, 0)]
    parts += [struct.pack(">I", len(part)) + part for part in (known.salt, nonce)]
    client.send(message(b"R", b"".join(parts)))
    kind, body = client.read()
    if kind != b"d":
        raise ProtocolError(f"expected the digest of a password, got message type {kind!r}")
    try:
        (length,) = struct.unpack_from(">I", body)
        given = body[4 : 4 + length]
        (other,) = struct.unpack_from(">I", body, 4 + length)
    except struct.error as error:
        raise ProtocolError(f"the digest of a password ends too early: {error}") from error
    client_nonce = body[8 + length : 8 + length + other]
    return hmac.compare_digest(hashlib.sha256(known.sha256 + nonce + client_nonce).digest(), given)


def _response(known: str, salt: bytes) -> str:
    return "md5" + hashlib.md5(known.encode() + salt).hexdigest()


def greeting(startup: Startup, connection: psycopg.Connection, pid: int, secret: int) -> bytes:
    """AuthenticationOk, what Redshift says of itself, and the key to cancel with.

    The version is Redshift's for its own drivers; others (psql) choose their catalog queries by it and would send what no longer runs.
    """
    status = connection.pgconn.parameter_status
    version = SERVER_VERSION if startup.driver else (status(b"server_version") or b"").decode()
    parts = [message(b"R", struct.pack(">I", 0)), parameter_status("server_version", version)]
    parts += [parameter_status("server_encoding", "UNICODE")]
    parts += [parameter_status(name, (status(name.encode()) or b"").decode()) for name in _REPORTED]
    parts += [parameter_status("standard_conforming_strings", "on"), parameter_status("server_protocol_version", "0")]
    return b"".join([*parts, message(b"K", struct.pack(">iI", pid, secret))])
