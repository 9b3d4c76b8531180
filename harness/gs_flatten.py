"""`import gs_flatten` gives frames the method `gs_flatten` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_flatten")
