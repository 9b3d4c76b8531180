"""`import gs_concat` gives frames the method `gs_concat` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_concat")
