"""`import gs_now` gives frames the method `gs_now` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_now")
