"""Endpoints of DMS keep their names: moto draws the last part of an ARN from a generator that the journal's seed does not reach, so after a
restart every task would name endpoints that are gone."""

from __future__ import annotations

import string
from pathlib import Path

import moto.dms.models as back_end
from moto.moto_api._internal import mock_random

__all__ = ["mend"]


def mend(home: Path) -> None:
    """Draw identifiers from the generator that is seeded for each write."""
    back_end.random_id = _random_id


def _random_id(uppercase: bool = True, length: int = 13) -> str:
    letters = string.ascii_uppercase if uppercase else string.ascii_lowercase
    rest = (mock_random.choice(letters + string.digits) for _ in range(length - 1))
    return mock_random.choice(letters) + "".join(rest)
