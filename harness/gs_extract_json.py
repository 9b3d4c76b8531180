"""`import gs_extract_json` gives frames the method `gs_extract_json` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_extract_json")
