"""One occurrence of an action item: where it is, and what was found there."""

from __future__ import annotations

from dataclasses import dataclass

from schema_conversion.actions import ACTIONS, Action, Complexity

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """`category`: of the object (TABLE, VIEW, …); `path`: database, object, and what of it. The complexity may differ from its kind's."""

    number: int
    category: str
    path: tuple[str, ...]
    description: str
    complexity: Complexity | None = None
    line: int = 0

    @property
    def action(self) -> Action:
        return ACTIONS[self.number]

    @property
    def weight(self) -> Complexity:
        return self.complexity or self.action.complexity

    @property
    def schema(self) -> str:
        return self.path[0]

    @property
    def where(self) -> str:
        """database.object.part"""
        return ".".join(self.path)

    @property
    def object_path(self) -> tuple[str, ...]:
        """The object that it counts for: of a column, its table."""
        return self.path[:2] if self.category == "TABLE" else self.path
