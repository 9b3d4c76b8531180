"""The catalogue of action items: what a person has to decide or to do, how hard that is, and what is recommended.

The catalogue is `action_items.json`. Numbers are ours: SCT has no pair from MySQL to Redshift whose numbers could be used. Efforts
are weights, as in SCT's report (SCT user guide, "Database migration assessment reports"): learning once for each kind of item, then
for each occurrence.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["ACTIONS", "Action", "Complexity"]

Complexity = Literal["Info", "Simple", "Medium", "Complex"]


@dataclass(frozen=True)
class Action:
    """A kind of action item. `learning` and `effort` are weights: once for the kind, and for each occurrence."""

    number: int
    group: str
    subject: str
    recommended: str
    complexity: Complexity
    reference: str = ""

    @property
    def learning(self) -> int:
        return _LEARNING[self.complexity]

    @property
    def effort(self) -> int:
        return _EFFORT[self.complexity]


_LEARNING = {"Info": 0, "Simple": 1, "Medium": 4, "Complex": 12}
_EFFORT = {"Info": 0, "Simple": 1, "Medium": 3, "Complex": 8}

_CATALOGUE = Path(__file__).with_name("action_items.json")

ACTIONS: dict[int, Action] = {entry["number"]: Action(**entry) for entry in json.loads(_CATALOGUE.read_text("utf-8"))}
"""By number."""
