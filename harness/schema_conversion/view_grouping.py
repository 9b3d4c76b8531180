"""What MySQL leaves open around GROUP BY: HAVING over names of the result, and columns that follow from what is grouped by.

MySQL takes a column that is not grouped when the grouped ones determine it (manual, "Detection of Functional Dependence"), and without
ONLY_FULL_GROUP_BY any row's value. Redshift wants it in GROUP BY: the first is added there, which changes no group; the second is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from schema_conversion.view_functions import Untranslatable

__all__ = ["group_what_follows", "having_without_aliases"]

Named = tuple[str, str]
"""A column by the name of its table in the query, and its own."""


def having_without_aliases(tree: exp.Expr) -> None:
    """MySQL's HAVING may name a column of the result; Redshift's may not."""
    for select in tree.find_all(exp.Select):
        having = select.args.get("having")
        named = {one.alias: one.this for one in select.expressions if isinstance(one, exp.Alias)}
        for column in list(having.find_all(exp.Column)) if having else ():
            if not column.table and column.name in named:
                column.replace(exp.paren(named[column.name].copy()))


def group_what_follows(tree: exp.Expr, keys: Mapping[tuple[str, str], tuple[str, ...]]) -> None:
    """Adds to GROUP BY what follows from it. keys: primary keys by relation, as columns are named in Redshift.

    Raises Untranslatable: a column is neither grouped nor aggregated, and does not follow.
    """
    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        if group is None:
            if not _aggregates(select):
                continue
            group = exp.Group()  # of no column, so that nothing follows
        grouped = {one.sql() for one in group.expressions}
        following = _determined(select, group, keys)
        for one in select.expressions:
            if exp.column(one.alias).sql() in grouped:
                continue
            for column in one.find_all(exp.Column):
                if column.find_ancestor(exp.AggFunc, exp.Subquery) or _is_grouped(column, grouped):
                    continue
                if _named(column) not in following:
                    raise Untranslatable(f"the column {column.name}, which is neither grouped nor aggregated")
                group.append("expressions", column.copy())
                grouped.add(column.sql())


def _determined(select: exp.Select, group: exp.Group, keys: Mapping[tuple[str, str], tuple[str, ...]]) -> set[Named]:
    """Columns that have one value in each group: by a primary key that is grouped by, and by equalities of inner joins and WHERE."""
    columns = {_named(column): column.meta.get("relation") for column in select.find_all(exp.Column) if column.table}
    relations = {table: relation for (table, _), relation in columns.items() if relation}
    found = {_named(one) for one in group.expressions if isinstance(one, exp.Column)}
    equal = list(_equalities(select))
    while True:
        more = {other for pair in equal if pair & found for other in pair}
        for table, relation in relations.items():
            if keys.get(relation) and all((table, part) in found for part in keys[relation]):
                more |= {name for name in columns if name[0] == table}
        if more <= found:
            return found
        found |= more


def _equalities(select: exp.Select) -> Iterator[set[Named]]:
    conditions = [join.args.get("on") for join in select.find_all(exp.Join) if join.find_ancestor(exp.Select) is select and not join.side]
    conditions.append(select.args["where"].this if select.args.get("where") else None)
    while conditions:
        condition = conditions.pop()
        if isinstance(condition, exp.Paren):
            conditions.append(condition.this)
        elif isinstance(condition, exp.And):
            conditions += [condition.left, condition.right]
        elif isinstance(condition, exp.EQ) and isinstance(condition.left, exp.Column) and isinstance(condition.right, exp.Column):
            yield {_named(condition.left), _named(condition.right)}


def _named(column: exp.Expr) -> Named:
    return column.text("table"), column.name


def _aggregates(select: exp.Select) -> bool:
    found = (call for one in select.expressions for call in one.find_all(exp.AggFunc))
    return any(call.find_ancestor(exp.Select) is select and not call.find_ancestor(exp.Window) for call in found)


def _is_grouped(column: exp.Column, grouped: set[str]) -> bool:
    node: exp.Expr | None = column
    while node is not None and not isinstance(node, exp.Select):
        if node.sql() in grouped:
            return True
        node = node.parent
    return False
