"""The data model of this runtime: records whose schema is computed when asked, choices, error records, Python functions over records.

Nothing here reads or writes storage, and nothing here knows the names of the API.
"""

from __future__ import annotations

__all__: list[str] = []
