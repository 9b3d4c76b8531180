"""What a SELECT can see: the names of its sources, and their columns where they can be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from localaws.redshift.exceptions import NotSupportedHereError

__all__ = ["PSEUDO", "Catalog", "CatalogNeededError", "joined", "own_nodes", "source_columns", "source_names", "sources"]

Catalog = Callable[[str], "list[str] | None"]
"""Columns of a table by its name as PostgreSQL reads it; None when there is no such table. After a table's name and a point, `PSEUDO` asks
for the columns that tell the file of a row: None of a table that is not on files."""
PSEUDO = '"$path"'


class CatalogNeededError(NotSupportedHereError):
    """The statement cannot be translated without knowing a table's columns."""

    def __init__(self) -> None:
        super().__init__("Without a connection, a statement whose names depend on a table's columns")


def sources(select: exp.Expr) -> list[exp.Expr]:
    """What stands in FROM and its joins."""
    found = []
    from_ = select.args.get("from_") or select.args.get("from")
    if from_ is not None:
        found.append(from_.this)
    found += [join.this for join in select.args.get("joins") or []] + [lateral.this for lateral in select.args.get("laterals") or []]
    return [inside for source in found for inside in joined(source)]


def joined(source: exp.Expr) -> Iterator[exp.Expr]:
    """The tables of a join in parentheses, which has no name of its own; anything else is one source."""
    if isinstance(source, exp.Subquery) and not source.alias and not isinstance(source.this, exp.Select | exp.SetOperation):
        yield from joined(source.this)
    else:
        yield source
    for join in source.args.get("joins") or []:
        yield from joined(join.this)


def source_names(select: exp.Expr) -> set[str]:
    """The aliases that columns of this SELECT may be qualified with, those of the queries around it included."""
    found: set[str] = set()
    at: exp.Expr | None = select
    while at is not None:
        if isinstance(at, exp.Select):
            found |= {source.alias_or_name.lower() for source in sources(at)}
        elif isinstance(at, exp.Update | exp.Delete | exp.Merge | exp.Insert):
            found |= {table.alias_or_name.lower() for table in at.find_all(exp.Table)}
            found |= {query.alias.lower() for query in at.find_all(exp.Subquery) if query.alias}
        at = at.parent
    return found


def own_nodes(root: exp.Expr, kind: type[exp.Expr]) -> Iterator[exp.Expr]:
    """Nodes of that kind below `root`, but not in queries within it."""
    for node in root.walk(prune=lambda node: isinstance(node, exp.Query) and node is not root):
        if isinstance(node, kind) and not (isinstance(node, exp.Query) and node is not root):
            yield node


def source_columns(select: exp.Select, catalog: Catalog | None) -> set[str]:
    """Names of all columns of the sources.

    Raises:
        CatalogNeededError: a table's are not known.
    """
    found: set[str] = set()
    for source in sources(select):
        found |= set(columns_of(source, catalog))
    return found


def columns_of(source: exp.Expr, catalog: Catalog | None) -> list[str]:
    """The columns of one source, in order."""
    alias = source.args.get("alias")
    if alias is not None and alias.args.get("columns"):
        return [column.name.lower() for column in alias.args["columns"]]
    if isinstance(source, exp.Subquery):
        return _query_columns(source.this, catalog)
    if isinstance(source, exp.Table):
        common = _common_table(source)
        if common is not None:
            listed = common.args["alias"].args.get("columns")
            return [column.name.lower() for column in listed] if listed else _query_columns(common.this, catalog)
        if not isinstance(source.this, exp.Identifier):
            return []
        if catalog is None:
            raise CatalogNeededError
        parts = [part.name.lower() for part in source.parts]
        return catalog(".".join('"' + part.replace('"', '""') + '"' for part in parts)) or []
    return []


def _query_columns(query: exp.Expr, catalog: Catalog | None) -> list[str]:
    if isinstance(query, exp.SetOperation):
        return _query_columns(query.left, catalog)
    if isinstance(query, exp.Subquery):
        return _query_columns(query.this, catalog)
    if not isinstance(query, exp.Select):
        return []
    found: list[str] = []
    for item in query.expressions:
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            wanted = item.table.lower() if isinstance(item, exp.Column) else ""
            for source in sources(query):
                if not wanted or source.alias_or_name.lower() == wanted:
                    found += columns_of(source, catalog)
        else:
            found.append(item.alias_or_name.lower())
    return found


def _common_table(table: exp.Table) -> exp.CTE | None:
    if table.db or not isinstance(table.this, exp.Identifier):
        return None
    at: exp.Expr | None = table.parent
    while at is not None:
        with_ = at.args.get("with_") or at.args.get("with")
        for common in with_.expressions if with_ is not None else []:
            if common.alias.lower() == table.name.lower():
                return common
        at = at.parent
    return None
