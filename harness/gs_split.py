"""`import gs_split` gives frames the method `gs_split` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_split")
