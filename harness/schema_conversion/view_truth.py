"""MySQL has no boolean: a comparison is 1 or 0, and a number is a condition. Each is turned into the other where Redshift needs it.

And what MySQL leaves open around GROUP BY: HAVING over names of the result, and columns that are neither grouped nor aggregated.
"""

from __future__ import annotations

from sqlglot import exp

from schema_conversion.view_functions import Untranslatable

__all__ = ["having_without_aliases", "refuse_what_is_neither_grouped_nor_aggregated", "tell_truth_from_numbers"]

_CONNECTORS = (exp.And, exp.Or, exp.Not, exp.Xor)
_LOGICAL = (exp.Predicate, *_CONNECTORS, exp.Boolean)


def having_without_aliases(tree: exp.Expr) -> None:
    """MySQL's HAVING may name a column of the result; Redshift's may not."""
    for select in tree.find_all(exp.Select):
        having = select.args.get("having")
        named = {one.alias: one.this for one in select.expressions if isinstance(one, exp.Alias)}
        for column in list(having.find_all(exp.Column)) if having else ():
            if not column.table and column.name in named:
                column.replace(exp.paren(named[column.name].copy()))


def refuse_what_is_neither_grouped_nor_aggregated(tree: exp.Expr) -> None:
    """MySQL without ONLY_FULL_GROUP_BY takes any row's value for it; Redshift refuses. Raises Untranslatable."""
    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        grouped = {one.sql() for one in group.expressions} if group else set()
        if not group and not _aggregates(select):
            continue
        for one in select.expressions:
            if exp.column(one.alias).sql() in grouped:
                continue
            for column in one.find_all(exp.Column):
                if not column.find_ancestor(exp.AggFunc, exp.Subquery) and not _is_grouped(column, grouped):
                    raise Untranslatable(f"the column {column.name}, which is neither grouped nor aggregated")


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


def tell_truth_from_numbers(tree: exp.Expr) -> None:
    """A condition as a value becomes 1 or 0, a value as a condition is compared with 0. Innermost first."""
    for node in reversed(list(tree.walk())):
        if isinstance(node, exp.Paren) or node.parent is None:
            continue
        is_logical, is_condition = isinstance(node, _LOGICAL), _is_condition(node)
        if is_logical and not is_condition:
            _as_number(node)
        elif is_condition and not is_logical and not isinstance(node, exp.Null):
            value = exp.paren(node.copy()) if isinstance(node, exp.Binary) else node.copy()
            condition = exp.NEQ(this=value, expression=exp.Literal.number(0))
            node.replace(exp.paren(condition) if isinstance(node.parent, exp.Is) else condition)


def _is_condition(node: exp.Expr) -> bool:
    parent, key = node.parent, node.arg_key
    while isinstance(parent, exp.Paren):
        key, parent = parent.arg_key, parent.parent
    if isinstance(parent, (exp.Where, exp.Having, *_CONNECTORS)):
        return True
    if isinstance(parent, exp.Is):
        return key == "this" and isinstance(parent.expression, exp.Boolean)
    if isinstance(parent, exp.If):
        # CASE x WHEN y compares x with y, so y is a value there.
        return key == "this" and not (isinstance(parent.parent, exp.Case) and parent.parent.this)
    return isinstance(parent, exp.Join) and key == "on"


def _as_number(node: exp.Expr) -> None:
    if isinstance(node, exp.Boolean):
        if not isinstance(node.parent, exp.Is):
            node.replace(exp.Literal.number(int(bool(node.this))))
        return
    case = exp.Case()
    for condition, number in ((node.copy(), 1), (exp.not_(node.copy()), 0)):
        case.append("ifs", exp.If(this=condition, true=exp.Literal.number(number)))
    node.replace(case)
