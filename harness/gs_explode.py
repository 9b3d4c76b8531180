"""`import gs_explode` gives frames the method `gs_explode` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_explode")
