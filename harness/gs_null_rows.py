"""`import gs_null_rows` gives frames the method `gs_null_rows` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_null_rows")
