"""What flows through states: paths into it, templates that make new data of it, and JSONata expressions.

JSONPath is python-jsonpath's (RFC 9535): a path that can name one value only gives that value, any other a list. JSONata is
jsonata-python's. Both know the context object and the variables that states assign.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonpath

from localaws.stepfunctions.exceptions import StatesError
from localaws.stepfunctions.intrinsics import evaluate_intrinsic

__all__ = ["Data", "expression_of", "with_result"]

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)(.*)", re.DOTALL)
_EXPRESSION = re.compile(r"\s*\{%(.*)%\}\s*", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']+)'\]|\[\"([^\"]+)\"\]|\[(\d+)\]")


@dataclass(frozen=True)
class Data:
    """A state's input, the context object, the variables, and the result where there is one."""

    input: Any
    context: Mapping[str, Any]
    variables: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    """`result` or `errorOutput` of `$states` in JSONata."""

    def path(self, path: str | None, failure: str = "States.ParameterPathFailure") -> Any:
        """The value of a path: into the input, the context (`$$.`), or a variable (`$name.`).

        Raises:
            StatesError: with the name `failure`, when there is nothing.
        """
        root, query = self.input, path or "$"
        if query.startswith("$$"):
            root, query = self.context, "$" + query[2:]
        elif variable := _VARIABLE.fullmatch(query):
            if variable[1] not in self.variables:
                raise StatesError(failure, f"The variable ${variable[1]} has no value here.")
            root, query = self.variables[variable[1]], "$" + variable[2]
        compiled = _compiled(query)
        found = compiled.findall(root) if isinstance(root, dict | list) else ([root] if query == "$" else [])
        if not compiled.singular_query():
            return found
        if not found:
            raise StatesError(failure, f"The JSONPath '{path}' could not be found in the input '{json.dumps(root, default=str)}'")
        return found[0]

    def has(self, path: str) -> bool:
        """Is there a value?"""
        try:
            found = self.path(path)
        except StatesError:
            return False
        return found != [] or _compiled("$" + path.lstrip("$")).singular_query()

    def template(self, template: Any) -> Any:
        """A payload template: members whose name ends with `.$` are paths or intrinsic functions, all else stays."""
        if isinstance(template, list):
            return [self.template(item) for item in template]
        if not isinstance(template, dict):
            return template
        return {
            name.removesuffix(".$"): self.dynamic(value) if name.endswith(".$") else self.template(value)
            for name, value in template.items()
        }

    def dynamic(self, text: Any) -> Any:
        """A path or an intrinsic function."""
        if not isinstance(text, str):
            raise StatesError("States.Runtime", f"{text!r} is neither a path nor an intrinsic function.")
        if text.startswith("States."):
            return evaluate_intrinsic(text, self.path)
        return self.path(text)

    def jsonata(self, value: Any) -> Any:
        """JSON in which every `{% … %}` is replaced by what it gives.

        Raises:
            StatesError: States.QueryEvaluationError.
        """
        if isinstance(value, list):
            return [self.jsonata(item) for item in value]
        if isinstance(value, dict):
            return {name: self.jsonata(item) for name, item in value.items()}
        expression = expression_of(value)
        return value if expression is None else self._evaluated(expression)

    def _evaluated(self, expression: str) -> Any:
        from jsonata import JException, Jsonata

        try:
            compiled = Jsonata(expression)
            frame = compiled.create_frame()
            frame.bind("states", {"input": self.input, "context": self.context, **self.extra})
            for name, value in self.variables.items():
                frame.bind(name, value)
            result = compiled.evaluate(None, frame)
        except (JException.JException, RecursionError) as error:
            raise StatesError("States.QueryEvaluationError", f"The JSONata expression '{expression.strip()}' failed: {error}") from error
        if result is None and not re.search(r"\bnull\b", expression):
            raise StatesError("States.QueryEvaluationError", f"The JSONata expression '{expression.strip()}' returned nothing (undefined).")
        return json.loads(json.dumps(result, default=_plain))


def _plain(value: Any) -> Any:
    return list(value) if hasattr(value, "__iter__") else str(value)


def expression_of(value: Any) -> str | None:
    """What stands between `{%` and `%}`; None when the value is no expression."""
    found = _EXPRESSION.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else None


@cache
def _compiled(query: str) -> Any:
    try:
        return jsonpath.compile(query)
    except jsonpath.JSONPathError as error:
        raise StatesError("States.Runtime", f"Invalid path '{query}': {error}") from error


def with_result(data: Any, path: str | None, result: Any) -> Any:
    """The data with the result at a reference path: `$` replaces all, None discards the result.

    >>> with_result({"a": 1}, "$.b.c", 2)
    {'a': 1, 'b': {'c': 2}}

    Raises:
        StatesError: States.ResultPathMatchFailure.
    """
    if path is None:
        return data
    steps = [next(part for part in step.groups() if part is not None) for step in _STEP.finditer(path)]
    if path == "$":
        return result
    if "".join(step[0] for step in _STEP.finditer(path)) != path[1:] or not steps:
        raise StatesError("States.ResultPathMatchFailure", f"{path!r} is no reference path.")
    found = copy.deepcopy(data)
    here: Any = found
    for at, step in enumerate(steps):
        last = at == len(steps) - 1
        if isinstance(here, list) and step.isdigit() and int(step) < len(here):
            key: Any = int(step)
        elif isinstance(here, dict):
            key = step
        else:
            raise StatesError("States.ResultPathMatchFailure", f"Unable to apply ResultPath '{path}' to input '{json.dumps(data)}'")
        if last:
            here[key] = result
        else:
            if isinstance(here, dict):
                here.setdefault(key, {})
            here = here[key]
    return found
