"""CALL: which procedure is meant, its arguments, its transaction, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import pq

from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError
from localaws.redshift.lexer import quote_identifier, quote_literal
from localaws.redshift.messages import redshift_error
from localaws.redshift.procedures.create import LANGUAGE, CallCommand
from localaws.redshift.procedures.interpreter import run_procedure
from localaws.redshift.procedures.machine import Machine
from localaws.redshift.procedures.values import result_of
from localaws.redshift.session import Session

__all__ = ["Procedure", "call", "find_procedure", "postgres_call", "result_query"]

_FIND = f"""
    SELECT p.oid::regprocedure::text, p.proname, p.prosrc, p.prosecdef AND pg_get_userbyid(p.proowner) <> session_user,
      has_function_privilege(p.oid, 'EXECUTE'), d.description::jsonb, p.proargtypes::regtype[]::text[]
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
      JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'local_redshift.declaration'::regclass
    WHERE l.lanname = '{LANGUAGE}' AND p.proname = %s AND CASE WHEN %s = '' THEN pg_function_is_visible(p.oid) ELSE n.nspname = %s END
      AND p.pronargs = %s
"""


@dataclass(frozen=True)
class Procedure:
    """A procedure as it was declared; `arguments` are name, mode and type."""

    signature: str
    name: str
    body: str
    arguments: tuple[tuple[str, str, str], ...]
    nonatomic: bool

    @property
    def inputs(self) -> list[tuple[str, str, str]]:
        return [argument for argument in self.arguments if argument[1] != "OUT"]

    @property
    def outputs(self) -> list[tuple[str, str, str]]:
        return [argument for argument in self.arguments if argument[1] != "IN"]


def find_procedure(connection: psycopg.Connection, command: CallCommand) -> Procedure:
    """The procedure of that name and number of arguments; of several, the one whose types are those of the arguments.

    Raises:
        RedshiftError: there is none, or it may not be run.
    """
    schema = command.name[-2] if len(command.name) > 1 else ""
    try:
        rows = connection.execute(_FIND, [command.name[-1], schema, schema, len(command.arguments)]).fetchall()
        if len(rows) > 1:
            rows = _of_types(connection, command, rows)
    except psycopg.Error as error:
        raise redshift_error(error) from error
    shown = f"{'.'.join(command.name)}({len(command.arguments)} argument(s))"
    if not rows:
        raise RedshiftError(f"procedure {shown} does not exist", "42883")
    if len(rows) > 1:
        raise RedshiftError(f"procedure {shown} is not unique: cast the arguments to the types of one of them", "42725")
    signature, name, body, other, allowed, declared, _ = rows[0]
    if not allowed:
        raise RedshiftError(f"permission denied for procedure {name}", "42501")
    if other:
        raise NotSupportedHereError(f"A SECURITY DEFINER procedure of another user ({signature})")
    arguments = tuple((one[0] or f"column{i}", one[1], one[2]) for i, one in enumerate(declared["arguments"], 1))
    return Procedure(signature, name, body, arguments, bool(declared["nonatomic"]))


def _of_types(connection: psycopg.Connection, command: CallCommand, rows: list) -> list:
    translation = translate("SELECT " + ", ".join(command.arguments))
    if translation.parameters:
        return rows
    found = connection.execute(f"SELECT {', '.join(f'pg_typeof(c{i})' for i in range(len(command.arguments)))} FROM "  # type: ignore[arg-type]
        f"({translation.sql[0]}) AS given ({', '.join(f'c{i}' for i in range(len(command.arguments)))})").fetchone()  # fmt: skip
    kinds = [str(kind) for kind in found or ()]
    exact = [row for row in rows if row[6] == kinds]
    return exact or [row for row in rows if all(kind in (other, "unknown") for kind, other in zip(kinds, row[6], strict=True))] or rows


def arguments_query(procedure: Procedure, command: CallCommand) -> str:
    """The query that gives the arguments in their types, in Redshift's SQL."""
    given = zip(command.arguments, procedure.inputs, strict=True)
    casts = [f"CAST(({text}) AS {_cast(kind)}) AS argument_{i}" for i, (text, (_, _, kind)) in enumerate(given)]
    return f"SELECT {', '.join(casts)}"


def _cast(kind: str) -> str:
    return "varchar(65535)" if kind.strip().lower() in ("refcursor", "varchar", "text") else kind


def postgres_call(procedure: Procedure, command: CallCommand) -> str:
    """The CALL as PostgreSQL would take it, which is prepared in its place so that a client is told its parameters and columns."""
    translated = iter(translate(f"SELECT {text}").sql[0].removeprefix("SELECT ") for text in command.arguments)
    listed = ["NULL" if mode == "OUT" else next(translated) for _, mode, _ in procedure.arguments]
    name = ".".join(map(quote_identifier, command.name))
    return f"CALL {name}({', '.join(listed)})"


def result_query(procedure: Procedure, values: Sequence[str | None]) -> str:
    """The query that gives what a procedure gave back, in PostgreSQL's SQL; empty for one without OUT and INOUT arguments."""
    casts = [
        f"CAST({'NULL' if value is None else quote_literal(value)} AS {_cast(kind)}) AS {quote_identifier(name)}"
        for value, (name, _, kind) in zip(values, procedure.outputs, strict=True)
    ]
    return translate(f"SELECT {', '.join(casts)}").sql[0] if casts else ""


def call(
    session: Session,
    procedure: Procedure,
    given: Sequence[str | None],
    tell: Callable[[str, str], None],
) -> list[str | None]:
    """Runs it with the values of its IN and INOUT arguments; gives those of OUT and INOUT.

    Raises:
        RedshiftError: it failed; a transaction that began with the CALL is over.
    """
    own = session.connection.info.transaction_status == pq.TransactionStatus.IDLE
    machine = Machine(session, tell, may_end=own or session.procedures_may_commit, nonatomic=procedure.nonatomic and own)
    if own and not machine.nonatomic:
        session.begin()
    try:
        found = run_procedure(machine, procedure, given)
    except RedshiftError:
        if own and machine.open:
            session.end("ROLLBACK")
        raise
    if own and machine.open:
        session.end("COMMIT")
    return found


def call_by_values(session: Session, command: CallCommand, values: Mapping[str, str | None], tell: Callable[[str, str], None]) -> str:
    """The whole of a CALL whose parameters have names: the query for what it gave."""
    procedure = find_procedure(session.connection, command)
    given: Sequence[str | None] = ()
    if command.arguments:
        given = result_of(session.run(arguments_query(procedure, command), values)).rows[0]
    return result_query(procedure, call(session, procedure, given, tell))
