"""CREATE and ALTER USER, ROLE and DATABASE (Redshift guide, "CREATE USER", "ALTER USER", "CREATE ROLE", "CREATE DATABASE").

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
from localaws.redshift.lexer import Cursor, Token, plain_text, quote_identifier, quote_literal, significant, unquote
from localaws.redshift.passwords import broken_rules
from localaws.redshift.settings import check_setting, postgres_setting

__all__ = [
    "alter_database",
    "alter_role",
    "alter_user",
    "create_database",
    "create_role",
    "create_user",
    "drop_database",
    "drop_role",
    "setting_value",
]

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
        return (f"ALTER USER {name} RENAME TO {quote_identifier(_last(cursor))}",)
    if cursor.accept("SET"):
        setting = cursor.identifier()
        if not (cursor.accept("TO") or cursor.accept("=")):
            raise StatementSyntaxError(f"syntax error in ALTER USER {user} SET: TO or = was expected")
        value = setting_value(cursor, setting)
        return (f"ALTER ROLE {name} SET {postgres_setting(setting)} TO {value}",)
    if cursor.peek() == "RESET" and cursor.peek(1) != "SESSION":
        cursor.take()
        return (f"ALTER ROLE {name} RESET {postgres_setting(_last(cursor))}",)
    cursor.accept("WITH")
    options = _options(cursor, user)
    first = [" ".join([f"ALTER USER {name}", *options.words])] if options.words else []
    return (*first, *options.after(user))


def _last(cursor: Cursor) -> str:
    name = cursor.identifier()
    cursor.end()
    return name


def setting_value(cursor: Cursor, name: str) -> str:
    """What is left of a SET, as PostgreSQL reads it. Raises RedshiftError: the setting cannot have it."""
    tokens = cursor.tokens[cursor.at :]
    if not tokens:
        raise StatementSyntaxError("syntax error at end of input")
    text = " ".join(plain_text([token]) for token in tokens)
    check_setting(name, unquote(tokens[0]) if tokens[0].kind == "string" and len(tokens) == 1 else text)
    return text


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
            found.words.append(f"CONNECTION LIMIT {-1 if cursor.accept('UNLIMITED') else _number(cursor)}")
        elif not _kept(cursor, found):
            raise StatementSyntaxError(f'syntax error at or near "{cursor.take().text}" in the options of user "{user}"')
    return found


def _kept(cursor: Cursor, found: _Options) -> bool:
    """Options that are settings of the role."""
    if cursor.accept("SESSION", "TIMEOUT"):
        seconds = _number(cursor)
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


def _number(cursor: Cursor) -> int:
    token = cursor.take()
    if token.kind != "number" or not token.text.isdigit():
        raise StatementSyntaxError(f'syntax error at or near "{token.text}": a whole number was expected')
    return int(token.text)


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
        given = plain
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
    return (f"ALTER ROLE {quote_identifier(name)} RENAME TO {quote_identifier(_last(cursor))}",)


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


def create_database(tokens: Sequence[Token]) -> tuple[str, ...]:
    """CREATE DATABASE name [[WITH] [OWNER [=] user] [CONNECTION LIMIT n | UNLIMITED] [ISOLATION LEVEL SERIALIZABLE]]."""
    cursor = Cursor(significant(tokens))
    cursor.expect("CREATE", "DATABASE")
    words = [f"CREATE DATABASE {quote_identifier(cursor.identifier())}"]
    if cursor.peek() == "FROM":
        raise NotSupportedHereError("A database of a datashare, of an integration or of a catalog")
    cursor.accept("WITH")
    while not cursor.done:
        if cursor.accept("OWNER"):
            cursor.accept("=")
            words.append(f"OWNER {quote_identifier(cursor.identifier())}")
        elif cursor.accept("CONNECTION", "LIMIT"):
            words.append(f"CONNECTION LIMIT {-1 if cursor.accept('UNLIMITED') else _number(cursor)}")
        elif cursor.accept("ISOLATION", "LEVEL", "SERIALIZABLE") or cursor.accept("COLLATE", "CASE_SENSITIVE"):
            continue
        else:
            raise NotSupportedHereError(f"CREATE DATABASE … {cursor.take().key}")
    return (" ".join(words),)


def alter_database(tokens: Sequence[Token]) -> tuple[str, ...]:
    """ALTER DATABASE name RENAME TO, OWNER TO, CONNECTION LIMIT."""
    cursor = Cursor(significant(tokens))
    cursor.expect("ALTER", "DATABASE")
    name = cursor.identifier()
    opening = f"ALTER DATABASE {quote_identifier(name)}"
    if cursor.accept("RENAME", "TO"):
        return (_left(name), f"{opening} RENAME TO {quote_identifier(_last(cursor))}")
    if cursor.accept("OWNER", "TO"):
        return (f"{opening} OWNER TO {quote_identifier(_last(cursor))}",)
    if cursor.accept("CONNECTION", "LIMIT"):
        limit = -1 if cursor.accept("UNLIMITED") else _number(cursor)
        cursor.end()
        return (f"{opening} CONNECTION LIMIT {limit}",)
    raise NotSupportedHereError(f"ALTER DATABASE … {cursor.peek()}")


def drop_database(tokens: Sequence[Token]) -> tuple[str, ...]:
    """DROP DATABASE name [FORCE]: with FORCE its sessions are ended."""
    cursor = Cursor(significant(tokens))
    cursor.expect("DROP", "DATABASE")
    name = cursor.identifier()
    force = " WITH (FORCE)" if cursor.accept("FORCE") else ""
    cursor.end()
    return (_left(name), f"DROP DATABASE {quote_identifier(name)}{force}")


def _left(database: str) -> str:
    return f"SELECT local_redshift.leave_database({quote_literal(database)})"
