"""MySQL has no boolean: a comparison is 1 or 0, and a number is a condition. Each is turned into the other where Redshift needs it."""

from __future__ import annotations

from sqlglot import exp

__all__ = ["tell_truth_from_numbers"]

_CONNECTORS = (exp.And, exp.Or, exp.Not, exp.Xor)
_LOGICAL = (exp.Predicate, *_CONNECTORS, exp.Boolean)


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
