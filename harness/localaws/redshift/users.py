"""CREATE and ALTER USER and ROLE, DROP ROLE (Redshift guide, "CREATE USER", "ALTER USER", "CREATE ROLE").

Users are PostgreSQL's. What those have no place for is kept as settings of the role (`ALTER ROLE … SET`), which a session takes on when the
user logs in. A SHA-256 password is kept as its digest beside the role; the plain one that it is given by makes an MD5 too, for clients
that know nothing else.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, Token, quote_identifier, quote_literal, significant, unquote
from localaws.redshift.passwords import broken_rules
from localaws.redshift.session_settings import setting_value
from localaws.redshift.settings import postgres_setting

__all__ = ["alter_role", "alter_user", "create_role", "create_user", "drop_role"]

_FLAGS = {
    "CREATEDB": "CREATEDB",
    "NOCREATEDB": "NOCREATEDB",
    "CREATEUSER": "SUPERUSER",
    "NOCREATEUSER": "NOSUPERUSER",
}
_DIGEST = re.compile(r"sha256\|([0-9a-fA-F]{64})\|(.+)", re.DOTALL)
_MD5 = re.compile(r"md5[0-9a-f]{32}")
SHORTEST_TIMEOUT, LONGEST_TIMEOUT = 60, 1_728_000  # seconds


@dataclass
class _Options:
    """Of CREATE and ALTER USER: PostgreSQL's words, and the statements that follow."""

    words: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    reset: list[str] = field(default_factory=list)
    password: bool = False
    """Whether one was given, or none at all by DISABLE."""
    digest: tuple[str, str] | None = None

    def after(self, user: str) -> list[str]:
        name = quote_identifier(user)
        statements = [f"ALTER ROLE {name} SET {setting} = {quote_literal(value)}" for setting, value in self.settings.items()]
        statements += [f"ALTER ROLE {name} RESET {setting}" for setting in self.reset]
        if self.digest:
            digest, salt = (f"'\\x{part}'" for part in self.digest)
            statements.append(f"SELECT local_redshift.keep_sha256({quote_literal(user)}, {digest}, {salt})")
        return statements


def create_user(tokens: Sequence[Token]) -> tuple[str, ...]:
    """CREATE USER name [WITH] options."""
    cursor = Cursor(significant(tokens))
    cursor.expect("CREATE", "USER")
    user = cursor.identifier()
    cursor.accept("WITH")
    options = _options(cursor, user)
    if not options.password:
        raise StatementSyntaxError(f'PASSWORD is missing in CREATE USER "{user}": a password, a hash of one, or DISABLE')
    return (" ".join([f"CREATE USER {quote_identifier(user)}", *options.words]), *options.after(user))


def alter_user(tokens: Sequence[Token]) -> tuple[str, ...]:
    """ALTER USER name [WITH] options, RENAME TO, SET and RESET of a setting."""
    cursor = Cursor(significant(tokens))
    cursor.expect("ALTER", "USER")
    user = cursor.identifier()
    name = quote_identifier(user)
    if cursor.accept("RENAME", "TO"):
        return (f"ALTER USER {name} RENAME TO {quote_identifier(cursor.last_identifier())}",)
    if cursor.accept("SET"):
        setting = cursor.identifier()
        if not (cursor.accept("TO") or cursor.accept("=")):
            raise StatementSyntaxError(f"syntax error in ALTER USER {user} SET: TO or = was expected")
        value = setting_value(cursor, setting)
        return (f"ALTER ROLE {name} SET {postgres_setting(setting)} TO {value}",)
    if cursor.peek() == "RESET" and cursor.peek(1) != "SESSION":
        cursor.take()
        return (f"ALTER ROLE {name} RESET {postgres_setting(cursor.last_identifier())}",)
    cursor.accept("WITH")
    options = _options(cursor, user)
    first = [" ".join([f"ALTER USER {name}", *options.words])] if options.words else []
    return (*first, *options.after(user))


def _options(cursor: Cursor, user: str) -> _Options:
    found = _Options()
    while not cursor.done:
        word = cursor.peek()
        if word in _FLAGS:
            cursor.take()
            found.words.append(_FLAGS[word])
        elif cursor.accept("PASSWORD"):
            _password(cursor, user, found)
        elif cursor.accept("VALID", "UNTIL"):
            found.words.append(f"VALID UNTIL {quote_literal(unquote(cursor.take()))}")
        elif cursor.accept("IN", "GROUP"):
            groups = [quote_identifier(cursor.identifier())]
            while cursor.accept(","):
                groups.append(quote_identifier(cursor.identifier()))
            found.words.append(f"IN GROUP {', '.join(groups)}")
        elif cursor.accept("CONNECTION", "LIMIT"):
            found.words.append(f"CONNECTION LIMIT {-1 if cursor.accept('UNLIMITED') else cursor.number()}")
        elif not _kept(cursor, found):
            raise StatementSyntaxError(f'syntax error at or near "{cursor.take().text}" in the options of user "{user}"')
    return found


def _kept(cursor: Cursor, found: _Options) -> bool:
    """Options that are settings of the role."""
    if cursor.accept("SESSION", "TIMEOUT"):
        seconds = cursor.number()
        if not SHORTEST_TIMEOUT <= seconds <= LONGEST_TIMEOUT:
            raise RedshiftError(f"SESSION TIMEOUT must be between {SHORTEST_TIMEOUT} and {LONGEST_TIMEOUT} seconds: {seconds}", "22023")
        found.settings["idle_session_timeout"] = f"{seconds}s"
    elif cursor.accept("RESET", "SESSION", "TIMEOUT"):
        found.reset.append("idle_session_timeout")
    elif cursor.accept("SYSLOG", "ACCESS"):
        access = cursor.take().key
        if access not in ("RESTRICTED", "UNRESTRICTED"):
            raise StatementSyntaxError(f'syntax error at or near "{access}": RESTRICTED or UNRESTRICTED was expected')
        found.settings["local_redshift.syslog_access"] = access
    elif cursor.accept("EXTERNALID"):
        raise NotSupportedHereError("A user with an EXTERNALID")
    else:
        return False
    return True


def _password(cursor: Cursor, user: str, found: _Options) -> None:
    """A password in the clear, `md5` and its hash, `sha256|password`, `sha256|digest|salt`, or DISABLE."""
    found.password = True
    if cursor.accept("DISABLE"):
        found.words.append("PASSWORD NULL")
        return
    given = unquote(cursor.take())
    if digest := _DIGEST.fullmatch(given):
        found.digest = digest[1].lower(), digest[2].encode().hex()
        found.words.append("PASSWORD NULL")
        return
    if not _MD5.fullmatch(given):
        plain = given.removeprefix("sha256|")
        if broken := broken_rules(plain):
            raise RedshiftError(f'The password of user "{user}" must {broken}', "22023")
        if plain != given:
            salt = secrets.token_bytes(16)
            found.digest = hashlib.sha256(plain.encode() + salt).hexdigest(), salt.hex()
        # What PostgreSQL would keep of it, so that no view of running statements shows it.
        given = "md5" + hashlib.md5((plain + user).encode()).hexdigest()
    found.words.append(f"PASSWORD {quote_literal(given)}")


def create_role(tokens: Sequence[Token]) -> tuple[str, ...]:
    """CREATE ROLE name."""
    cursor = Cursor(significant(tokens))
    cursor.expect("CREATE", "ROLE")
    name = cursor.identifier()
    if cursor.accept("EXTERNALID"):
        raise NotSupportedHereError("A role with an EXTERNALID")
    cursor.end()
    role = quote_identifier(name)
    return (f"CREATE ROLE {role}", f"ALTER ROLE {role} SET local_redshift.identity = 'role'")  # a group is another thing


def alter_role(tokens: Sequence[Token]) -> tuple[str, ...]:
    """ALTER ROLE name RENAME TO; a role of PostgreSQL has no owner."""
    cursor = Cursor(significant(tokens))
    cursor.expect("ALTER", "ROLE")
    name = cursor.identifier()
    cursor.accept("WITH")
    if cursor.peek() in ("OWNER", "EXTERNALID"):
        raise NotSupportedHereError(f"ALTER ROLE … {cursor.peek()}")
    cursor.expect("RENAME", "TO")
    return (f"ALTER ROLE {quote_identifier(name)} RENAME TO {quote_identifier(cursor.last_identifier())}",)


def drop_role(tokens: Sequence[Token]) -> tuple[str, ...]:
    """DROP ROLE name [FORCE | RESTRICT]: without FORCE it must not be granted to anybody."""
    cursor = Cursor(significant(tokens))
    cursor.expect("DROP", "ROLE")
    name = cursor.identifier()
    force = cursor.accept("FORCE")
    if not force:
        cursor.accept("RESTRICT")
    cursor.end()
    role = quote_identifier(name)
    if force:
        return (f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    return (f"SELECT local_redshift.role_is_free({quote_literal(name)})", f"DROP ROLE {role}")
