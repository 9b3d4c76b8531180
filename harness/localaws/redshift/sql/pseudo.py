"""The pseudo columns `"$path"` and `"$size"` of external tables (Redshift guide, "External tables for Redshift Spectrum").

They are no columns of the copy, so that * does not give them: a row's place in the copy tells its file (`external/file_map.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError
from localaws.redshift.lexer import quote_identifier
from localaws.redshift.sql.scope import PSEUDO, Catalog, CatalogNeededError, joined, sources

__all__ = ["pseudo_columns"]

_FUNCTIONS = {"$path": "local_redshift.external_path", "$size": "local_redshift.external_size"}
_NOT_HERE = "$spectrum_oid"


def pseudo_columns(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """Those of external tables become calls; what a query within gives under such a name stays a column."""
    for column in list(tree.find_all(exp.Column)):
        name = column.name.lower()
        if name == _NOT_HERE:
            raise NotSupportedHereError(f'The pseudo column "{name}"')
        table = _table_of(column, catalog) if name in _FUNCTIONS else None
        if table is None:
            continue
        of = exp.to_identifier(table.alias_or_name, quoted=True)
        place = [exp.Column(this=exp.to_identifier(what), table=of.copy()) for what in ("tableoid", "ctid")]
        call: exp.Expr = exp.Anonymous(this=_FUNCTIONS[name], expressions=place)
        if isinstance(column.parent, exp.Select) and column.arg_key == "expressions":
            call = exp.alias_(call, name, quoted=True)
        column.replace(call)
    return tree


def _table_of(column: exp.Column, catalog: Catalog | None) -> exp.Table | None:
    """The nearest external table that the column may be of. Where nothing else could be meant, a table with a schema is taken for one.

    Raises:
        RedshiftError: there are several.
        CatalogNeededError: it takes the catalog to tell.
    """
    scopes = list(_scopes(column))
    if column.table:
        named = [source for scope in scopes for source in scope if source.alias_or_name.lower() == column.table.lower()]
        return named[0] if named and isinstance(named[0], exp.Table) and named[0].db else None
    alone = sum(map(len, scopes)) == 1
    for scope in scopes:
        tables = [source for source in scope if isinstance(source, exp.Table) and source.db]
        found = [table for table in tables if alone or _is_external(table, catalog)]
        if len(found) > 1:
            raise RedshiftError(f'column reference "{column.name.lower()}" is ambiguous: say of which table', "42702")
        if found:
            return found[0]
    return None


def _scopes(column: exp.Column) -> Iterator[list[exp.Expr]]:
    """What the statement or query that the column stands in takes rows from, and then those around it."""
    at = column.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Merge)
    while at is not None:
        if isinstance(at, exp.Select):
            yield sources(at)
            if _is_source(at):
                return
        elif at.this is not None:  # the UPDATE of a MERGE has no table of its own
            using = at.args.get("using") or []
            yield [at.this, *sources(at), *(table for one in (using if isinstance(using, list) else [using]) for table in joined(one))]
        at = at.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Merge)


def _is_source(query: exp.Select) -> bool:
    """Whether it stands in FROM or WITH, where nothing of the queries around it is seen."""
    above = query.parent
    while isinstance(above, exp.SetOperation | exp.Subquery):
        above = above.parent
    return isinstance(above, exp.CTE | exp.From | exp.Join)


def _is_external(table: exp.Table, catalog: Catalog | None) -> bool:
    if catalog is None:
        raise CatalogNeededError
    name = ".".join(quote_identifier(part.name.lower()) for part in table.parts)
    return catalog(name) is not None and catalog(f"{name}.{PSEUDO}") is not None
