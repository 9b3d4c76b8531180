"""`import gs_pivot` gives frames the method `gs_pivot` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_pivot")
