"""DDL of the source, done on the target; and the target's columns as the rows that come have them.

TRUNCATE, DROP and renamed columns are done when they are read. What else became of columns is seen from the next rows, which tell their own
columns: the source's catalog may be ahead of its binlog.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from localaws.dms.binlog.events import Position
from localaws.dms.binlog.table_map import TableMap
from localaws.dms.ddl import Ddl
from localaws.dms.exceptions import CollisionError, SourceError, TargetError, TargetLostError
from localaws.dms.plan import TablePlan, differences
from localaws.dms.source.connection import connected
from localaws.dms.source.snapshot import current_position
from localaws.dms.target.base import Target

if TYPE_CHECKING:
    from localaws.dms.replication import Replication

__all__ = ["Following"]


class Following:
    """For the thread that applies. Checkpoints are given as the target keeps them."""

    def __init__(self, replication: Replication, target: Target) -> None:
        self._replication, self._target, self._settings = replication, target, replication.task.settings
        self._seen: set[tuple[str, str]] = set()
        with connected(replication.task.source) as connection:
            self._known_at = current_position(connection)
        """The plans are from the source's catalog, which was ahead of statements before this."""

    def follow(self, ddl: Ddl, position: Position, checkpoint: str, *, has_truncated: bool) -> None:
        """One table's part of a statement that ends at a position. `has_truncated`: what was loaded is as it was after a TRUNCATE."""
        name = (ddl.schema, ddl.table)
        known = self._replication.plans.get(name)
        if known is None and ddl.action == "drop" and position.order <= self._known_at.order:
            known = self._replication.plan_of_dropped(*name)
        if known is None:
            if ddl.action == "create":
                self._create(ddl, checkpoint)
            return
        statistics = self._replication.statistics.table(*name)
        statistics.ddls += 1
        if ddl.action == "truncate" and self._settings.fail_on_truncate:
            raise SourceError(f"{known.source.full_name} was truncated on the source, and ApplyErrorFailOnTruncationDdl is true.")
        if ddl.action == "truncate" and self._settings.handle_truncate and not (has_truncated and not known.key):
            self._target.statement(known, "truncate", checkpoint)
        elif ddl.action == "drop" and self._settings.handle_drop:
            self._target.statement(known, "drop-table", checkpoint)
            self._replication.plans.pop(name, None)
        elif ddl.action == "rename-column" and self._settings.handle_alter:
            self._rename(known, ddl, checkpoint)
        elif ddl.action == "rename":
            reason = f"{known.source.full_name} was renamed, which is not followed. Reload it under its new name."
            self._replication.suspend(*name, SourceError(reason))
            return
        statistics.applied_ddls += 1

    def _rename(self, known: TablePlan, ddl: Ddl, checkpoint: str) -> None:
        """A plan from a catalog that was ahead has the new name already, and the target the old one."""
        old, new = ddl.details
        renamed = known.with_renamed(old, new)
        self._replication.plans[ddl.schema, ddl.table] = renamed
        names = [(before.name, after.name) for before, after in zip(known.columns, renamed.columns, strict=True)]
        changed = [pair for pair in names if pair[0] != pair[1]]
        if not changed and any(column.name == column.source == new for column in known.columns):
            changed = [(old, new)]
        for pair in changed:
            self._target.statement(renamed, "rename-column", checkpoint, pair)

    def _create(self, ddl: Ddl, checkpoint: str) -> None:
        with connected(self._replication.task.source) as connection:
            plan = self._replication.read_plan(connection, ddl.schema, ddl.table)
        if plan is not None:
            if not self._created(plan, checkpoint):
                return
            statistics = self._replication.statistics.table(ddl.schema, ddl.table)
            statistics.ddls, statistics.applied_ddls = statistics.ddls + 1, statistics.applied_ddls + 1
            statistics.table_state = "Table completed"

    def _created(self, plan: TablePlan, checkpoint: str) -> bool:
        """Makes the target's table; where that cannot be, the table is suspended."""
        try:
            self._target.statement(plan, "create-table", checkpoint)
        except (TargetLostError, CollisionError):
            raise
        except TargetError as error:
            self._replication.suspend(plan.source.schema, plan.source.name, error)
            return False
        return True

    def plan_for(self, table: TableMap, checkpoint: Callable[[], str]) -> TablePlan | None:
        """The plan of a table whose rows came. Where they have other columns than it, the target is altered."""
        name = (table.schema, table.table)
        known = self._replication.plans.get(name)
        has_columns = known is not None and {(column.name, column.type) for column in known.source.columns} == set(table.signature)
        if known is not None and has_columns and set(known.source.key) == set(table.key):
            self._complete(known, checkpoint)
            return known
        plan = self._replication.plan_of_rows(table)
        if plan is not None and known is not None and has_columns and set(plan.key) != set(known.key) and self._target.keeps_keys:
            there, now = (", ".join(names) or "none" for names in (known.key, plan.key))
            reason = f"The primary key of {plan.source.full_name} changed from {there} to {now}, and the target keeps its own."
            self._replication.suspend(*name, SourceError(f"{reason} Reload the table (ReloadTables)."))
            return None
        if plan is None or plan.columns == (known.columns if known else ()):
            return plan
        if known is None:
            return plan if self._created(plan, checkpoint()) else None
        if self._settings.handle_alter:
            for action, details in differences(known, plan):
                self._target.statement(plan, action, checkpoint(), details)
        return plan

    def _complete(self, plan: TablePlan, checkpoint: Callable[[], str]) -> None:
        """Columns that the source got while the task did not run are in its catalog, and so in the plan, but not on the target."""
        name = (plan.source.schema, plan.source.name)
        if name in self._seen or not self._replication.resumed or not self._settings.handle_alter:
            return
        self._seen.add(name)
        for column in self._target.missing_columns(plan):
            self._target.statement(plan, "add-column", checkpoint(), (column,))
