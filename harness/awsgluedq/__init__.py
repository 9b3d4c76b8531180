"""`awsgluedq`: Glue Data Quality on a plain Spark. Rules in DQDL are parsed by `dqdl`, measured by `rules`, remembered by `history`.

The vendor's package of this name is in no public registry; its names are those of the scripts that visual jobs write and of the page
"Data Quality Definition Language (DQDL) reference".
"""

from __future__ import annotations

__all__: list[str] = []
