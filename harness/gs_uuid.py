"""`import gs_uuid` gives frames the method `gs_uuid` of Glue Studio's editor."""

from __future__ import annotations

from gluestudio import attach

attach("gs_uuid")
