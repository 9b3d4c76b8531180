"""Rules for calls: date parts, renamed functions, aggregates and window functions that PostgreSQL writes in another way."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError, StatementSyntaxError
from localaws.redshift.settings import REDSHIFT_SETTINGS, check_setting, postgres_setting
from localaws.redshift.sql.functions import DATE_PART_FIRST, NOT_HERE, NOT_REDSHIFT, RENAMED
from localaws.redshift.sql.scope import Catalog

__all__ = ["calls"]


def calls(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """Every call in PostgreSQL's form, the innermost first."""
    for extract in list(tree.find_all(exp.Extract)):
        part = exp.Literal.string(extract.name.lower())
        extract.replace(exp.Anonymous(this="local_redshift.extract_part", expressions=[part, extract.expression.copy()]))
    for node in reversed(list(tree.find_all(exp.Anonymous, exp.Column))):
        if isinstance(node, exp.Column):
            _bare_word(node)
            continue
        if isinstance(node.parent, exp.Dot):
            if node.parent.this.name.lower() != "pg_catalog":
                continue  # a function of a user's schema
            node.parent.replace(node)
        name = node.name.upper()
        if name in NOT_HERE:
            raise NotSupportedHereError(f"The function {name}")
        if name in NOT_REDSHIFT:
            raise RedshiftError(f"function {name.lower()} does not exist", "42883")
        assert isinstance(node, exp.Anonymous)
        if name in _SPECIAL:
            _SPECIAL[name](node)
        elif name in DATE_PART_FIRST:
            _date_part(node, DATE_PART_FIRST[name])
        elif name in RENAMED:
            node.set("this", RENAMED[name])
    return tree


def _bare_word(column: exp.Column) -> None:
    """SYSDATE is a word, not a column: the start of the transaction, without a time zone."""
    if column.name.lower() == "sysdate" and not column.table and not column.this.args.get("quoted"):
        column.replace(exp.Anonymous(this="pg_catalog.sysdate"))


def _date_part(call: exp.Anonymous, name: str) -> None:
    arguments = call.expressions
    if (arguments and isinstance(arguments[0], exp.Column) and not arguments[0].table) or (
        arguments and isinstance(arguments[0], exp.Var | exp.Identifier)
    ):
        arguments[0].replace(exp.Literal.string(arguments[0].name.lower()))
    call.set("this", name)


def _count(call: exp.Anonymous, low: int, high: int | None = None) -> list[exp.Expr]:
    arguments: list[exp.Expr] = call.expressions
    if len(arguments) < low or (high is not None and len(arguments) > high):
        raise StatementSyntaxError(f"function {call.name.lower()} was given {len(arguments)} arguments")
    return arguments


def _nvl2(call: exp.Anonymous) -> None:
    value, then, otherwise = _count(call, 3, 3)
    present = exp.Not(this=exp.Is(this=exp.Paren(this=value.copy()), expression=exp.Null()))
    call.replace(exp.Case(ifs=[exp.If(this=present, true=then.copy())], default=otherwise.copy()))


def _decode(call: exp.Anonymous) -> None:
    value, *rest = _count(call, 3)
    pairs = [
        exp.If(this=exp.NullSafeEQ(this=exp.Paren(this=value.copy()), expression=exp.Paren(this=rest[i].copy())), true=rest[i + 1].copy())
        for i in range(0, len(rest) - 1, 2)
    ]
    call.replace(exp.Case(ifs=pairs, default=rest[-1].copy() if len(rest) % 2 else None))


def _concat(call: exp.Anonymous) -> None:
    """NULL when one is (PostgreSQL's leaves it out)."""
    left, right = _count(call, 2, 2)

    def as_text(node: exp.Expr) -> exp.Expr:
        return exp.Cast(this=exp.Paren(this=node.copy()), to=exp.DataType.build("varchar(65535)", dialect="redshift"))

    call.replace(exp.Paren(this=exp.DPipe(this=as_text(left), expression=as_text(right), safe=True)))


def _listagg(call: exp.Anonymous) -> None:
    arguments = _count(call, 1, 2)
    separator = arguments[1].copy() if len(arguments) == 2 else exp.Literal.string("")
    value, distinct = arguments[0], None
    if isinstance(value, exp.Distinct):
        parts = value.expressions
        (value, *rest), distinct = parts, True
        separator = rest[0].copy() if rest else separator
    text: exp.Expr = exp.Cast(this=exp.Paren(this=value.copy()), to=exp.DataType.build("varchar(65535)", dialect="redshift"))
    within = call.parent if isinstance(call.parent, exp.WithinGroup) else None
    order = within.expression.copy() if within is not None else None
    place = within or call
    if isinstance(place.parent, exp.Window):
        _listagg_window(place, text, separator, order, distinct is not None)
        return
    if order is not None and distinct:
        order = _ordered_by_text(order, value, text)
    head: exp.Expr = exp.Distinct(expressions=[text]) if distinct else text
    last: exp.Expr = exp.Order(this=separator, expressions=order.expressions) if order is not None else separator
    place.replace(exp.Anonymous(this="string_agg", expressions=[head, last]))


def _ordered_by_text(order: exp.Order, value: exp.Expr, text: exp.Expr) -> exp.Order:
    """With DISTINCT PostgreSQL orders by the aggregated expression only."""
    for item in order.expressions:
        if item.this != value:
            raise NotSupportedHereError("LISTAGG (DISTINCT …) ordered by something else than what it lists")
        item.set("this", text.copy())
    return order


def _listagg_window(place: exp.Expr, text: exp.Expr, separator: exp.Expr, order: exp.Order | None, distinct: bool) -> None:
    if distinct:
        raise NotSupportedHereError("LISTAGG (DISTINCT …) OVER")
    window = place.parent
    assert isinstance(window, exp.Window)
    place.replace(exp.Anonymous(this="string_agg", expressions=[text, separator]))
    if order is not None:
        window.set("order", order)
        window.set("spec", _whole_partition())


def _whole_partition() -> exp.WindowSpec:
    return exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="UNBOUNDED", end_side="FOLLOWING")


def _ratio_to_report(call: exp.Anonymous) -> None:
    (value,) = _count(call, 1, 1)
    window = call.parent
    if not isinstance(window, exp.Window):
        raise StatementSyntaxError("window function call requires an OVER clause")
    total = window.copy()
    total.set("this", exp.Anonymous(this="sum", expressions=[value.copy()]))
    double = exp.DataType.build("double precision", dialect="redshift")
    below = exp.Anonymous(this="nullif", expressions=[total, exp.Literal.number(0)])
    window.replace(exp.Paren(this=exp.Div(this=exp.Cast(this=exp.Paren(this=value.copy()), to=double), expression=below)))


def _percentile(call: exp.Anonymous) -> None:
    """As a window function PostgreSQL has none: the endpoint's aggregates take the fraction as an argument."""
    within = call.parent
    if not isinstance(within, exp.WithinGroup):
        raise StatementSyntaxError(f"{call.name.lower()} needs WITHIN GROUP (ORDER BY …)")
    if isinstance(within.parent, exp.Window):
        (ordered,) = within.expression.expressions
        fraction = call.expressions[0].copy()
        if ordered.args.get("desc"):
            fraction = exp.Paren(this=exp.Sub(this=exp.Literal.number(1), expression=fraction))
        within.replace(exp.Anonymous(this=f"local_redshift.window_{call.name.lower()}", expressions=[ordered.this.copy(), fraction]))
    else:
        call.set("this", call.name.lower())


def _json_extract_path_text(call: exp.Anonymous) -> None:
    """The last argument may say that invalid JSON is NULL."""
    arguments = _count(call, 2)
    invalid: exp.Expr = exp.false()
    if isinstance(arguments[-1], exp.Boolean):
        invalid, arguments = arguments[-1], arguments[:-1]
    if len(arguments) < 2:
        raise StatementSyntaxError("function json_extract_path_text needs a path")
    call.set("this", "local_redshift.json_extract_path_text")
    call.set("expressions", [invalid.copy(), *(argument.copy() for argument in arguments)])


def _ignores_nulls(call: exp.Anonymous) -> bool:
    """IGNORE NULLS, in the brackets or after them; RESPECT NULLS is what PostgreSQL does."""
    first, ignores = call.expressions[0] if call.expressions else None, False
    if isinstance(first, exp.IgnoreNulls | exp.RespectNulls):
        ignores = isinstance(first, exp.IgnoreNulls)
        first.replace(first.this.copy())
    if isinstance(call.parent, exp.IgnoreNulls | exp.RespectNulls):
        ignores = isinstance(call.parent, exp.IgnoreNulls)
        call.parent.replace(call)
    return ignores


def _first_value(call: exp.Anonymous) -> None:
    if _ignores_nulls(call):
        call.set("this", f"local_redshift.{call.name.lower()}_ignore_nulls")


def _lag(call: exp.Anonymous) -> None:
    """IGNORE NULLS: the n-th value before this row that is not NULL; LEAD is LAG in the other direction."""
    if not _ignores_nulls(call):
        return
    value, *offset = _count(call, 1, 2)
    count = offset[0] if offset else exp.Literal.number(1)
    if not isinstance(count, exp.Literal) or count.is_string or not int(count.name):
        raise NotSupportedHereError(f"{call.name.upper()} … IGNORE NULLS with an offset that is no number above zero")
    window = call.parent
    if not isinstance(window, exp.Window) or window.args.get("order") is None:
        raise StatementSyntaxError(f"{call.name.lower()} needs OVER (… ORDER BY …)")
    if call.name.upper() == "LEAD":
        for item in window.args["order"].expressions:
            item.set("desc", not item.args.get("desc"))
            item.set("nulls_first", not item.args.get("nulls_first"))
    one = exp.Literal.number(1)
    window.set("spec", exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end=one, end_side="PRECEDING"))
    call.replace(exp.Anonymous(this="local_redshift.lag_ignore_nulls", expressions=[value.copy(), count.copy()]))


def _array_search(call: exp.Anonymous) -> None:
    """What is looked for becomes SUPER, whatever it is."""
    array, value, *rest = _count(call, 2, 3)
    wanted = exp.Anonymous(this="local_redshift.as_super", expressions=[value.copy()])
    call.set("this", f"local_redshift.{call.name.lower()}")
    call.set("expressions", [array.copy(), wanted, *(one.copy() for one in rest)])


def _setting(call: exp.Anonymous) -> None:
    """CURRENT_SETTING and SET_CONFIG of a setting that PostgreSQL has not."""
    name, value = (*call.expressions[:2], None, None)[:2]
    if isinstance(name, exp.Literal):
        known = name.name.lower()
        if call.name.upper() == "SET_CONFIG":
            check_setting(known, value.name if isinstance(value, exp.Literal) else None)
        if known in REDSHIFT_SETTINGS:
            name.replace(exp.Literal.string(postgres_setting(known)))


_SPECIAL: dict[str, Callable[[exp.Anonymous], None]] = {
    "NVL2": _nvl2,
    "DECODE": _decode,
    "CONCAT": _concat,
    "JSON_EXTRACT_PATH_TEXT": _json_extract_path_text,
    "LISTAGG": _listagg,
    "RATIO_TO_REPORT": _ratio_to_report,
    "PERCENTILE_CONT": _percentile,
    "PERCENTILE_DISC": _percentile,
    "FIRST_VALUE": _first_value,
    "LAST_VALUE": _first_value,
    "NTH_VALUE": _first_value,
    "LAG": _lag,
    "LEAD": _lag,
    **dict.fromkeys(("CURRENT_SETTING", "SET_CONFIG"), _setting),
    **dict.fromkeys(("ARRAY_CONTAINS", "ARRAY_POSITION", "ARRAY_POSITIONS"), _array_search),
}
