"""Names in a view: every table, column and alias gets its name in Redshift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from schema_conversion.model import View
from schema_conversion.names import target_names
from schema_conversion.tables import Names
from schema_conversion.target import TargetColumn, TargetTable
from schema_conversion.view_functions import Untranslatable

__all__ = ["Known", "known_relations", "resolve_names"]

Relation = tuple[str, str]


@dataclass(frozen=True)
class Known:
    """What a name in a view may be; columns are in lower case, relations as MySQL has them: it tells `Order` from `order`.

    relations: (database, name) to (schema, name) in Redshift. columns: of each relation, name to name in Redshift.
    booleans, texts: columns whose type changed its nature: numbers that are BOOLEAN, numbers and times that are text.
    bits, dates: of type BIT and DATE. keys: primary keys, with their names in Redshift.
    """

    relations: Mapping[Relation, Relation]
    columns: Mapping[Relation, Mapping[str, str]]
    booleans: frozenset[tuple[Relation, str]]
    texts: frozenset[tuple[Relation, str]]
    bits: frozenset[tuple[Relation, str]]
    dates: frozenset[tuple[Relation, str]]
    keys: Mapping[Relation, tuple[str, ...]]


def known_relations(names: Names, tables: list[TargetTable], views: Mapping[Relation, View]) -> Known:
    """Of everything that is converted."""
    relations = {(schema, name): (names.schemas[schema], target) for (schema, name), target in names.relations.items()}
    columns = {_relation(table): {column.source.name.lower(): column.name for column in table.columns} for table in tables}
    for (schema, name), view in views.items():
        targets = target_names(view.columns, column=True)
        columns[schema, name] = {column.lower(): target for column, target in targets.items()}
    every = [(_relation(table), column) for table in tables for column in table.columns]
    return Known(
        relations,
        columns,
        frozenset((relation, column.source.name.lower()) for relation, column in every if column.type == "BOOLEAN"),
        frozenset((relation, column.source.name.lower()) for relation, column in every if _became_text(column)),
        frozenset((relation, column.source.name.lower()) for relation, column in every if column.source.data_type == "bit"),
        frozenset((relation, column.source.name.lower()) for relation, column in every if column.type == "DATE"),
        {_relation(table): table.primary_key for table in tables},
    )


def _relation(table: TargetTable) -> Relation:
    return table.source.schema, table.source.name


def _became_text(column: TargetColumn) -> bool:
    return column.source.data_type in ("decimal", "time") and column.type.startswith("VARCHAR")


def resolve_names(tree: exp.Expr, schema: str, known: Known) -> None:
    """Change the tree's names. schema: the view's database.

    Raises Untranslatable: a relation is not converted, or a number that became text is computed with.
    """
    for column in list(tree.find_all(exp.Column)):
        _resolve_column(column, schema, known)
    for table in list(tree.find_all(exp.Table)):
        key = (table.db or schema, table.name)
        if key in known.relations and not _is_common_table(table):
            target_schema, target = known.relations[key]
            table.set("db", exp.to_identifier(target_schema))
            table.set("this", exp.to_identifier(target))
        elif table.db:
            raise Untranslatable(f"{table.db}.{table.name}, which is not converted")
        else:
            table.set("this", exp.to_identifier(table.name.lower()))
    for alias in list(tree.find_all(exp.Alias, exp.TableAlias)):
        key_of = "alias" if isinstance(alias, exp.Alias) else "this"
        if isinstance(alias.args.get(key_of), exp.Identifier):
            alias.set(key_of, exp.to_identifier(alias.args[key_of].name.lower()))
        for column in alias.args.get("columns") or ():
            column.replace(exp.to_identifier(column.name.lower()))


def _is_common_table(table: exp.Table) -> bool:
    """WITH's own names, which have no database."""
    root = table.root()
    return not table.db and any(cte.alias.lower() == table.name.lower() for cte in root.find_all(exp.CTE))


def _resolve_column(column: exp.Column, schema: str, known: Known) -> None:
    relation, is_alias = _relation_of(column, schema)
    name = column.name.lower()
    target = known.columns.get(relation, {}).get(name, name) if relation else name
    is_output = isinstance(column.parent, (exp.Alias, exp.Select))
    if relation and (relation, name) in known.texts and not is_output:
        raise Untranslatable(f"the column {column.name} in an expression: it is text in Redshift")
    if relation and (relation, name) in known.bits:
        _number_beside(column)
    table = column.table.lower()
    if relation is not None and relation in known.relations and not is_alias:
        table = known.relations[relation][1]
    fresh: exp.Expr = exp.column(target, table=table or None)
    if relation and (relation, name) in known.booleans and not is_output:
        fresh = exp.cast(fresh, "INT")
    fresh.meta["relation"] = relation
    if relation and (relation, name) in known.dates:
        fresh.meta["is_date"] = True
    column.replace(fresh)


def _number_beside(column: exp.Column) -> None:
    """MariaDB shows b'1' as 0x01: beside a BIT column it is the number."""
    comparison = column.parent
    for side in (comparison.args.get("this"), comparison.args.get("expression")) if isinstance(comparison, exp.Binary) else ():
        if isinstance(side, exp.HexString):
            side.replace(exp.Literal.number(int(side.name, 16)))


def _relation_of(column: exp.Column, schema: str) -> tuple[Relation | None, bool]:
    """(database, table) of the column and whether it is named by an alias, by the nearest query around it that knows the name."""
    name = column.table
    scope = column.find_ancestor(exp.Select) if name else None
    while scope is not None:
        for table in scope.find_all(exp.Table):
            if table.alias_or_name == name and (not column.db or column.db == table.db):
                return (table.db or schema, table.name), bool(table.alias)
        scope = scope.find_ancestor(exp.Select)
    return None, True
