"""`import gs_array_to_cols` gives frames the method `gs_array_to_cols` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_array_to_cols")
