"""`import gs_repartition` gives frames the method `gs_repartition` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_repartition")
