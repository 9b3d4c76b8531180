"""ValidateStateMachineDefinition and ListStateMachineVersions: what Terraform asks before and after it makes a state machine.

A definition is read by moto's own parser of the language, the one that refuses it when a state machine is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from localaws.operation import Handler, Request

__all__ = ["OPERATIONS"]


def validate_state_machine_definition(request: Request) -> dict[str, Any]:
    """ValidateStateMachineDefinition: OK or FAIL with a diagnostic for each mistake found (Step Functions API reference)."""
    errors = [{"severity": "ERROR", **error} for error in _errors(request.parameters["definition"])]
    return {"result": "FAIL" if errors else "OK", "diagnostics": errors, "truncated": False}


def list_state_machine_versions(request: Request) -> dict[str, Any]:
    """ListStateMachineVersions: none. PublishStateMachineVersion is not provided, so nobody can have made one."""
    request.control_plane("stepfunctions").describe_state_machine(stateMachineArn=request.parameters["stateMachineArn"])
    return {"stateMachineVersions": []}


def _errors(definition: str) -> list[dict[str, str]]:
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser, ASLParserException

    try:
        document = json.loads(definition)
    except ValueError as error:
        return [{"code": "INVALID_JSON_DESCRIPTION", "message": f"The definition is no JSON: {error}", "location": "/"}]
    try:
        AmazonStateLanguageParser.parse(definition)
    except ASLParserException as error:
        return [{"code": "SCHEMA_VALIDATION_FAILED", "message": message, "location": "/"} for message in error.errors]
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # what the parser's own reader stumbles over
        return [{"code": "SCHEMA_VALIDATION_FAILED", "message": str(error), "location": "/"}]
    return list(_lost_states(document, ""))


def _lost_states(document: Mapping[str, Any], place: str) -> Iterable[dict[str, str]]:
    """States that are named and do not exist, at every depth: the parser does not look."""
    states: Mapping[str, Any] = document.get("States", {})
    yield from _unknown(document.get("StartAt"), states, f"{place}/StartAt")
    for name, state in states.items():
        here = f"{place}/States/{name}"
        followers = [state.get("Next"), state.get("Default")]
        followers += [rule.get("Next") for key in ("Catch", "Choices") for rule in state.get(key, [])]
        for follower in followers:
            yield from _unknown(follower, states, here)
        inner = [*state.get("Branches", []), *(state[key] for key in ("Iterator", "ItemProcessor") if key in state)]
        for number, machine in enumerate(inner):
            yield from _lost_states(machine, f"{here}/{number}")


def _unknown(name: Any, states: Mapping[str, Any], place: str) -> Iterable[dict[str, str]]:
    if name is not None and name not in states:
        yield {"code": "MISSING_TRANSITION_TARGET", "message": f"There is no state {name!r}.", "location": place}


OPERATIONS: Mapping[str, Handler] = {
    "ListStateMachineVersions": list_state_machine_versions,
    "ValidateStateMachineDefinition": validate_state_machine_definition,
}
