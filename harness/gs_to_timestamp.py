"""`import gs_to_timestamp` gives frames the method `gs_to_timestamp` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_to_timestamp")
