"""`import gs_format_timestamp` gives frames the method `gs_format_timestamp` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_format_timestamp")
