"""The body of a procedure, read into a tree (Redshift guide, "Structure of PL/pgSQL", "Supported PL/pgSQL statements")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, Token, significant, tokenize, unquote
from localaws.redshift.procedures.declare import read_declarations
from localaws.redshift.procedures.text import piece, split_range, text_until
from localaws.redshift.procedures.tree import (
    Assign,
    Block,
    Close,
    Diagnostics,
    Dynamic,
    Exit,
    Fetch,
    ForQuery,
    ForRange,
    If,
    Loop,
    Node,
    Nothing,
    Open,
    Raise,
    Return,
    Sql,
    Text,
    Transaction,
)

__all__ = ["parse_body"]

_LEVELS = ("DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION")


def parse_body(body: str) -> Block:
    """The outermost block.

    Raises:
        RedshiftError: it cannot be parsed; the message has the line of the body.
    """
    return _Parser(body).whole()


class _Parser:
    def __init__(self, body: str) -> None:
        self.body = body
        self.cursor = Cursor(significant(tokenize(body)))

    def whole(self) -> Block:
        try:
            block = self._block(self._label())
            if not self.cursor.done:
                raise StatementSyntaxError(f'syntax error at or near "{self.cursor.take().text}" after the end of the procedure')
        except RedshiftError as error:
            error.message = f"{error.message} (line {self.line} of the procedure's body)"
            raise
        return block

    @property
    def line(self) -> int:
        tokens = self.cursor.tokens
        at = tokens[min(self.cursor.at, len(tokens) - 1)].start if tokens else 0
        return self.body.count("\n", 0, at) + 1

    def _label(self) -> str:
        if not self.cursor.accept("<", "<"):
            return ""
        label = self.cursor.identifier()
        self.cursor.expect(">", ">")
        return label

    def _block(self, label: str) -> Block:
        line, cursor = self.line, self.cursor
        declarations = []
        while cursor.accept("DECLARE"):
            declarations += read_declarations(self.body, cursor)
        cursor.expect("BEGIN")
        cursor.accept(";")
        block = Block(line, label, declarations, self._statements("END", "EXCEPTION"))
        if cursor.accept("EXCEPTION"):
            block.goes_on = cursor.accept("CONTINUE_HANDLER")
            cursor.accept("EXIT_HANDLER")
            cursor.expect("WHEN")
            if not cursor.accept("OTHERS"):
                raise StatementSyntaxError(f'unrecognized exception condition "{cursor.take().text}": OTHERS is the only one')
            cursor.expect("THEN")
            block.handler = self._statements("END")
        cursor.expect("END")
        if not cursor.done and cursor.peek() != ";":
            cursor.identifier()
        if not cursor.done:
            cursor.expect(";")
        return block

    def _statements(self, *ends: str) -> list[Node]:
        found: list[Node] = []
        while self.cursor.peek() not in ends:
            if self.cursor.done:
                raise StatementSyntaxError(f"syntax error at end of input: {' or '.join(ends)} was expected")
            found.append(self._statement())
        return found

    def _statement(self) -> Node:
        label = self._label()
        word, cursor = self.cursor.peek(), self.cursor
        if word in ("DECLARE", "BEGIN") and not (word == "BEGIN" and cursor.peek(1) in (";", "TRANSACTION", "WORK")):
            return self._block(label)
        if word in _LOOPS:
            return _LOOPS[word](self, label)
        if self._is_assignment():
            return self._assignment()
        if word in _STATEMENTS:
            return _STATEMENTS[word](self)
        return self._sql()

    def _is_assignment(self) -> bool:
        cursor = self.cursor
        kind = cursor.tokens[cursor.at].kind
        ahead = 3 if cursor.peek(1) == "." else 1
        return kind in ("word", "quoted") and cursor.peek(ahead) == ":="

    def _assignment(self) -> Node:
        line, target = self.line, self.cursor.qualified()
        self.cursor.expect(":=")
        return Assign(line, target, self._until(";"))

    def _until(self, *ends: str) -> Text:
        """What comes before one of the words or signs, which is taken too."""
        return text_until(self.body, self.cursor, ends)

    def _targets(self) -> tuple[tuple[str, ...], ...]:
        found = [self.cursor.qualified()]
        while self.cursor.accept(","):
            found.append(self.cursor.qualified())
        return tuple(found)

    def _sql(self) -> Node:
        line, text = self.line, self._until(";")
        if not text.tokens:
            raise StatementSyntaxError('syntax error at or near ";"')
        if text.tokens[0].key in ("SELECT", "WITH") and (found := _into(self.body, text)) is not None:
            return Sql(line, *found, whole=text)
        return Sql(line, text)

    def _perform(self) -> Node:
        line = self.line
        self.cursor.take()
        text = self._until(";")
        queries = text.tokens and text.tokens[0].key in ("SELECT", "WITH")
        return Sql(line, text if queries else piece(f"SELECT {text.sql}"), discard=True)

    def _execute(self) -> Node:
        line = self.line
        self.cursor.expect("EXECUTE")
        text, ended = text_until(self.body, self.cursor, ("INTO", "USING", ";")), self.cursor.tokens[self.cursor.at - 1].key
        if ended == "USING":
            raise StatementSyntaxError('syntax error at or near "using": EXECUTE takes an expression, with INTO at most')
        into: tuple[tuple[str, ...], ...] = ()
        if ended == "INTO":
            into = self._targets()
            self.cursor.expect(";")
        return Dynamic(line, text, into)

    def _if(self) -> Node:
        line, branches = self.line, []
        otherwise = None
        self.cursor.expect("IF")
        while True:
            condition = self._until("THEN")
            branches.append((condition, self._statements("ELSIF", "ELSEIF", "ELSE", "END")))
            if not (self.cursor.accept("ELSIF") or self.cursor.accept("ELSEIF")):
                break
        if self.cursor.accept("ELSE"):
            otherwise = self._statements("END")
        self.cursor.expect("END", "IF", ";")
        return If(line, branches, otherwise)

    def _case(self) -> Node:
        line, branches = self.line, []
        self.cursor.expect("CASE")
        subject = None if self.cursor.peek() == "WHEN" else text_until(self.body, self.cursor, ("WHEN",), keep=True)
        while self.cursor.accept("WHEN"):
            condition = self._until("THEN")
            if subject is not None:
                condition = piece(f"({subject.sql}) IN ({condition.sql})")
            branches.append((condition, self._statements("WHEN", "ELSE", "END")))
        otherwise = self._statements("END") if self.cursor.accept("ELSE") else None
        self.cursor.expect("END", "CASE", ";")
        return If(line, branches, otherwise, is_case=True)

    def _body(self) -> list[Node]:
        body = self._statements("END")
        self.cursor.expect("END", "LOOP")
        if self.cursor.peek() != ";":
            self.cursor.identifier()
        self.cursor.expect(";")
        return body

    def _loop(self, label: str) -> Node:
        line = self.line
        condition = self._until("LOOP") if self.cursor.accept("WHILE") else None
        if condition is None:
            self.cursor.expect("LOOP")
        return Loop(line, label, condition, self._body())

    def _for(self, label: str) -> Node:
        line = self.line
        self.cursor.expect("FOR")
        targets = self._targets()
        self.cursor.expect("IN")
        reverse, dynamic = self.cursor.accept("REVERSE"), self.cursor.accept("EXECUTE")
        source = self._until("LOOP")
        limits = None if dynamic else split_range(source)
        if limits is not None:
            return ForRange(line, label, targets[0][0], *limits, reverse, self._body())
        return ForQuery(line, label, targets, source, dynamic, self._body())

    def _exit(self) -> Node:
        line, again = self.line, self.cursor.take().key == "CONTINUE"
        label = "" if self.cursor.peek() in ("WHEN", ";") else self.cursor.identifier()
        condition = self._until(";") if self.cursor.accept("WHEN") else None
        if condition is None:
            self.cursor.expect(";")
        return Exit(line, again, label, condition)

    def _return(self) -> Node:
        line = self.line
        self.cursor.expect("RETURN")
        if not self.cursor.accept(";"):
            raise StatementSyntaxError("RETURN cannot have a parameter in a procedure: use OUT and INOUT arguments")
        return Return(line)

    def _raise(self) -> Node:
        line = self.line
        self.cursor.expect("RAISE")
        if self.cursor.accept(";"):
            return Raise(line, "EXCEPTION", None)
        level = self.cursor.take().key
        if level not in _LEVELS:
            raise StatementSyntaxError(f'syntax error at or near "{level.lower()}": RAISE takes {", ".join(_LEVELS)}')
        words = unquote(self.cursor.take())
        values = []
        while self.cursor.accept(","):
            values.append(text_until(self.body, self.cursor, (",", ";"), keep=True))
        self.cursor.expect(";")
        return Raise(line, level, words, tuple(values))

    def _open(self) -> Node:
        line = self.line
        self.cursor.expect("OPEN")
        name = self.cursor.identifier()
        values: tuple[Text, ...] = ()
        if self.cursor.peek() == "(":
            inside = Cursor([*self.cursor.group(), Token("punct", ",", len(self.body))])
            found = []
            while not inside.done:
                found.append(text_until(self.body, inside, (",",)))
            values = tuple(found)
        dynamic, query = False, None
        if self.cursor.accept("FOR"):
            dynamic = self.cursor.accept("EXECUTE")
            query = self._until(";")
        else:
            self.cursor.expect(";")
        return Open(line, name, query, dynamic, values)

    def _fetch(self) -> Node:
        line = self.line
        self.cursor.expect("FETCH")
        self.cursor.accept("NEXT")
        self.cursor.accept("FROM")
        name = self.cursor.identifier()
        self.cursor.expect("INTO")
        into = self._targets()
        self.cursor.expect(";")
        return Fetch(line, name, into)

    def _close(self) -> Node:
        line = self.line
        self.cursor.expect("CLOSE")
        name = self.cursor.identifier()
        self.cursor.expect(";")
        return Close(line, name)

    def _diagnostics(self) -> Node:
        line = self.line
        self.cursor.expect("GET", "DIAGNOSTICS")
        target = self.cursor.qualified()
        if not self.cursor.accept(":="):
            self.cursor.expect("=")
        if not self.cursor.accept("ROW_COUNT"):
            raise NotSupportedHereError(f"GET DIAGNOSTICS … {self.cursor.take().text}", "ROW_COUNT is.")
        self.cursor.expect(";")
        return Diagnostics(line, target)

    def _transaction(self) -> Node:
        line, what = self.line, self.cursor.take().key
        while not self.cursor.accept(";"):
            if self.cursor.take().key not in ("TRANSACTION", "WORK"):
                raise StatementSyntaxError(f'syntax error at or near "{self.cursor.tokens[self.cursor.at - 1].text}"')
        return Transaction(line, {"START": "BEGIN"}.get(what, what))

    def _null(self) -> Node:
        line = self.line
        self.cursor.expect("NULL", ";")
        return Nothing(line)


def _into(body: str, text: Text) -> tuple[Text, tuple[tuple[str, ...], ...]] | None:
    """The query without its INTO, and the names after that; None where it has none."""
    depth = 0
    for at, token in enumerate(text.tokens):
        depth += (token.text == "(") - (token.text == ")")
        if token.key == "INTO" and depth == 0:
            names = Cursor(text.tokens[at + 1 :])
            targets = [names.qualified()]
            while names.accept(","):
                targets.append(names.qualified())
            rest = text.tokens[at + 1 + names.at :]
            before = "".join(_spelled(body, text.tokens[:at]))
            return piece(f"{before} {''.join(_spelled(body, rest))}"), tuple(targets)
    return None


def _spelled(body: str, tokens: Sequence[Token]) -> list[str]:
    """The tokens with what stands between them."""
    if not tokens:
        return []
    between = [body[one.end : other.start] for one, other in pairwise(tokens)]
    return [part for token, gap in zip(tokens, [*between, ""], strict=True) for part in (token.text, gap)]


_LOOPS: dict[str, Callable[[_Parser, str], Node]] = {"LOOP": _Parser._loop, "WHILE": _Parser._loop, "FOR": _Parser._for}
_STATEMENTS: dict[str, Callable[[_Parser], Node]] = {
    "IF": _Parser._if,
    "CASE": _Parser._case,
    "PERFORM": _Parser._perform,
    "EXECUTE": _Parser._execute,
    "EXIT": _Parser._exit,
    "CONTINUE": _Parser._exit,
    "RETURN": _Parser._return,
    "RAISE": _Parser._raise,
    "OPEN": _Parser._open,
    "FETCH": _Parser._fetch,
    "CLOSE": _Parser._close,
    "GET": _Parser._diagnostics,
    "COMMIT": _Parser._transaction,
    "ROLLBACK": _Parser._transaction,
    "START": _Parser._transaction,
    "BEGIN": _Parser._transaction,
    "NULL": _Parser._null,
}
