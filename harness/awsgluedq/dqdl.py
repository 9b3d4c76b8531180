"""DQDL, the language of rulesets, parsed: `Rules = [ Completeness "id" > 0.9, (IsUnique "id") AND (RowCount > avg(last(10))) ]`.

A ruleset is a sequence of sections: `Metadata` and `DataSources` (read, of no effect here), constants (`names = ["a", "b"]`, used as
`$names`), `DefaultLabels`, `Rules` and `Analyzers`. What a rule type takes is in `rule_types`, conditions are in `conditions`
("Data Quality Definition Language (DQDL) reference").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from awsglue.exceptions import NotSupportedError
from awsgluedq.conditions import STARTS, condition, listed_texts, text_or_constant
from awsgluedq.model import Composite, Condition, Expression, Operand, Rule, Ruleset
from awsgluedq.rule_types import ANALYZERS, REFUSED, SPELLINGS, TYPES, RuleType
from awsgluedq.tokens import Token, Tokens

__all__ = ["parse"]

_MOST_LABELS, _LONGEST_KEY, _LONGEST_LABEL = 10, 128, 256
_CLAUSES = ("where", "with", "labels")
Labels = tuple[tuple[str, str], ...]
T = TypeVar("T")


def parse(text: str) -> Ruleset:
    """Ruleset of a text. Raises RulesetError naming line, column and what was expected; NotSupportedError for what only Glue has."""
    return _Parser(text).ruleset()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = Tokens(text)
        self.constants: dict[str, tuple[Operand, ...]] = {}

    def ruleset(self) -> Ruleset:
        tokens, found, defaults = self.tokens, Ruleset(), ()  # type: Tokens, Ruleset, Labels
        while tokens.next.kind != "end":
            section = tokens.take("word", "A section (Rules, Analyzers, DefaultLabels) or the name of a constant")
            tokens.expect("=")
            if section.value in ("Rules", "Analyzers"):
                if section.value == "Rules":
                    found = replace(found, rules=self.listed(self.rule))
                else:
                    found = replace(found, analyzers=self.listed(self.analyzer))
            elif section.value == "DefaultLabels":
                defaults = self.label_list(section)
            elif section.value in ("Metadata", "DataSources"):
                self.dictionary()
            else:
                self.constant(section)
        if not found.rules and not found.analyzers:
            raise tokens.error("No rules or analyzers provided: `Rules = [ … ]` is expected")
        labelled = found.labelled(defaults)
        if any(len(rule.labels) > _MOST_LABELS for rule in labelled.rules):
            raise tokens.error(f"Number of labels exceed maximum allowed (MAX: {_MOST_LABELS})")
        return labelled

    def listed(self, item: Callable[[], T]) -> tuple[T, ...]:
        self.tokens.expect("[")
        items: list[T] = []
        while not self.tokens.has("]") or items:
            items.append(item())
            if not self.tokens.accept(","):
                break
        self.tokens.expect("]")
        return tuple(items)

    def constant(self, name: Token) -> None:
        """`name = "text"` or `name = ["a", "b"]`."""
        if name.value in self.constants:
            raise self.tokens.error(f"Constant {name.value!r} is already defined", token=name)
        if self.tokens.has("["):
            values = listed_texts(self.tokens, {})
        elif self.tokens.next.kind == "text":
            values = (Operand("text", self.tokens.take().content),)
        else:
            known = ["Rules", "Analyzers", "DefaultLabels", "Metadata", "DataSources"]
            raise self.tokens.error(f"{name.value!r} is no section, and a constant is a text or a list of texts", known, name)
        if any(one.kind == "number" for one in values):
            raise self.tokens.error("A constant is a text or a list of texts", token=name)
        self.constants[name.value] = values

    def dictionary(self) -> None:
        """`{"Version": "1.0", "AdditionalDataSources": ["a"]}`: sources are those that the caller gives."""
        self.tokens.expect("{")
        while True:
            self.tokens.take("text", "A key in quotes")
            self.tokens.expect(":")
            _ = listed_texts(self.tokens, {}) if self.tokens.has("[") else self.tokens.take("text", "A text in quotes or a list")
            if not self.tokens.accept(","):
                break
        self.tokens.expect("}")

    # ---- rules

    def rule(self) -> Rule | Composite:
        """Rules joined by `or` and, more closely, by `and`."""
        return self.joined("OR", lambda: self.joined("AND", self.part))

    def joined(self, op: str, part: Callable[[], Rule | Composite]) -> Rule | Composite:
        first = self.tokens.at
        parts = [part()]
        while self.tokens.accept(op, op.lower()):
            parts.append(part())
        return Composite(op, tuple(parts), (), self.tokens.between(first, self.tokens.at)) if len(parts) > 1 else parts[0]

    def part(self) -> Rule | Composite:
        if not self.tokens.accept("("):
            return self.single()
        inner = self.rule()
        self.tokens.expect(")")
        return replace(inner, labels=self.labels() or inner.labels)

    def single(self) -> Rule:
        tokens, first = self.tokens, self.tokens.at
        token = tokens.take("word", "A rule type")
        if token.value in REFUSED:
            raise NotSupportedError(f"DQDL rule type {token.value}", REFUSED[token.value])
        kind = SPELLINGS.get(token.value, token.value)
        if kind not in TYPES:
            raise tokens.error(f"No rule type {token.value!r}", TYPES, token)
        shape = TYPES[kind]
        rule = Rule(kind, self.arguments(token.value, shape.least, shape.most))
        if tokens.has(*STARTS):
            rule = replace(rule, condition=self.fitting(shape, token.value))
        elif shape.condition == "needed":
            raise tokens.error(f"{token.value} needs a condition", STARTS)
        if token.value == "FileMatch" and (rule.condition is None) != (len(rule.arguments) == 2):
            raise tokens.error('FileMatch takes two paths, or one path or none and checksums: `in ["…"]`', token=token)
        if tokens.accept("where"):
            self.allowed(shape.where, f"{token.value} takes no where clause")
            rule = replace(rule, where=text_or_constant(tokens, self.constants))
        while tokens.accept("with"):
            rule = self.clause(rule, shape)
        rule = replace(rule, text=tokens.between(first, tokens.at))
        return replace(rule, labels=self.labels())

    def arguments(self, kind: str, least: int, most: int) -> tuple[str, ...]:
        """Columns and the like: in quotes, bare or as constants, with `of` and `and` between them as one likes."""
        tokens, found = self.tokens, []  # type: Tokens, list[str]
        first = tokens.next
        while True:
            joins = tokens.has("of", "OF") or (found and tokens.has("and", "AND") and self.names_a_column(1))
            if joins:
                tokens.take()
            if not self.names_a_column(0):
                if joins:
                    raise tokens.error("The name of a column is expected")
                break
            found.append(tokens.take().value if tokens.next.kind == "word" else text_or_constant(tokens, self.constants))
        if not least <= len(found) <= most:
            count = str(least) if least == most else f"{least} to {most}" if most < 10 else f"{least} or more"
            raise tokens.error(f"{kind} takes {count} parameter{'' if count == '1' else 's'}, not {len(found)}", token=first)
        return tuple(found)

    def names_a_column(self, ahead: int) -> bool:
        token = self.tokens.ahead(ahead)
        if token.kind == "word":
            return token.value not in (*STARTS, *_CLAUSES, *TYPES, *SPELLINGS, "and", "AND", "or", "OR", "of", "OF")
        return token.kind == "text" or token.value == "$"

    def fitting(self, shape: RuleType, kind: str) -> Condition:
        """A condition of one of the kinds that the rule type compares with; a text that is a number is one where numbers are."""
        first = self.tokens.next
        found = condition(self.tokens, self.constants)
        self.allowed(bool(shape.kinds), f"{kind} takes no condition", first)
        if found.kind not in shape.kinds and "number" in shape.kinds:
            found = replace(found, values=tuple(_as_number(one) for one in found.values))
        if "string" in shape.kinds and found.kind == "date" and "date" not in shape.kinds:
            found = replace(found, values=tuple(replace(one, kind="text") if one.kind != "now" else one for one in found.values))
        self.allowed(found.kind in shape.kinds, f"{kind} is compared with a {' or '.join(shape.kinds)}, not with a {found.kind}", first)
        self.allowed(shape.dynamic or not found.is_dynamic, f"{kind} takes no dynamic condition", first)
        return found

    def clause(self, rule: Rule, shape: RuleType) -> Rule:
        """What comes after `with`: a threshold, or a tag."""
        tokens, name = self.tokens, self.tokens.take("word", "`threshold` or a tag")
        if name.value == "threshold":
            self.allowed(shape.threshold and rule.threshold is None, f"{rule.kind} takes no {'second ' * shape.threshold}threshold", name)
            return replace(rule, threshold=self.fitting(TYPES["Mean"], "A threshold"))
        if name.value not in shape.tags:
            known = [*shape.tags, *["threshold"] * shape.threshold] or ["none"]
            raise tokens.error(f"{rule.kind} takes no tag {name.value!r}", known, name)
        tokens.expect("=")
        if tokens.has("["):
            values = tuple(str(one.value) for one in listed_texts(tokens, self.constants))
        else:
            token = tokens.take()
            values = (token.content if token.kind == "text" else token.value,)
        return replace(rule, tags=(*rule.tags, (name.value, values)))

    def analyzer(self) -> Rule:
        tokens, first = self.tokens, self.tokens.at
        token = tokens.take("word", "An analyzer")
        if token.value in REFUSED:
            raise NotSupportedError(f"DQDL analyzer {token.value}", REFUSED[token.value])
        kind = SPELLINGS.get(token.value, token.value)
        if kind not in ANALYZERS:
            raise tokens.error(f"No analyzer {token.value!r}", ANALYZERS, token)
        arguments = self.arguments(token.value, *ANALYZERS[kind])
        return Rule(kind, arguments, text=tokens.between(first, tokens.at))

    # ---- labels

    def labels(self) -> Labels:
        token = self.tokens.next
        if not self.tokens.accept("labels"):
            return ()
        self.tokens.expect("=")
        return self.label_list(token)

    def label_list(self, where: Token) -> Labels:
        pairs = self.listed(self.label)
        if len(dict(pairs)) < len(pairs):
            raise self.tokens.error("Duplicate label key. Key must be unique.", token=where)
        return pairs

    def label(self) -> tuple[str, str]:
        key = self.tokens.take("text", "A label's key in quotes")
        self.tokens.expect("=")
        value = self.tokens.take("text", "A label's value in quotes")
        if not 0 < len(key.content) <= _LONGEST_KEY or len(value.content) > _LONGEST_LABEL:
            most = f"{_LONGEST_KEY} characters and not empty, a value at most {_LONGEST_LABEL}"
            raise self.tokens.error(f"A label's key is at most {most}", token=key)
        return key.content, value.content

    def allowed(self, holds: bool, otherwise: str, token: Token | None = None) -> None:
        if not holds:
            raise self.tokens.error(otherwise, token=token)


def _as_number(operand: Operand) -> Operand:
    """`Completeness "a" = "1.0"` is of the reference."""
    try:
        return Operand("number", Expression("literal", value=float(str(operand.value)))) if operand.kind == "text" else operand
    except ValueError:
        return operand
