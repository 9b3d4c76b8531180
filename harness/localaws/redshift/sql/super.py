"""SUPER: values of JSON's shapes, held as jsonb; navigation and unnesting (Redshift guide, "Querying semistructured data").

Navigation is lax: a path that is not there is NULL. A name before a dot that is no source of the query is a SUPER column.
"""

from __future__ import annotations

from sqlglot import exp

from localaws.redshift.sql.scope import Catalog, own_nodes, source_names

__all__ = ["navigation", "unnesting"]

_COMPARED = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_COUNTED = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
# Functions of the leader node that give arrays of PostgreSQL.
_ARRAYS = {"current_schemas", "string_to_array", "array"}
_NAVIGATE = "pg_catalog.jsonb_extract_path"


def unnesting(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """FROM t, t.items AS i [AT k]: the elements of an array of the row; UNPIVOT t.thing AS v AT k: the attributes of an object."""
    for select in list(tree.find_all(exp.Select)):
        names: set[str] = set()
        from_ = select.args.get("from_")
        if from_ is not None:
            names.add(from_.this.alias_or_name.lower())
        for join in select.args.get("joins") or []:
            source = join.this
            found = _unnested(source, names)
            if found is None:
                names.add(source.alias_or_name.lower())
                continue
            call, alias, index = found
            columns = [exp.to_identifier(alias), exp.to_identifier(index or f"_index_{alias}")]
            join.set("this", exp.Lateral(this=call, alias=exp.TableAlias(this=exp.to_identifier(f"_super_{alias}"), columns=columns)))
            if join.args.get("on") is None:
                join.set("kind", "CROSS")
            names.add(alias)
            for column in list(own_nodes(select, exp.Column)):
                if column.name.lower() == alias and not column.text("table"):
                    _meet_others(column)
    return tree


def _unnested(source: exp.Expr, names: set[str]) -> tuple[exp.Expr, str, str] | None:
    """The call that gives the rows, and the names of its two columns: the value, and its place or its attribute."""
    function = "unnest_super"
    if isinstance(source, exp.Pivot):
        function, source = "unpivot_super", source.this
    found = _array_of(source, names)
    if found is None:
        return None
    path, alias, index = found
    return exp.Anonymous(this=f"local_redshift.{function}", expressions=[path]), alias, index


def _array_of(source: exp.Expr, names: set[str]) -> tuple[exp.Expr, str, str] | None:
    index = ""
    if isinstance(source, exp.Unnest):  # sqlglot's reading of FROM t, t.items AS i
        (column,) = source.args["alias"].args["columns"]
        return source.expressions[0].copy(), column.name.lower(), index
    if isinstance(source, exp.AtIndex):
        index, source = source.expression.name.lower(), source.this
    if isinstance(source, exp.Alias):
        return source.this.copy(), source.alias.lower(), index
    if isinstance(source, exp.Table) and source.db and source.parts[0].name.lower() in names:
        path = exp.Column(**dict(zip(("this", "table", "db"), [part.copy() for part in reversed(source.parts)], strict=False)))
        return path, source.alias.lower() or source.name.lower(), index
    return None


def navigation(tree: exp.Expr, catalog: Catalog | None) -> exp.Expr:
    """a.b.c and a[0] on a SUPER column."""
    for node in list(tree.find_all(exp.Column, exp.Bracket, exp.Dot)):
        if isinstance(node.parent, exp.Bracket | exp.Dot) and node.parent.this is node:
            continue  # the outermost is taken whole
        root = _root(node)
        if isinstance(node, exp.Dot) and not isinstance(root, exp.Column | exp.Anonymous):
            continue
        if isinstance(root, exp.Anonymous) and root.name.lower() in _ARRAYS:
            continue
        path = _path(node)
        if path is not None:
            base, steps = path
            arguments = [base, *(_step(step) for step in steps)]
            node.replace(exp.Anonymous(this=_NAVIGATE, expressions=arguments))
    for node in list(tree.find_all(exp.Anonymous)):
        if node.name == _NAVIGATE:
            _meet_others(node)
    return tree


def _root(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Bracket | exp.Dot | exp.Paren):
        if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
            return node.expression
        node = node.this
    return node


def _path(node: exp.Expr) -> tuple[exp.Expr, list[exp.Expr]] | None:
    """The SUPER value and the steps from it; None where nothing is navigated."""
    steps: list[exp.Expr] = []
    while isinstance(node, exp.Bracket | exp.Dot):
        if isinstance(node, exp.Dot):
            if isinstance(node.expression, exp.Func):
                return None
            steps.insert(0, node.expression)
        else:
            steps[:0] = node.expressions
        node = node.this
    if isinstance(node, exp.Column):
        parts, select = list(node.parts), node.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Merge)
        names = source_names(select) if select is not None else set()
        qualifier = 1 if parts[0].name.lower() in names or len(parts) == 1 else 0
        if len(parts) > qualifier + 1 and not isinstance(parts[-1], exp.Star) and (qualifier or names):
            if qualifier == 0 and any(part.name.lower() in names for part in parts[1:3]) and len(parts) >= 3:
                return None if not steps else (node.copy(), steps)  # database.schema.table.column
            steps = [*parts[qualifier + 1 :], *steps]
            node = exp.Column(**dict(zip(("this", "table"), [part.copy() for part in reversed(parts[: qualifier + 1])], strict=False)))
    return (node.copy(), steps) if steps else None


def _step(step: exp.Expr) -> exp.Expr:
    if isinstance(step, exp.Identifier | exp.Column):
        return exp.Literal.string(step.name if step.args.get("quoted") else step.name.lower())
    if isinstance(step, exp.Literal):
        return exp.Literal.string(step.name)
    return exp.Cast(this=exp.Paren(this=step.copy()), to=exp.DataType.build("varchar", dialect="redshift"))


def _meet_others(node: exp.Expr) -> None:
    """What a SUPER value is compared with or calculated with becomes of its kind."""
    parent = node.parent
    if isinstance(parent, _COMPARED):
        other = parent.expression if parent.this is node else parent.this
        if not (isinstance(other, exp.Anonymous) and other.name == _NAVIGATE):
            other.replace(exp.Anonymous(this="local_redshift.as_super", expressions=[other.copy()]))
    elif isinstance(parent, _COUNTED):
        node.replace(exp.Anonymous(this="local_redshift.super_number", expressions=[node.copy()]))
