"""Names of MySQL as names of Redshift: folded to lower case, at most 127 bytes, no name of the system, no two alike.

Source: Redshift guide, "Names and identifiers". Names are always written in quotes, so reserved words need no list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

__all__ = ["LONGEST_NAME", "as_folded", "named_alone", "quoted", "target_names"]

LONGEST_NAME = 127
# Columns that every table of Redshift has already.
_SYSTEM_COLUMNS = frozenset(
    {"oid", "tableoid", "xmin", "xmax", "cmin", "cmax", "ctid", "insertxid", "deletexid", "padb_internal_txn_seq_col"}
)


def quoted(name: str) -> str:
    """In quotes."""
    return '"' + name.replace('"', '""') + '"'


def as_folded(name: str) -> str:
    """What Redshift makes of a name by itself, in quotes or not."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def named_alone(name: str, *, column: bool = False) -> str:
    """A name by itself: folded, not too long, not one of the system.

    >>> named_alone("Order Lines"), named_alone("CTID", column=True)
    ('order lines', 'ctid_')
    """
    folded = name.lower()
    if column and folded in _SYSTEM_COLUMNS:
        folded += "_"
    if len(folded.encode()) > LONGEST_NAME:
        mark = "_" + hashlib.sha256(name.encode()).hexdigest()[:8]
        folded = folded.encode()[: LONGEST_NAME - len(mark)].decode("utf-8", errors="ignore") + mark
    return folded


def target_names(names: Iterable[str], *, column: bool = False) -> dict[str, str]:
    """Name -> its name in Redshift. Of those that would be alike, the first keeps it and the others get a number.

    >>> target_names(["Orders", "orders"])
    {'Orders': 'orders', 'orders': 'orders_2'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        wanted, number = named_alone(name, column=column), 2
        chosen = wanted
        while chosen in taken:
            chosen = f"{wanted.encode()[: LONGEST_NAME - 4].decode('utf-8', errors='ignore')}_{number}"
            number += 1
        taken.add(chosen)
        found[name] = chosen
    return found
