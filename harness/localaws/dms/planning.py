"""From table mappings and the source's tables to plans: names by the rules, columns and key as they are on the target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from localaws.dms.data_types import column_type, dms_type, is_lob
from localaws.dms.exceptions import SettingsError
from localaws.dms.expressions import parse_expression
from localaws.dms.masking import Mask, check_mask, masked_type
from localaws.dms.plan import PlannedColumn, TablePlan
from localaws.dms.settings.made_columns import MASKS
from localaws.dms.settings.table_mappings import TableMappings, Transformation, condition_of, matches
from localaws.dms.settings.table_settings import ParallelLoad
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.catalog import SYSTEM_SCHEMAS
from localaws.dms.types import SourceColumn, SourceTable

__all__ = ["check_together", "is_selected", "plan_dropped", "plan_table"]


def is_selected(mappings: TableMappings, schema: str, table: str, is_view: bool = False) -> bool:
    """Whether the table is to be replicated."""
    return schema not in SYSTEM_SCHEMAS and mappings.selection(schema, table, is_view) is not None


def check_together(mappings: TableMappings, settings: TaskSettings) -> None:
    """Refuse mappings and settings that each are good, but not for one task.

    Raises:
        SettingsError: before images are asked for by both.
    """
    if mappings.images and settings.before_image:
        reason = "a rule add-before-image-columns asks for them too: one of them"
        raise SettingsError("$.BeforeImageSettings.EnableBeforeImage", reason)


def plan_table(mappings: TableMappings, table: SourceTable, *, changes: bool) -> TablePlan:
    """The plan of a table that is selected. `changes` is whether its changes are captured.

    Raises:
        SettingsError: the rules leave no column, give two columns one name, or name a key column that is not there.
    """
    selection = mappings.selection(table.schema, table.name, table.is_view)
    assert selection is not None
    if changes and selection.filters:
        # As in DMS a filter is applied to changes too; there it goes stale when the filtered column changes.
        raise SettingsError("$.rules", f"this engine filters {table.full_name} in full load only yet: use the migration type full-load")
    rules = [rule for rule in mappings.transformations if rule.matches(table.schema, table.name) or rule.target == "column"]
    schema, name = _names(table, rules)
    columns = _columns(table, [rule for rule in mappings.transformations if rule.target == "column"])
    if not columns:
        raise SettingsError("$.rules", f"no column of {table.full_name} is left")
    columns = (*columns, *_added(mappings, table), *_images(mappings, table, columns))
    names = [column.name.lower() for column in columns]
    for column in names:
        if names.count(column) > 1:
            raise SettingsError("$.rules", f"two columns of {table.full_name} get the name {column} on the target")
    parallel = _parallel(mappings, table)
    key, condition = _key(table, columns, rules), condition_of(selection.filters)
    return TablePlan(table, schema, name, columns, key, condition, selection.load_order, parallel)


def plan_dropped(mappings: TableMappings, schema: str, name: str) -> TablePlan:
    """The plan of a table that is not there any more: its name on the target, and no columns."""
    table = SourceTable(schema, name, (), ())
    return TablePlan(table, *_names(table, [rule for rule in mappings.transformations if rule.matches(schema, name)]), (), ())


def _names(table: SourceTable, rules: list[Transformation]) -> tuple[str, str]:
    """Schema and table on the target."""
    schema = _named(table.schema, (rule for rule in rules if rule.target == "schema"))
    return schema, _named(table.name, (rule for rule in rules if rule.target == "table"))


def _named(name: str, rules: Iterable[Transformation]) -> str:
    for rule in rules:
        name = rule.renamed(name)
    return name


def _columns(table: SourceTable, rules: list[Transformation]) -> tuple[PlannedColumn, ...]:
    chosen = []
    included = [rule for rule in rules if rule.action == "include-column" and rule.matches(table.schema, table.name, rule.column)]
    for column in table.columns:
        fitting = [rule for rule in rules if rule.matches(table.schema, table.name, column.name)]
        actions = {rule.action for rule in fitting}
        if "remove-column" in actions or (included and "include-column" not in actions):
            continue
        nullable = column.nullable or column.type.kind in ("date", "datetime", "timestamp")  # zero dates become null
        declared = next((rule.data_type for rule in fitting if rule.data_type is not None), None)
        mask = _mask(table, column, fitting)
        declared = declared or (masked_type(column.type, mask) if mask else None)
        chosen.append(PlannedColumn(_named(column.name, fitting), column.name, column.type, nullable, declared, mask))
    return tuple(chosen)


def _mask(table: SourceTable, column: SourceColumn, rules: list[Transformation]) -> Mask | None:
    masks = [(rule.action, rule.value) for rule in rules if rule.action in MASKS]
    if len(masks) > 1:
        raise SettingsError("$.rules", f"{table.full_name}.{column.name} is masked by {len(masks)} rules: one of them")
    if masks:
        check_mask(table, column, masks[0], in_key=column.name in table.key)
    return masks[0] if masks else None


def _added(mappings: TableMappings, table: SourceTable) -> Iterator[PlannedColumn]:
    for rule in mappings.added:
        if matches(rule.schema, table.schema) and matches(rule.table, table.name):
            expression = parse_expression(rule.expression, table, rule.path)
            yield PlannedColumn(rule.name, "", column_type(rule.data_type), True, rule.data_type, expression=expression)


def _parallel(mappings: TableMappings, table: SourceTable) -> ParallelLoad | None:
    found = next((rule for rule in mappings.parallel if (rule.schema, rule.table) == (table.schema, table.name)), None)
    for name in found.columns if found is not None else ():
        assert found is not None
        column = next((column for column in table.columns if column.name == name), None)
        if column is None:
            raise SettingsError(f"{found.path}.columns", f"{table.full_name} has no column {name}")
        if is_lob(column.type) or column.type.kind in ("float", "double"):
            raise SettingsError(f"{found.path}.columns", f"{table.full_name}.{name} is {dms_type(column.type)}, which bounds no segment")
    return found


def _images(mappings: TableMappings, table: SourceTable, columns: tuple[PlannedColumn, ...]) -> Iterator[PlannedColumn]:
    for rule in mappings.images:
        if not (matches(rule.schema, table.schema) and matches(rule.table, table.name)):
            continue
        for column in columns:
            wanted = rule.only == "all" or (column.source in table.key if rule.only == "pk-only" else not is_lob(column.type))
            if wanted and matches(rule.column, column.source):
                name = f"{rule.prefix}{column.name}{rule.suffix}"
                yield PlannedColumn(name, "", column.type, True, column.declared, before=column.name)


def _key(table: SourceTable, columns: tuple[PlannedColumn, ...], rules: list[Transformation]) -> tuple[str, ...]:
    defined = next((rule for rule in rules if rule.action == "define-primary-key"), None)
    by_source = {column.source: column.name for column in columns if not column.is_made}
    if defined is not None:
        names = {column.name for column in columns}
        for name in defined.key:
            if any(column.name == name and (column.is_made or column.is_volatile) for column in columns):
                raise SettingsError("$.rules", f"define-primary-key names {name} of {table.full_name}, which a rule makes")
            masks = [column.mask[0] for column in columns if column.name == name and column.mask is not None]
            if masks and masks[0] != "data-masking-hash-mask":
                reason = f"{masks[0]} leaves rows that nobody can tell apart: mask it by hash"
                raise SettingsError("$.rules", f"define-primary-key names {name} of {table.full_name}, and {reason}")
            if name not in names:
                raise SettingsError("$.rules", f"define-primary-key names {name}, which {table.full_name} has not on the target")
        return defined.key
    # Without one of its columns the key tells no rows apart.
    return tuple(by_source[name] for name in table.key) if all(name in by_source for name in table.key) else ()
