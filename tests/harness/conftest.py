"""What the harness's tests share: they write ORC files too, for which the machine may have no time zones."""

from __future__ import annotations

from localaws.time_zones import provide_zone_files

provide_zone_files()
