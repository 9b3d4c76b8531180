"""`import gs_regex_extract` gives frames the method `gs_regex_extract` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_regex_extract")
