"""What a statement of Redshift becomes, and the rules that are the same for many: passed on as it is, under Redshift's tag, or refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.copy.unload_command import UnloadCommand
from localaws.redshift.exceptions import RefusedByRedshiftError
from localaws.redshift.external.names import Named
from localaws.redshift.external.statements import ExternalCommand
from localaws.redshift.lexer import Token, plain_text, significant
from localaws.redshift.procedures.create import CallCommand
from localaws.redshift.sql.scope import Catalog

__all__ = ["REFUSING", "Rule", "Translation", "own", "plain", "plain_own", "refused"]


@dataclass(frozen=True, slots=True)
class Translation:
    """What to run. The first of `sql` carries the result and the row count; the others record what was declared."""

    kind: str
    sql: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    copy: CopyCommand | None = None
    unload: UnloadCommand | None = None
    call: CallCommand | None = None
    external: ExternalCommand | None = None
    named: Named = field(default_factory=Named)
    in_transaction: bool = True
    commits: bool = False
    reads: bool = False
    controls: bool = False
    """BEGIN, COMMIT and the like."""
    own_tag: bool = False
    """Whether the client gets the kind as the command's tag, and no rows, whatever PostgreSQL says."""
    from_query: bool = False
    """CREATE TABLE … AS."""
    history: bool = False
    """Whether it reads what was run, so that everything has to be written first."""

    @property
    def local(self) -> bool:
        """Whether it is more than one statement of PostgreSQL."""
        own = (self.copy, self.unload, self.call, self.external)
        more = len(self.sql) > 1 or self.commits or self.own_tag or not self.in_transaction
        return more or any(command is not None for command in own)


Rule = Callable[[str, Sequence[Token], "Catalog | None"], Translation]
"""Takes the text of a statement, its tokens, and what knows the columns of tables where they decide."""
REFUSING: set[Rule] = set()
"""The rules that `refused` made."""


def plain(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """A statement that PostgreSQL takes as it is."""
    words = significant(tokens)
    return Translation(" ".join(token.key.lower() for token in words[:2]), (plain_text(tokens),))


def own(kind: str, statements: Callable[[Sequence[Token]], tuple[str, ...]], *, in_transaction: bool = True) -> Rule:
    """Statements whose tag is Redshift's, whatever PostgreSQL's is."""

    def rule(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
        return Translation(kind, statements(tokens), own_tag=True, in_transaction=in_transaction)

    return rule


def plain_own(kind: str) -> Rule:
    """One that PostgreSQL takes as it is, under Redshift's tag."""
    return own(kind, lambda tokens: (plain_text(tokens),))


def refused(what: str, why: str) -> Rule:
    """One that Redshift refuses as well."""

    def rule(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
        raise RefusedByRedshiftError(f"{what} {why}")

    REFUSING.add(rule)
    return rule
