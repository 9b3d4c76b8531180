"""The statements of PL/pgSQL that Redshift has (Redshift guide, "Supported PL/pgSQL statements"), as data."""

from __future__ import annotations

from dataclasses import dataclass

from localaws.redshift.lexer import Token

__all__ = [
    "Assign",
    "Block",
    "Close",
    "Declaration",
    "Diagnostics",
    "Dynamic",
    "Exit",
    "Fetch",
    "ForQuery",
    "ForRange",
    "If",
    "Loop",
    "Node",
    "Nothing",
    "Open",
    "Raise",
    "Return",
    "Sql",
    "Text",
    "Transaction",
]


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of SQL in the body: an expression, a query or a statement."""

    sql: str
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """A variable. `kind` is scalar, record or cursor; `type` is as it is written; `like` names a table or a column to take it from."""

    name: str
    kind: str
    type: str = ""
    like: tuple[str, ...] = ()
    default: Text | None = None
    constant: bool = False
    required: bool = False
    query: Text | None = None
    arguments: tuple[tuple[str, str], ...] = ()
    alias: str = ""


@dataclass(slots=True)
class Node:
    """Every statement knows its line in the body."""

    line: int


@dataclass(slots=True)
class Nothing(Node):
    """NULL;"""


@dataclass(slots=True)
class Assign(Node):
    """variable := expression; the target is a name or record.field."""

    target: tuple[str, ...]
    value: Text


@dataclass(slots=True)
class Sql(Node):
    """A statement of SQL; `into` names the variables of SELECT INTO (or the table: `whole` is what it then is), `discard` is PERFORM."""

    text: Text
    into: tuple[tuple[str, ...], ...] = ()
    discard: bool = False
    whole: Text | None = None


@dataclass(slots=True)
class Dynamic(Node):
    """EXECUTE expression."""

    text: Text
    into: tuple[tuple[str, ...], ...] = ()


@dataclass(slots=True)
class If(Node):
    """IF and CASE: the first branch whose condition holds."""

    branches: list[tuple[Text, list[Node]]]
    otherwise: list[Node] | None
    is_case: bool = False


@dataclass(slots=True)
class Loop(Node):
    """LOOP and WHILE … LOOP."""

    label: str
    condition: Text | None
    body: list[Node]


@dataclass(slots=True)
class ForRange(Node):
    """FOR i IN [REVERSE] low..high LOOP."""

    label: str
    variable: str
    low: Text
    high: Text
    reverse: bool
    body: list[Node]


@dataclass(slots=True)
class ForQuery(Node):
    """FOR record IN query LOOP, FOR record IN EXECUTE expression LOOP."""

    label: str
    targets: tuple[tuple[str, ...], ...]
    query: Text
    dynamic: bool
    body: list[Node]


@dataclass(slots=True)
class Exit(Node):
    """EXIT and CONTINUE."""

    again: bool
    label: str
    condition: Text | None


@dataclass(slots=True)
class Return(Node):
    """RETURN;"""


@dataclass(slots=True)
class Raise(Node):
    """RAISE level 'format', values; without a format it raises what is being handled again."""

    level: str
    format: str | None
    values: tuple[Text, ...] = ()


@dataclass(slots=True)
class Open(Node):
    """OPEN cursor [(values)] [FOR query | FOR EXECUTE expression]."""

    cursor: str
    query: Text | None
    dynamic: bool
    values: tuple[Text, ...]


@dataclass(slots=True)
class Fetch(Node):
    """FETCH cursor INTO variables."""

    cursor: str
    into: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Close(Node):
    """CLOSE cursor."""

    cursor: str


@dataclass(slots=True)
class Diagnostics(Node):
    """GET DIAGNOSTICS variable := ROW_COUNT."""

    target: tuple[str, ...]


@dataclass(slots=True)
class Transaction(Node):
    """COMMIT, ROLLBACK, and START TRANSACTION of NONATOMIC procedures."""

    what: str


@dataclass(slots=True)
class Block(Node):
    """DECLARE … BEGIN … EXCEPTION … END."""

    label: str
    declarations: list[Declaration]
    body: list[Node]
    handler: list[Node] | None = None
    goes_on: bool = False
