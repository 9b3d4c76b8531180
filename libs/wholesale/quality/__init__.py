"""What the wholesale warehouse's data must be like."""

from __future__ import annotations

from wholesale.quality.rulesets import CURATED_RULESETS, DIMENSION_RULESETS, FACT_RULESETS, RULESETS

__all__ = ["CURATED_RULESETS", "DIMENSION_RULESETS", "FACT_RULESETS", "RULESETS"]
