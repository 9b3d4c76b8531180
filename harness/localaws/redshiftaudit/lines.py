"""The lines of the three logs, as Redshift writes them ("Database audit logging", Redshift Management Guide)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

__all__ = ["activity_line", "connection_line", "is_about_users", "user_line"]

_USERS = re.compile(r"\s*(create|alter|drop)\s+user\s+(?:if\s+(?:not\s+)?exists\s+)?\"?([^\s\";]+)", re.IGNORECASE)
_RENAMED = re.compile(r"\brename\s+to\s+\"?([^\s\";]+)", re.IGNORECASE)


def connection_line(event: Mapping[str, Any]) -> str:
    """event, recordtime, remotehost, remoteport, pid, dbname, username, authmethod, duration, sslversion … plugin_name."""
    encrypted = "TLSv1.3" if event.get("encrypted") else ""
    fields = (
        event["event"], _long(event["time"]), event["host"], event["port"], event.get("pid", 0), event.get("database", ""),
        event.get("user", ""), "password", event["microseconds"], encrypted, "", 0, "", "", "", event.get("application", ""), "",
        event.get("driver", ""), "",
    )  # fmt: skip
    return "|".join(f"{field!s} " if isinstance(field, str) else str(field) for field in fields)


def activity_line(query: Mapping[str, Any]) -> str:
    """`'2026-11-23T14:00:00Z UTC [ db=… user=… pid=… userid=… xid=… ]' LOG: text`, the text with its newlines."""
    moment = datetime.fromtimestamp(query["started"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = f"db={query['database']} user={query['user']} pid={query['pid']} userid={query['userid']} xid={query['xid']}"
    return f"'{moment} UTC [ {about} ]' LOG: {query['text']}"


def is_about_users(text: str) -> bool:
    """Does a statement change who there is?"""
    return _USERS.match(text) is not None


def user_line(query: Mapping[str, Any], roles: Mapping[str, Mapping[str, Any]]) -> str:
    """userid, username, oldusername, action, usecreatedb, usesuper, usecatupd, valuntil, pid, xid, recordtime.

    Args:
        roles: the users that there are now, by name.
    """
    found = _USERS.match(query["text"])
    if found is None:
        raise ValueError(f"no statement about a user: {query['text']}")
    action, name, old = found[1].lower(), found[2].lower(), ""
    if action == "alter" and (renamed := _RENAMED.search(query["text"])):
        action, old, name = "rename", name, renamed[1].lower()
    role = roles.get(name, {})
    until = role.get("until") or ""
    fields = (
        role.get("id", 0), name, old, action, int(bool(role.get("createdb"))), int(bool(role.get("super"))), int(bool(role.get("super"))),
        until, query["pid"], query["xid"], _long(query["started"]),
    )  # fmt: skip
    return "|".join(f"{field} " if isinstance(field, str) else str(field) for field in fields)


def _long(seconds: float) -> str:
    """`Mon, 23 Nov 2026 14:00:00:123`"""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%a, %d %b %Y %H:%M:%S}:{moment.microsecond // 1000:03d}"
