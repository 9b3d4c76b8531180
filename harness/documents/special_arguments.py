"""The job arguments that Glue acts on, and what each does here, from the runner's own table."""

from __future__ import annotations

from localaws.glue.special_arguments import SPECIAL

__all__ = ["special_arguments"]


def special_arguments() -> str:
    """A row for each argument."""
    rows = [f"| `{name}` | {special.effect} | {special.about} |" for name, special in SPECIAL.items()]
    return "\n".join(["| argument | | |", "|---|---|---|", *rows])
