"""Rules for whole SELECTs: lateral aliases, QUALIFY, GROUP BY ALL, PIVOT and UNPIVOT (Redshift guide, "SELECT").

Each takes the tree and the catalog, changes the tree in place, and gives it back. A rule that has to know a table's columns raises
`CatalogNeededError` when it is given no catalog.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.transforms import eliminate_qualify

from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError, RefusedByRedshiftError
from localaws.redshift.sql.functions import AGGREGATES
from localaws.redshift.sql.scope import Catalog, columns_of, own_nodes, source_columns, sources

__all__ = [
    "LEADER_ONLY",
    "catalog_tables",
    "excluded_columns",
    "group_by_all",
    "lateral_aliases",
    "leader_only",
    "leader_only_error",
    "merge_values",
    "number_conditions",
    "pivots",
    "qualify",
    "refusals",
]


def refusals(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """What PostgreSQL would run and Redshift does not."""
    for node in tree.walk():
        if isinstance(node, exp.Lock):
            raise RefusedByRedshiftError("SELECT FOR UPDATE is not supported")
        if isinstance(node, exp.OnConflict):
            raise RefusedByRedshiftError("ON CONFLICT is not supported")
        if isinstance(node, exp.Returning):
            raise RefusedByRedshiftError('syntax error at or near "returning"')
        if isinstance(node, exp.Distinct) and node.args.get("on"):
            raise RefusedByRedshiftError("SELECT DISTINCT ON is not supported")
        if isinstance(node, exp.Filter):
            raise RefusedByRedshiftError('syntax error at or near "filter"')
        if isinstance(node, exp.TableSample):
            raise RefusedByRedshiftError('syntax error at or near "tablesample"')
        if isinstance(node, exp.CTE) and isinstance(node.this, exp.Insert | exp.Update | exp.Delete):
            raise RefusedByRedshiftError("INSERT, UPDATE and DELETE are not possible in WITH")
        if isinstance(node, exp.Struct):
            raise NotSupportedHereError("An object literal", "Use OBJECT(name, value, …).")
        if isinstance(node, exp.Connect):
            raise NotSupportedHereError("CONNECT BY", "Use WITH RECURSIVE.")
        if isinstance(node, exp.Command):
            raise NotSupportedHereError(f"The statement {node.this}")
    return tree


def qualify(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """QUALIFY: a filter on window functions, outside of a subquery."""
    for select in list(tree.find_all(exp.Select)):
        if select.args.get("qualify"):
            parent, changed = select.parent, eliminate_qualify(select.copy())
            if parent is None:
                tree = changed
            else:
                select.replace(changed)
    return tree


def is_aggregate(node: exp.Expr) -> bool:
    """Whether the expression aggregates: a call that is no window function."""
    for call in own_nodes(node, exp.Func):
        name = call.name if isinstance(call, exp.Anonymous) else type(call).__name__
        if name.upper().rpartition(".")[2] in AGGREGATES and not isinstance(call.parent, exp.Window):
            within = call.parent
            if isinstance(within, exp.WithinGroup) and isinstance(within.parent, exp.Window):
                continue
            return True
    return False


def group_by_all(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """GROUP BY ALL: every item of the SELECT that does not aggregate, by its place."""
    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        if group is not None and group.args.get("all"):
            places = [exp.Literal.number(i) for i, item in enumerate(select.expressions, 1) if not is_aggregate(item)]
            select.set("group", exp.Group(expressions=places) if places else None)
    return tree


def excluded_columns(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """SELECT * EXCLUDE (…): every column of the sources but those."""
    for star in list(tree.find_all(exp.Star)):
        left_out = star.args.get("except_") or star.args.get("except")
        if not left_out:
            continue
        place = star.parent if isinstance(star.parent, exp.Column) else star
        select, table = place.parent, place.text("table").lower()
        if not isinstance(select, exp.Select):
            raise NotSupportedHereError("EXCLUDE here", "SELECT * EXCLUDE (…) is.")
        names = {column.name.lower() for column in left_out}
        items: list[exp.Expr] = []
        for item in select.expressions:
            items += [item] if item is not place else _kept_columns(select, names, table, catalog)
        select.set("expressions", items)
    return tree


def _kept_columns(select: exp.Select, names: set[str], table: str, catalog: Catalog | None) -> list[exp.Expr]:
    wanted = [source for source in sources(select) if not table or source.alias_or_name.lower() == table]
    every = [(source.alias_or_name, name) for source in wanted for name in columns_of(source, catalog)]
    unknown = names - {name for _, name in every}
    if unknown:
        raise RedshiftError(f'column "{sorted(unknown)[0]}" of EXCLUDE does not exist', "42703")
    return [exp.column(exp.to_identifier(name, quoted=True), table=table) for table, name in every if name not in names]


# Functions that run on the leader node only (guide, "Leader node–only functions"): not beside tables of users.
LEADER_ONLY = ("generate_series", "current_schemas", "has_any_column_privilege")
_OF_SYSTEM = ("pg_", "stl_", "stv_", "svl_", "svv_", "svcs_", "sys_")


def leader_only(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """GENERATE_SERIES and its like beside a table: Redshift's compute nodes have none of them."""
    if not any(call.name.lower() in LEADER_ONLY for call in tree.find_all(exp.Anonymous)):
        return tree
    common = {one.alias.lower() for one in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        name = table.name.lower()
        of_system = name.startswith(_OF_SYSTEM) or table.db.lower() in ("pg_catalog", "information_schema") or name in common
        if isinstance(table.this, exp.Identifier) and not of_system:
            raise leader_only_error(table.name)
    return tree


def leader_only_error(table: str) -> RedshiftError:
    """What Redshift says."""
    words = "Specified types or functions (one per INFO message) not supported on Redshift tables."
    return RedshiftError(words, "0A000", {"D": f"A function of the leader node is used together with the table {table}."})


_CLAUSES = ("where", "group", "having", "qualify")


def lateral_aliases(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """A name given in a SELECT may be used later in it, and in its clauses; a column of the sources of that name comes first."""
    for select in list(tree.find_all(exp.Select)):
        given: dict[str, exp.Expr] = {}
        columns: set[str] | None = None
        for item in select.expressions:
            columns = _replace(select, item, given, columns, catalog)
            if isinstance(item, exp.Alias):
                given.setdefault(item.alias.lower(), item)
        for clause in _CLAUSES:
            part = select.args.get(clause)
            if part is not None and given:
                columns = _replace(select, part, given, columns, catalog, bare_stays=clause == "group")
    return tree


def _replace(
    select: exp.Select,
    part: exp.Expr,
    given: dict[str, exp.Expr],
    columns: set[str] | None,
    catalog: Catalog | None,
    *,
    bare_stays: bool = False,
) -> set[str] | None:
    for column in list(own_nodes(part, exp.Column)):
        name = column.name.lower()
        if column.text("table") or name not in given or (bare_stays and column.parent is part):
            continue
        if columns is None:
            columns = source_columns(select, catalog)
        if name not in columns:
            column.replace(exp.Paren(this=given[name].this.copy()))
    return columns


def pivots(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """PIVOT becomes conditional aggregates, UNPIVOT rows of values."""
    for source in list(tree.find_all(exp.Table, exp.Subquery)):
        for pivot in source.args.get("pivots") or []:
            columns = columns_of(source, catalog)
            plain = source.copy()
            plain.set("pivots", None)
            plain.set("alias", None)
            make = _unpivoted if pivot.args.get("unpivot") else _pivoted
            alias = pivot.args.get("alias") or source.args.get("alias") or exp.TableAlias(this=exp.to_identifier("_pivoted"))
            source.replace(exp.Subquery(this=make(plain, pivot, columns), alias=alias.copy()))
            break
    return tree


def _named(table: exp.Expr, name: str) -> exp.Expr:
    table.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
    return table


def _pivoted(source: exp.Expr, pivot: exp.Pivot, columns: list[str]) -> exp.Select:
    (field,) = pivot.args["fields"]
    used = {column.name.lower() for aggregate in pivot.expressions for column in aggregate.find_all(exp.Column)} | {field.this.name.lower()}
    kept: list[exp.Expr] = [exp.column(exp.to_identifier(name, quoted=True)) for name in columns if name not in used]
    items = list(kept)
    for choice in field.expressions:
        value, name = (choice.this, choice.alias) if isinstance(choice, exp.PivotAlias) else (choice, choice.name or choice.sql())
        for aggregate in pivot.expressions:
            call = aggregate.this if isinstance(aggregate, exp.Alias) else aggregate
            label = f"{name}_{aggregate.alias}" if isinstance(aggregate, exp.Alias) else name
            chosen = _only_where(call.copy(), exp.EQ(this=field.this.copy(), expression=value.copy()))
            items.append(exp.alias_(chosen, label.lower(), quoted=True))
    select = exp.Select(expressions=items).from_(_named(source, "_source"))
    if kept:
        select.set("group", exp.Group(expressions=[exp.Literal.number(i) for i in range(1, len(kept) + 1)]))
    return select


def _only_where(call: exp.Expr, condition: exp.Expr) -> exp.Expr:
    arguments = call.expressions if isinstance(call, exp.Anonymous) else [call.this]
    if len(arguments) != 1:
        raise NotSupportedHereError("PIVOT with an aggregate of several arguments")
    (argument,) = arguments
    value = exp.Literal.number(1) if isinstance(argument, exp.Star) else argument.copy()
    case = exp.Case(ifs=[exp.If(this=condition, true=value)])
    argument.replace(case)
    return call


def _unpivoted(source: exp.Expr, pivot: exp.Pivot, columns: list[str]) -> exp.Select:
    (field,) = pivot.args["fields"]
    value, key = pivot.expressions[0].name.lower(), field.this.name.lower()
    rows, used = [], set()
    for choice in field.expressions:
        column = choice.this if isinstance(choice, exp.PivotAlias) else choice
        used.add(column.name.lower())
        rows.append(exp.Tuple(expressions=[exp.Literal.string(choice.alias_or_name.lower()), column.copy()]))
    names = [exp.to_identifier(key, quoted=True), exp.to_identifier(value, quoted=True)]
    alias = exp.TableAlias(this=exp.to_identifier("_values"), columns=[name.copy() for name in names])
    values = exp.Lateral(this=exp.Subquery(this=exp.Values(expressions=rows)), alias=alias)
    kept = [exp.column(exp.to_identifier(name, quoted=True)) for name in columns if name not in used]
    select = exp.Select(expressions=[*kept, *(exp.column(name.copy()) for name in names)]).from_(_named(source, "_source"))
    select.append("joins", exp.Join(this=values, kind="CROSS"))
    if not pivot.args.get("include_nulls"):
        select = select.where(exp.Not(this=exp.Is(this=exp.column(names[1].copy()), expression=exp.Null())))
    return select


def merge_values(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """MERGE … INSERT VALUES without columns: sqlglot reads VALUES as a function there."""
    for insert in tree.find_all(exp.Insert):
        listed = insert.this
        if isinstance(insert.parent, exp.When) and isinstance(listed, exp.Tuple) and len(listed.expressions) == 1:
            (call,) = listed.expressions
            if isinstance(call, exp.Anonymous) and call.name.upper() == "VALUES":
                insert.set("this", None)
                insert.set("expression", exp.Tuple(expressions=[value.copy() for value in call.expressions]))
    return tree


_WIDER = ("pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index")


def catalog_tables(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """Tables of the catalog to which Redshift adds columns."""
    for table in tree.find_all(exp.Table):
        name = table.name.lower()
        if name in _WIDER and table.db.lower() in ("", "pg_catalog"):
            table.set("db", exp.to_identifier("local_redshift"))
            if not table.args.get("alias"):
                table.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
    return tree


def number_conditions(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """WHERE 1: a number stands for true or false (SQLAlchemy's dialect writes it)."""
    for where in tree.find_all(exp.Where):
        condition = where.this
        while isinstance(condition, exp.And | exp.Or):
            condition = condition.this
        if isinstance(condition, exp.Literal) and not condition.is_string:
            condition.replace(exp.Boolean(this=condition.name != "0"))
    return tree
