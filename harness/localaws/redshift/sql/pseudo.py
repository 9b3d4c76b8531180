"""The pseudo columns `"$path"` and `"$size"` of external tables (Redshift guide, "External tables for Redshift Spectrum").

They are no columns of the copy, so that * does not give them: a row's place in the copy tells its file (`external/file_map.py`).
"""

from __future__ import annotations

from sqlglot import exp

from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError
from localaws.redshift.sql.scope import Catalog, sources

__all__ = ["pseudo_columns"]

_FUNCTIONS = {"$path": "local_redshift.external_path", "$size": "local_redshift.external_size"}
_NOT_HERE = "$spectrum_oid"


def pseudo_columns(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """Those of tables with a schema become calls; what a query within gives under such a name stays a column."""
    for column in list(tree.find_all(exp.Column)):
        name = column.name.lower()
        if name == _NOT_HERE:
            raise NotSupportedHereError(f'The pseudo column "{name}"')
        table = _table_of(column) if name in _FUNCTIONS else None
        if table is None:
            continue
        of = exp.to_identifier(table.alias_or_name, quoted=True)
        place = [exp.Column(this=exp.to_identifier(what), table=of.copy()) for what in ("tableoid", "ctid")]
        call: exp.Expr = exp.Anonymous(this=_FUNCTIONS[name], expressions=place)
        if isinstance(column.parent, exp.Select) and column.arg_key == "expressions":
            call = exp.alias_(call, name, quoted=True)
        column.replace(call)
    return tree


def _table_of(column: exp.Column) -> exp.Table | None:
    """The nearest table with a schema that the column may be of.

    Raises:
        RedshiftError: there are several.
    """
    select = column.find_ancestor(exp.Select)
    while select is not None:
        named = [source for source in sources(select) if not column.table or source.alias_or_name.lower() == column.table.lower()]
        found = [source for source in named if isinstance(source, exp.Table) and source.db]
        if len(found) > 1:
            raise RedshiftError(f'column reference "{column.name.lower()}" is ambiguous: say of which table', "42702")
        if found or named:
            return found[0] if found else None
        select = select.find_ancestor(exp.Select)
    return None
