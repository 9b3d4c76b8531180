"""What sqlglot's translation from MySQL to Redshift lacks: one rule a function, each for a tree of MySQL's dialect.

A rule changes the tree so that Redshift's text means the same, or raises Untranslatable.
Sources: MySQL manual, "Functions and Operators"; Redshift guide, "SQL functions reference".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from schema_conversion.view_dates import DATE_RULES, redshift_expression
from schema_conversion.view_functions import WRITTEN_HERE, Untranslatable

__all__ = ["RULES"]


_NOW = {"NOW", "SYSDATE", "LOCALTIME", "LOCALTIMESTAMP", "UTC_TIMESTAMP"}


def _calls_without_a_class(node: exp.Expr) -> exp.Expr:
    if not isinstance(node, exp.Anonymous):
        return node
    name, arguments = node.name.upper(), node.expressions
    if name in _NOW:
        return exp.CurrentTimestamp()
    if name == "WEEKDAY":  # Monday = 0
        return redshift_expression("(EXTRACT(DOW FROM :x) + 6) % 7", x=arguments[0])
    if name == "UNIX_TIMESTAMP" and arguments:
        return redshift_expression("CAST(EXTRACT(EPOCH FROM :x) AS BIGINT)", x=arguments[0])
    if name in WRITTEN_HERE:
        return node
    if name == "JSON_UNQUOTE" and isinstance(arguments[0], exp.JSONExtract):
        return _json_text(arguments[0])
    raise Untranslatable(f"the function {name}")


def _json(node: exp.Expr) -> exp.Expr:
    """JSON_VALUE and JSON_UNQUOTE(JSON_EXTRACT) are text in both; a bare JSON_EXTRACT keeps its quotes in MySQL only."""
    if isinstance(node, exp.JSONValue):
        return _json_text(node)
    if isinstance(node, exp.JSONExtract) and not node.meta.get("as_text"):
        raise Untranslatable("JSON_EXTRACT without JSON_UNQUOTE")
    return node


def _json_text(node: exp.Expr) -> exp.Expr:
    path = node.args.get("expression") or node.args.get("path")
    text = path.sql("mysql") if path is not None else ""
    if not re.fullmatch(r"'\$(?:\.\w+)+'", text):
        raise Untranslatable(f"the JSON path {text}")
    keys = [exp.Literal.string(key) for key in text.strip("'").split(".")[1:]]
    # Redshift gives an empty text for a key that is not there.
    return exp.Nullif(this=exp.Anonymous(this="JSON_EXTRACT_PATH_TEXT", expressions=[node.this, *keys]), expression=exp.Literal.string(""))


def _lengths(node: exp.Expr) -> exp.Expr:
    """LENGTH counts bytes in MySQL and characters in Redshift."""
    if isinstance(node, exp.Length) and node.args.get("binary"):
        return exp.Anonymous(this="OCTET_LENGTH", expressions=[node.this])
    return node


def _padding(node: exp.Expr) -> exp.Expr:
    """MySQL makes a text of a number that is to be padded."""
    if isinstance(node, exp.Pad) and not isinstance(node.this, exp.Cast):
        node.set("this", exp.cast(node.this, "VARCHAR(65535)"))
    return node


def _lists(node: exp.Expr) -> exp.Expr:
    """GROUP_CONCAT is LISTAGG, whose order stands behind it; MySQL's separator is a comma when none is said."""
    if not isinstance(node, exp.GroupConcat):
        return node
    inside, order = node.this, None
    if isinstance(inside, exp.Order):
        order, inside = inside.expressions, inside.this
    distinct = isinstance(inside, exp.Distinct)
    values = inside.expressions if distinct else [inside]
    if distinct and values and isinstance(values[-1], exp.Order):
        order, values = values[-1].expressions, [*values[:-1], values[-1].this]
    if len(values) != 1:
        raise Untranslatable("GROUP_CONCAT of several expressions")
    value = exp.cast(values[0], "VARCHAR(65535)")
    listed = exp.Distinct(expressions=[value]) if distinct else value
    separator = node.args.get("separator") or exp.Literal.string(",")
    call = exp.Anonymous(this="LISTAGG", expressions=[listed, separator])
    if order is None:
        return call
    if distinct:  # DISTINCT and the order must be the same expression
        order = [exp.Ordered(this=value.copy(), desc=one.args.get("desc")) for one in order]
    return exp.WithinGroup(this=call, expression=exp.Order(expressions=[_without_nulls(one) for one in order]))


def _without_nulls(ordered: exp.Expr) -> exp.Expr:
    # NULLs are left out of the list anyway. sqlglot writes NULLS FIRST unless this says that it is the dialect's own order.
    ordered = ordered.copy()
    ordered.set("nulls_first", bool(ordered.args.get("desc")))
    return ordered


def _casts(node: exp.Expr) -> exp.Expr:
    """UNSIGNED has 64 bits; CHAR is text of any length; character sets are UTF-8 throughout."""
    if not isinstance(node, exp.Cast):
        return node
    kind = node.to
    if kind.this in (exp.DataType.Type.CHAR, exp.DataType.Type.VARCHAR, exp.DataType.Type.NCHAR, exp.DataType.Type.CHARACTER_SET):
        length = int(kind.expressions[0].name) * 4 if kind.expressions and kind.expressions[0].name.isdigit() else 65535
        return exp.cast(node.this, f"VARCHAR({min(length, 65535)})")
    if kind.this == exp.DataType.Type.UBIGINT:
        return exp.cast(node.this, "DECIMAL(20, 0)")
    if kind.this == exp.DataType.Type.TIME:
        return exp.cast(node.this, "TIME")
    if kind.this in _CASTS:
        return node
    raise Untranslatable(f"CAST(… AS {kind.sql('mysql')})")


_CASTS = {
    exp.DataType.Type.BIGINT, exp.DataType.Type.INT, exp.DataType.Type.DECIMAL, exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT,
    exp.DataType.Type.DATE, exp.DataType.Type.DATETIME, exp.DataType.Type.TIMESTAMP,
}  # fmt: skip


def _charsets(node: exp.Expr) -> exp.Expr:
    """`_utf8mb4'text'` is the text, and a COLLATE is told as a difference."""
    if isinstance(node, exp.Introducer):
        return node.expression
    if isinstance(node, exp.Collate):
        return node.this
    return node


def _null_safe_equality(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.NullSafeEQ):
        return redshift_expression("(COALESCE(:a = :b, FALSE) OR (:a IS NULL AND :b IS NULL))", a=node.this, b=node.expression)
    return node


def _extremes(node: exp.Expr) -> exp.Expr:
    """GREATEST and LEAST are NULL in MySQL when one argument is; Redshift leaves NULLs out."""
    if not isinstance(node, (exp.Greatest, exp.Least)):
        return node
    missing = exp.or_(*(exp.Is(this=argument.copy(), expression=exp.Null()) for argument in [node.this, *node.expressions]))
    return exp.Case().when(missing, exp.Null()).else_(node.copy())


def _first_part(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.SubstringIndex):
        if node.args["count"].sql() != "1":
            raise Untranslatable("SUBSTRING_INDEX with a count other than 1")
        return exp.Anonymous(this="SPLIT_PART", expressions=[node.this, node.args["delimiter"], exp.Literal.number(1)])
    return node


def _joins(node: exp.Expr) -> exp.Expr:
    """A join without a condition is a CROSS JOIN, which MySQL does not have to say."""
    if isinstance(node, exp.Join) and not any(node.args.get(part) for part in ("on", "using", "kind", "side", "method")):
        node.set("kind", "CROSS")
    return node


def _literals(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Literal) and node.is_string and "\\" in node.this:
        raise Untranslatable("a text with a backslash, which Redshift reads as an escape")
    if isinstance(node, exp.HexString):
        raise Untranslatable("a hexadecimal literal")
    return node


def _shapes(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Group) and (node.args.get("rollup") or node.args.get("cube")):
        raise Untranslatable("GROUP BY … WITH ROLLUP")
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Distinct) and len(node.this.expressions) > 1:
        raise Untranslatable("COUNT(DISTINCT …) of several expressions")
    if isinstance(node, exp.ConcatWs):
        raise Untranslatable("CONCAT_WS, which leaves NULLs out")
    if isinstance(node, exp.Select):
        node.set("operation_modifiers", None)  # STRAIGHT_JOIN and its like: hints
    if isinstance(node, exp.Table):
        node.set("hints", None)
    if isinstance(node, exp.Dot):
        raise Untranslatable(f"the stored function {node.sql('mysql')}")
    return node


RULES: tuple[Callable[[exp.Expr], exp.Expr], ...] = (
    *DATE_RULES,
    _calls_without_a_class,
    _json,
    _lengths,
    _padding,
    _lists,
    _casts,
    _charsets,
    _null_safe_equality,
    _extremes,
    _first_part,
    _joins,
    _literals,
    _shapes,
)
