"""A ruleset as data: rules, what joins them, conditions and the values that they compare with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

__all__ = ["Composite", "Condition", "Expression", "Operand", "Rule", "Ruleset"]


@dataclass(frozen=True)
class Expression:
    """A number that may depend on former values: a literal, an operation (`+ - * /`) or a function (`avg`, `last`, …) of others."""

    name: str
    parts: tuple[Expression, ...] = ()
    value: float = 0.0

    @property
    def is_dynamic(self) -> bool:
        """Whether former values of the metric decide."""
        return self.name == "last" or any(part.is_dynamic for part in self.parts)


@dataclass(frozen=True)
class Operand:
    """What a condition compares with.

    kind: `number` (an Expression), `text`, `keyword` (NULL, EMPTY, WHITESPACES_ONLY), `date` (2026-01-31), `time` (21:45),
    `now` (seconds after now, and whether they are whole days), `duration` (seconds), `size` (bytes).
    """

    kind: str
    value: Expression | str | float
    whole_days: bool = False


@dataclass(frozen=True)
class Condition:
    """A comparison: `op` is =, !=, >, >=, <, <=, between, in or matches, the last three also after `not`."""

    op: str
    values: tuple[Operand, ...]
    text: str = ""

    @property
    def kind(self) -> str:
        """`number`, `string`, `date`, `duration` or `size`; `keyword` where nothing else says."""
        kinds = {"date" if one.kind in ("date", "time", "now") else one.kind for one in self.values} - {"keyword"}
        if "text" in kinds and kinds <= {"text", "date"}:
            return "string"
        return kinds.pop() if len(kinds) == 1 else "mixed" if kinds else "keyword"

    @property
    def is_dynamic(self) -> bool:
        """Whether former values of the metric decide."""
        return any(isinstance(one.value, Expression) and one.value.is_dynamic for one in self.values)


@dataclass(frozen=True)
class Rule:
    """One rule or analyzer: its type, its texts (columns, SQL, sources, paths), and what its metric must meet. `text` is without labels."""

    kind: str
    arguments: tuple[str, ...]
    condition: Condition | None = None
    threshold: Condition | None = None
    where: str = ""
    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    text: str = ""

    def tag(self, name: str, default: str = "") -> str:
        """The value of a tag, `with name = "value"`."""
        return next((values[0] for given, values in self.tags if given == name), default)

    def leaves(self) -> Iterator[Rule]:
        """Itself."""
        yield self


@dataclass(frozen=True)
class Composite:
    """Rules joined by AND or OR."""

    op: str
    parts: tuple[Rule | Composite, ...]
    labels: tuple[tuple[str, str], ...] = ()
    text: str = ""

    def leaves(self) -> Iterator[Rule]:
        """The rules that are joined, however deep."""
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True)
class Ruleset:
    """Rules and analyzers, in order."""

    rules: tuple[Rule | Composite, ...] = ()
    analyzers: tuple[Rule, ...] = field(default=())

    def labelled(self, defaults: tuple[tuple[str, str], ...]) -> Ruleset:
        """The same with labels that every rule has unless it has its own of that key."""
        rules = tuple(replace(rule, labels=tuple({**dict(defaults), **dict(rule.labels)}.items())) for rule in self.rules)
        return Ruleset(rules, self.analyzers)
