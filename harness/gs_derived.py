"""`import gs_derived` gives frames the method `gs_derived` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_derived")
