"""Translates views: names resolved and mapped, functions by rules, truth values told from numbers, Redshift's text by sqlglot.

The server's own text of a view is read, in which every column has its table. sqlglot translates the syntax; `view_rules` has what
it lacks. What cannot be translated is an action item, and so is every view that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import SqlglotError

from schema_conversion.findings import Finding
from schema_conversion.model import Source, View
from schema_conversion.names import target_names
from schema_conversion.tables import Names
from schema_conversion.target import TargetTable, TargetView
from schema_conversion.view_functions import Untranslatable, check_functions, differing
from schema_conversion.view_grouping import group_what_follows, having_without_aliases
from schema_conversion.view_names import Known, known_relations, resolve_names
from schema_conversion.view_rules import RULES
from schema_conversion.view_truth import tell_truth_from_numbers

__all__ = ["convert_views"]


class _Target(Redshift):
    """Redshift's text, with quotes in literals doubled: a backslash would be read differently by the local server."""

    class Tokenizer(Redshift.Tokenizer):
        STRING_ESCAPES = ["'"]  # noqa: RUF012 - sqlglot reads it from the class


def convert_views(source: Source, names: Names, tables: list[TargetTable]) -> tuple[list[TargetView], list[Finding]]:
    """Every view, those first that others read, and what there is to say of them."""
    views = {(view.schema, view.name): view for database in source.databases for view in database.views}
    known = known_relations(names, tables, views)
    converted: dict[tuple[str, str], TargetView] = {}
    findings: list[Finding] = []
    for view in _in_order(views):
        converted[view.schema, view.name] = _convert(view, names, known, converted, findings)
    return list(converted.values()), findings


def _in_order(views: Mapping[tuple[str, str], View]) -> Iterator[View]:
    waiting = dict(views)
    reads = {key: set(_read_by(view)) - {key} for key, view in views.items()}
    while waiting:
        free = [key for key in waiting if not reads[key] & set(waiting)]
        for key in free or list(waiting):
            yield waiting.pop(key)


def _read_by(view: View) -> list[tuple[str, str]]:
    try:
        tree = sqlglot.parse_one(view.definition, read="mysql")
    except SqlglotError:
        return []  # `_convert` says so
    return [(table.db or view.schema, table.name) for table in tree.find_all(exp.Table)]


def _convert(view: View, names: Names, known: Known, done: Mapping[tuple[str, str], TargetView], findings: list[Finding]) -> TargetView:
    path = (view.schema, view.name)
    schema, name = names.schemas[view.schema], names.relations[view.schema, view.name]
    columns = tuple(target_names(view.columns, column=True).values())
    if view.problem:
        findings.append(Finding(1402, "VIEW", path, view.problem))
        return TargetView(view, schema, name, columns, None, view.problem)
    try:
        unread = [other for key in _read_by(view) if (other := done.get(key)) and other.query is None]
        if unread:
            raise Untranslatable(f"the view {unread[0].name}, which is not translated")
        query, differences = _translated(view, known)
    except (Untranslatable, SqlglotError) as reason:
        problem = str(reason).splitlines()[0]
        findings.append(Finding(1401, "VIEW", path, f"It uses {problem}" if isinstance(reason, Untranslatable) else problem))
        return TargetView(view, schema, name, columns, None, problem)
    findings += [Finding(1404, "VIEW", path, difference) for difference in differences]
    if view.check_option not in ("", "NONE"):
        findings.append(Finding(1403, "VIEW", path, f"WITH {view.check_option} CHECK OPTION"))
    return TargetView(view, schema, name, columns, query)


def _translated(view: View, known: Known) -> tuple[str, list[str]]:
    tree = sqlglot.parse_one(view.definition, read="mysql")
    if not isinstance(tree, exp.Query):
        raise Untranslatable("a form of SELECT that cannot be read")
    differences = differing(tree)
    resolve_names(tree, view.schema, known)
    having_without_aliases(tree)
    group_what_follows(tree, known.keys)
    for rule in RULES:
        tree = _everywhere(rule, tree)
    tell_truth_from_numbers(tree)
    check_functions(tree)
    return tree.sql(_Target, identify=True, pretty=True), differences


def _everywhere(rule: Callable[[exp.Expr], exp.Expr], tree: exp.Expr) -> exp.Expr:
    """Innermost first, so that what a rule puts around an expression has that expression as the rule left it."""
    for node in reversed(list(tree.walk())):
        changed = rule(node)
        if changed is not node:
            if node is tree:
                tree = changed
            else:
                node.replace(changed)
    return tree
