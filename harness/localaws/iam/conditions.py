"""Conditions of policies: every operator of "IAM JSON policy elements: Condition operators" (IAM User Guide).

A condition holds when each of its keys does; a key holds when one of its values does (with a negated operator: when none does). A
key that the request lacks does not match, and so does match a negated operator; with `…IfExists` it holds; `Null` asks for that itself.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from localaws.iam.exceptions import MalformedPolicyError
from localaws.iam.patterns import Context, matches, substituted

__all__ = ["check_conditions", "holds"]

_Test = Callable[[str, str, Context, bool], bool]
"""(value of the policy, value of the request, context, are there variables) → does it match?"""


def holds(conditions: Mapping[str, Mapping[str, Any]], context: Context, variables: bool) -> bool:
    """Do all conditions of a statement hold of the request?"""
    return all(
        _operator_holds(operator, key.lower(), _texts(values), context, variables)
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def check_conditions(conditions: Any) -> None:
    """Refuse what no policy may have.

    Raises:
        MalformedPolicyError: an operator is unknown, or the block is none.
    """
    if not isinstance(conditions, Mapping):
        raise MalformedPolicyError("Condition is no object")
    for operator, keys in conditions.items():
        name = _parsed(operator)[1]
        if name != "null" and name not in _TESTS:
            raise MalformedPolicyError(f"there is no condition operator {operator}")
        if not isinstance(keys, Mapping):
            raise MalformedPolicyError(f"the condition {operator} has no keys")


def _operator_holds(operator: str, key: str, wanted: Sequence[str], context: Context, variables: bool) -> bool:
    qualifier, name, if_exists = _parsed(operator)
    present = context.get(key)
    if name == "null":
        return any((value.lower() == "true") == (present is None) for value in wanted)
    if present is None and if_exists:
        return True
    test, negated = _TESTS[name]
    values = [] if present is None else [present] if isinstance(present, str) else list(present)

    def matched(value: str) -> bool:
        found = any(test(each, value, context, variables) for each in wanted)
        return not found if negated else found

    if qualifier == "forallvalues":
        return all(matched(value) for value in values)
    if qualifier == "foranyvalue":
        return any(matched(value) for value in values)
    if not values:
        return negated
    return all(matched(value) for value in values) if negated else any(matched(value) for value in values)


def _parsed(operator: str) -> tuple[str, str, bool]:
    """(qualifier, operator, is it IfExists), all in lower case."""
    qualifier, colon, name = operator.lower().rpartition(":")
    if colon and qualifier not in ("forallvalues", "foranyvalue"):
        raise MalformedPolicyError(f"there is no condition operator {operator}")
    if_exists = name.endswith("ifexists")
    return qualifier, name.removesuffix("ifexists"), if_exists


def _texts(values: Any) -> list[str]:
    listed = values if isinstance(values, list) else [values]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in listed]


def _equal(wanted: str, found: str, context: Context, variables: bool) -> bool:
    return substituted(wanted, context, variables) == found


def _equal_ignoring_case(wanted: str, found: str, context: Context, variables: bool) -> bool:
    text = substituted(wanted, context, variables)
    return text is not None and text.lower() == found.lower()


def _arn(wanted: str, found: str, context: Context, variables: bool) -> bool:
    """Each of the six parts may hold wildcards, and a wildcard stays within its part."""
    text = substituted(wanted, context, variables)
    if text is None:
        return False
    ours, theirs = text.split(":", 5), found.split(":", 5)
    return len(ours) == len(theirs) == 6 and all(
        matches(one, other, context, False) for one, other in zip(ours, theirs, strict=True)
    )  # fmt: skip


def _number(compare: Callable[[float, float], bool]) -> _Test:
    def test(wanted: str, found: str, context: Context, variables: bool) -> bool:
        try:
            return compare(float(found), float(wanted))
        except ValueError:
            return False

    return test


def _date(compare: Callable[[float, float], bool]) -> _Test:
    def test(wanted: str, found: str, context: Context, variables: bool) -> bool:
        one, other = _moment(found), _moment(substituted(wanted, context, variables) or "")
        return one is not None and other is not None and compare(one, other)

    return test


def _moment(text: str) -> float | None:
    """Seconds since the epoch of a W3C date, or of such seconds."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _binary(wanted: str, found: str, context: Context, variables: bool) -> bool:
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(found, validate=True)
    except ValueError:
        return False


def _boolean(wanted: str, found: str, context: Context, variables: bool) -> bool:
    return (substituted(wanted, context, variables) or "").lower() == found.lower()


def _address(wanted: str, found: str, context: Context, variables: bool) -> bool:
    try:
        return ipaddress.ip_address(found) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


_TESTS: Mapping[str, tuple[_Test, bool]] = {
    "stringequals": (_equal, False),
    "stringnotequals": (_equal, True),
    "stringequalsignorecase": (_equal_ignoring_case, False),
    "stringnotequalsignorecase": (_equal_ignoring_case, True),
    "stringlike": (matches, False),
    "stringnotlike": (matches, True),
    "numericequals": (_number(lambda found, wanted: found == wanted), False),
    "numericnotequals": (_number(lambda found, wanted: found == wanted), True),
    "numericlessthan": (_number(lambda found, wanted: found < wanted), False),
    "numericlessthanequals": (_number(lambda found, wanted: found <= wanted), False),
    "numericgreaterthan": (_number(lambda found, wanted: found > wanted), False),
    "numericgreaterthanequals": (_number(lambda found, wanted: found >= wanted), False),
    "dateequals": (_date(lambda found, wanted: found == wanted), False),
    "datenotequals": (_date(lambda found, wanted: found == wanted), True),
    "datelessthan": (_date(lambda found, wanted: found < wanted), False),
    "datelessthanequals": (_date(lambda found, wanted: found <= wanted), False),
    "dategreaterthan": (_date(lambda found, wanted: found > wanted), False),
    "dategreaterthanequals": (_date(lambda found, wanted: found >= wanted), False),
    "bool": (_boolean, False),
    "binaryequals": (_binary, False),
    "ipaddress": (_address, False),
    "notipaddress": (_address, True),
    "arnequals": (_arn, False),
    "arnlike": (_arn, False),
    "arnnotequals": (_arn, True),
    "arnnotlike": (_arn, True),
}
"""Operator in lower case: its test, and whether it is negated."""
