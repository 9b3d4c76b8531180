"""EC2: a rule of a security group that names another group, or a prefix list, has its description too."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

__all__ = ["mend"]


def mend(home: Path) -> None:
    """moto reads the description back from ranges of addresses only, and drops that of a prefix list."""
    from moto.ec2.models import security_groups

    rules: Any = security_groups.SecurityGroupRule
    make = rules.__init__
    taken = inspect.signature(make)

    def __init__(rule: Any, *arguments: Any, **named: Any) -> None:
        make(rule, *arguments, **named)
        given = taken.bind(rule, *arguments, **named).arguments.get("prefix_list_id") or {}
        rule.prefix_list_description = given.get("Description")

    def description(rule: Any) -> str | None:
        found: str | None = rule.ip_range.get("Description") or rule.source_group.get("Description") or rule.prefix_list_description
        return found

    rules.__init__ = __init__
    rules.description = property(description)
