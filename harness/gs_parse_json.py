"""`import gs_parse_json` gives frames the method `gs_parse_json` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_parse_json")
