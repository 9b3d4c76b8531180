"""Runs a procedure's tree: one method for each kind of statement.

Errors: a block with EXCEPTION undoes the transaction, runs its handler in a new one, commits that, and the error goes on; in a NONATOMIC
procedure it ends there (guide, "Trapping errors"). A cancelled statement is caught by no handler.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from localaws.redshift.exceptions import ConnectionLostError, RedshiftError, RefusedByRedshiftError, StatementCancelledError
from localaws.redshift.lexer import significant, tokenize
from localaws.redshift.procedures import tree
from localaws.redshift.procedures.create import parse_call
from localaws.redshift.procedures.frame import Frame, Left, Returned
from localaws.redshift.procedures.machine import Machine
from localaws.redshift.procedures.parse import parse_body
from localaws.redshift.procedures.tree import Block, Node
from localaws.redshift.procedures.values import Column, Result
from localaws.redshift.procedures.variables import Record, Scope, Variable

__all__ = ["run_procedure"]

# Where parameters are possible; elsewhere variables are written as literals, or are none of the statement's business.
_PARAMETERS = frozenset(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "VALUES", "("))
_LITERALS = frozenset(("CREATE", "MERGE", "DECLARE"))
_ROWS_AT_ONCE = 500


def run_procedure(machine: Machine, procedure: object, given: Sequence[str | None]) -> list[str | None]:
    """The values of OUT and INOUT arguments in the end. `procedure` is a `call.Procedure`.

    Raises:
        RedshiftError: a statement failed and no handler of a NONATOMIC procedure took it.
    """
    return _Run(machine).procedure(procedure, given)


@lru_cache(maxsize=256)
def _parsed(body: str) -> Block:
    return parse_body(body)


class _Run:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.handled: list[RedshiftError] = []

    def procedure(self, procedure: object, given: Sequence[str | None]) -> list[str | None]:
        name, body, arguments = procedure.name, procedure.body, procedure.arguments  # type: ignore[attr-defined]
        self.machine.deeper()
        scope, values = Scope(), iter(given)
        variables = []
        for number, (label, mode, kind) in enumerate(arguments, 1):
            variable = Variable(label, kind, None if mode == "OUT" else next(values))
            if kind.strip().lower() == "refcursor":
                variable.type, variable.cursor = "varchar(65535)", tree.Declaration(label, "cursor")
            scope.add(label, variable)
            scope.add(f"${number}", variable)
            variables.append((mode, variable))
        frame = Frame(self.machine, scope, name)
        scope.add("found", Variable("found", "boolean", "f"))
        try:
            self.block(frame, _parsed(body))
        except Returned:
            pass
        except Left as left:
            raise RedshiftError(f"{'CONTINUE' if left.again else 'EXIT'} cannot be used outside a loop", "42601") from left
        finally:
            self.machine.depth -= 1
        return [variable.text for mode, variable in variables if mode != "IN"]

    def block(self, frame: Frame, block: Block) -> None:
        inner = frame.inside()
        for declaration in block.declarations:
            inner.declare(declaration)
        if block.handler is None:
            return self._labelled(inner, block)
        try:
            return self._labelled(inner, block)
        except (StatementCancelledError, ConnectionLostError):
            raise
        except RedshiftError as error:
            self._handle(inner, block, error)
        return None

    def _labelled(self, frame: Frame, block: Block) -> None:
        try:
            for statement in block.body:
                if not (block.goes_on and self.machine.nonatomic):
                    self.statement(frame, statement)
                    continue
                try:
                    self.statement(frame, statement)
                except (StatementCancelledError, ConnectionLostError):
                    raise
                except RedshiftError as error:
                    self._handle(frame, block, error)
        except Left as left:
            if left.again or not left.label or left.label != block.label:
                raise

    def _handle(self, frame: Frame, block: Block, error: RedshiftError) -> None:
        assert block.handler is not None
        if self.machine.open:
            self.machine.give_up()
        inner = frame.inside()
        inner.scope.add("sqlerrm", Variable("sqlerrm", "varchar(65535)", error.message))
        inner.scope.add("sqlstate", Variable("sqlstate", "varchar(5)", error.sqlstate))
        self.handled.append(error)
        try:
            for statement in block.handler:
                self.statement(inner, statement)
        finally:
            self.handled.pop()
        if not self.machine.nonatomic:
            self.machine.session.end("COMMIT")
            raise error

    def statement(self, frame: Frame, node: Node) -> None:
        try:
            _RUN[type(node)](self, frame, node)
        except RedshiftError as error:
            error.fields.setdefault("W", f'PL/pgSQL function "{frame.name}" line {node.line} at {type(node).__name__}')
            raise

    def _assign(self, frame: Frame, node: tree.Assign) -> None:
        variable = frame.target(node.target)
        if isinstance(variable, Record):
            raise RedshiftError(f'a whole record is assigned by SELECT INTO: "{variable.name}"', "0A000")
        frame.set(variable, frame.value(node.value, variable.type))

    def _sql(self, frame: Frame, node: tree.Sql) -> None:
        text = node.text
        if node.into and frame.scope.find(node.into[0][0]) is None:
            assert node.whole is not None
            text = node.whole  # SELECT … INTO a new table
        elif node.into:
            return frame.store(node.into, frame.query(text, 1))
        opening = text.tokens[0].key
        if opening == "CALL":
            return self._call(frame, text)
        if opening == "TRUNCATE":
            return self.machine.run_and_commit(text.sql)
        if opening in ("SELECT", "WITH") and not (node.discard or node.into):
            raise RedshiftError(
                "query has no destination for result data. If you want to discard the results, use PERFORM instead.", "42601"
            )
        self._execute(frame, text, opening)
        return None

    def _execute(self, frame: Frame, text: tree.Text, opening: str) -> None:
        if opening in _PARAMETERS:
            frame.query(text, 0)
        elif opening in _LITERALS:
            self.machine.run(frame.literal(text), {}, 0)
        else:
            self.machine.run(text.sql, {}, 0)
        frame.found(self.machine.last.count > 0)

    def _call(self, frame: Frame, text: tree.Text) -> None:
        from localaws.redshift.procedures.call import arguments_query, find_procedure

        command = parse_call(text.sql, tokenize(text.sql))
        procedure = find_procedure(self.machine.session.connection, command)
        given: Sequence[str | None] = ()
        if command.arguments:
            query = arguments_query(procedure, command)
            given = frame.query(tree.Text(query, tuple(significant(tokenize(query)))), 1).rows[0]
        found = self.procedure(procedure, given)
        names = [arg for arg, (_, mode, _) in zip(command.arguments, procedure.inputs, strict=True) if mode == "INOUT"]
        outputs = [(output, value) for output, value in zip(procedure.outputs, found, strict=True) if output[1] == "INOUT"]
        for name, ((label, _, kind), value) in zip(names, outputs, strict=True):
            variable = frame.scope.find(name.strip().strip('"').lower())
            if not isinstance(variable, Variable):
                raise RedshiftError(f'procedure parameter "{label}" is an INOUT parameter: its argument must be a variable', "42601")
            frame.set(variable, frame.converted(variable, Column(label, kind), value))

    def _dynamic(self, frame: Frame, node: tree.Dynamic) -> None:
        sql = frame.value(node.text, "varchar(65535)")
        if sql is None:
            raise RedshiftError("cannot EXECUTE a null querystring", "22004")
        tokens = significant(tokenize(sql))
        opening = tokens[0].key if tokens else ""
        if opening == "CALL":
            return self._call(frame, tree.Text(sql.rstrip().rstrip(";"), tuple(tokens)))
        if opening == "TRUNCATE":
            return self.machine.run_and_commit(sql)
        found = self.machine.run(sql, {}, 1 if node.into else 0)
        if node.into:
            frame.store(node.into, found)
        return None

    def _if(self, frame: Frame, node: tree.If) -> None:
        for condition, body in node.branches:
            if frame.holds(condition):
                return self._body(frame, body)
        if node.otherwise is None and node.is_case:
            raise RedshiftError("case not found: CASE statement is missing ELSE part", "20000")
        return self._body(frame, node.otherwise or [])

    def _body(self, frame: Frame, body: list[Node]) -> None:
        for statement in body:
            self.statement(frame, statement)

    def _once(self, frame: Frame, label: str, body: list[Node]) -> bool:
        """A turn of a loop; whether there is to be another."""
        try:
            self._body(frame, body)
        except Left as left:
            if left.label and left.label != label:
                raise
            return left.again
        return True

    def _loop(self, frame: Frame, node: tree.Loop) -> None:
        while node.condition is None or frame.holds(node.condition):
            if not self._once(frame, node.label, node.body):
                return

    def _for_range(self, frame: Frame, node: tree.ForRange) -> None:
        low, high = frame.value(node.low, "integer"), frame.value(node.high, "integer")
        if low is None or high is None:
            raise RedshiftError("the limits of a FOR loop cannot be null", "22004")
        inner = frame.inside()
        variable = Variable(node.variable, "integer")
        inner.scope.add(node.variable, variable)
        # FOR i IN REVERSE begins with the first limit.
        turns = range(int(low), int(high) - 1, -1) if node.reverse else range(int(low), int(high) + 1)
        for number in turns:
            variable.text = str(number)
            if not self._once(inner, node.label, node.body):
                return

    def _for_query(self, frame: Frame, node: tree.ForQuery) -> None:
        sql = frame.value(node.query, "varchar(65535)") if node.dynamic else frame.literal(node.query)
        if sql is None:
            raise RedshiftError("cannot EXECUTE a null querystring", "22004")
        some = False
        for rows in self._pieces(sql):
            for row in rows.rows:
                some = True
                frame.store(node.targets, Result(rows.columns, [row], 1))
                if not self._once(frame, node.label, node.body):
                    return
        frame.found(some)

    def _pieces(self, sql: str):  # type: ignore[no-untyped-def]
        """All rows; by a cursor where there is a transaction for it, so that memory does not grow with them."""
        if not self.machine.open:
            yield self.machine.run(sql, {})
            return
        name = self.machine.next_cursor()
        self.machine.run(f"DECLARE {name} CURSOR FOR {sql}", {})
        while True:
            rows = self.machine.run(f"FETCH FORWARD {_ROWS_AT_ONCE} FROM {name}", {})
            yield rows
            if len(rows.rows) < _ROWS_AT_ONCE:
                break
        self.machine.run(f"CLOSE {name}", {})

    def _exit(self, frame: Frame, node: tree.Exit) -> None:
        if node.condition is None or frame.holds(node.condition):
            raise Left(node.again, node.label)

    def _return(self, frame: Frame, node: tree.Return) -> None:
        raise Returned

    def _raise(self, frame: Frame, node: tree.Raise) -> None:
        if node.format is None:
            if not self.handled:
                raise RedshiftError("RAISE without parameters cannot be used outside an exception handler", "0Z002")
            raise self.handled[-1]
        places = len(re.findall(r"%%|(%)", node.format)) - node.format.count("%%")
        if places != len(node.values):
            raise RedshiftError(f"too {'few' if places > len(node.values) else 'many'} parameters specified for RAISE", "42601")
        given = iter([frame.shown(value) for value in node.values])
        words = re.sub(r"%%|%", lambda match: "%" if match[0] == "%%" else next(given), node.format)
        if node.level == "EXCEPTION":
            raise RedshiftError(words, "P0001")
        self.machine.tell(node.level, words)

    def _open(self, frame: Frame, node: tree.Open) -> None:
        variable = frame.cursor(node.cursor)
        assert variable.cursor is not None
        inner = frame.inside()
        for (name, kind), value in zip(variable.cursor.arguments, node.values, strict=True):
            inner.scope.add(name, Variable(name, kind, frame.value(value, kind)))
        query = node.query or variable.cursor.query
        if query is None:
            raise RedshiftError(f'cursor "{node.cursor}" has no query: OPEN … FOR query', "42601")
        sql = frame.value(query, "varchar(65535)") if node.dynamic else inner.literal(query)
        if not self.machine.open:
            raise RefusedByRedshiftError("a cursor needs a transaction: a NONATOMIC procedure opens one by START TRANSACTION")
        variable.text = variable.text or self.machine.next_cursor()
        self.machine.run(f'DECLARE "{variable.text}" CURSOR FOR {sql}', {})

    def _fetch(self, frame: Frame, node: tree.Fetch) -> None:
        frame.store(node.into, self.machine.run(f'FETCH FORWARD 1 FROM "{frame.opened(node.cursor)}"', {}))

    def _close(self, frame: Frame, node: tree.Close) -> None:
        self.machine.run(f'CLOSE "{frame.opened(node.cursor)}"', {})
        frame.cursor(node.cursor).text = None

    def _diagnostics(self, frame: Frame, node: tree.Diagnostics) -> None:
        count = str(max(self.machine.last.count, 0))
        variable = frame.target(node.target)
        assert isinstance(variable, Variable)
        frame.set(variable, frame.converted(variable, Column("row_count", "bigint"), count))

    def _transaction(self, frame: Frame, node: tree.Transaction) -> None:
        if node.what != "BEGIN":
            return self.machine.end(node.what)
        if not self.machine.nonatomic:
            raise RefusedByRedshiftError("START TRANSACTION is for NONATOMIC procedures")
        return self.machine.session.begin()


_RUN: dict[type, Callable] = {
    Block: _Run.block,
    tree.Nothing: lambda run, frame, node: None,
    tree.Assign: _Run._assign,
    tree.Sql: _Run._sql,
    tree.Dynamic: _Run._dynamic,
    tree.If: _Run._if,
    tree.Loop: _Run._loop,
    tree.ForRange: _Run._for_range,
    tree.ForQuery: _Run._for_query,
    tree.Exit: _Run._exit,
    tree.Return: _Run._return,
    tree.Raise: _Run._raise,
    tree.Open: _Run._open,
    tree.Fetch: _Run._fetch,
    tree.Close: _Run._close,
    tree.Diagnostics: _Run._diagnostics,
    tree.Transaction: _Run._transaction,
}
