"""What the data-masking actions make of a column's values (DMS guide, "Using data masking to hide sensitive information")."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa

from localaws.dms.data_types import DataType, dms_type, is_lob
from localaws.dms.exceptions import SettingsError
from localaws.dms.types import ColumnType, SourceColumn, SourceTable

__all__ = ["Mask", "check_mask", "masked", "masked_type"]

Mask = tuple[str, str]
"""The action, and the sign that digits become."""
_DIGIT = re.compile("[0-9]")
_HASH_CHARACTERS = 64


def check_mask(table: SourceTable, column: SourceColumn, mask: Mask, *, in_key: bool) -> None:
    """Refuse what the action cannot do.

    Raises:
        SettingsError: the column is of another kind, a LOB, or a key whose rows could not be told apart any more.
    """
    action, where, kind = mask[0], f"{table.full_name}.{column.name}", column.type.kind
    is_number = kind in ("int", "decimal")
    takes = kind in ("text", "enum", "set") or (is_number and action == "data-masking-digits-randomize")
    if is_lob(column.type) or not takes:
        numbers = ", and numbers" if action == "data-masking-digits-randomize" else ""
        reason = f"{action} is not done on {where}, which is {dms_type(column.type)}: it takes texts but no LOBs{numbers}"
        raise SettingsError("$.rules", reason)
    if in_key and action != "data-masking-hash-mask":
        raise SettingsError("$.rules", f"{action} on {where}, a part of the key, leaves rows that nobody can tell apart: mask it by hash")


def masked_type(column: ColumnType, mask: Mask) -> DataType | None:
    """The type on the target where it is another than the source's: a hash needs 64 characters."""
    if mask[0] != "data-masking-hash-mask":
        return None
    return DataType("string", max(_HASH_CHARACTERS, dms_type(column).length))


def masked(values: pa.Array, column: ColumnType, mask: Mask) -> pa.Array:
    """The values after the mask; null stays null."""
    action, sign = mask
    if action == "data-masking-hash-mask":
        return _each(values, lambda value: hashlib.sha256(str(value).encode()).hexdigest())
    if action == "data-masking-digits-mask":
        return _each(values, lambda value: _DIGIT.sub(lambda found: sign, value))
    if column.kind == "int":
        bits = 8 * column.size - (not column.unsigned)
        return _each(values, lambda value: _another(value, 1 << bits, column.unsigned))
    if pa.types.is_decimal(values.type):
        return _each(values, lambda value: Decimal(_randomized(format(value, "f"))))
    return _each(values, _randomized)


def _each(values: pa.Array, change: Callable[[Any], Any]) -> pa.Array:
    return pa.array([None if value is None else change(value) for value in values.to_pylist()], values.type)


def _randomized(text: str) -> str:
    return _DIGIT.sub(lambda found: str(secrets.randbelow(10)), text)


def _another(value: Any, limit: int, unsigned: bool) -> Any:
    """A number of no more digits that the type holds."""
    while True:
        found = int(_randomized(str(value)))
        if (0 if unsigned else -limit) <= found < limit:
            return Decimal(found) if isinstance(value, Decimal) else found
