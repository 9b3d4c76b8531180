"""Tables on the terminal that never leave a part of a value out."""

from __future__ import annotations

from rich.table import Table

__all__ = ["folding_table"]


def folding_table(*headers: str) -> Table:
    """A table whose columns break what is too long for the terminal; rich's own would end it with an ellipsis."""
    table = Table()
    for header in headers:
        table.add_column(header, overflow="fold")
    return table
